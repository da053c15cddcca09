#!/usr/bin/env -S node --max-semi-space-size=1 --optimize-for-size --no-opt
import { existsSync } from 'node:fs';

const entry = new URL('../dist/main.js', import.meta.url);
// A checkout that was never built is built first; a shipped package always has its dist.
if (!existsSync(entry)) await import(new URL('../../scripts/build-node.mjs', import.meta.url).href);
await import(entry.href);
