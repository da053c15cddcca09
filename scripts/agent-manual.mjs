#!/usr/bin/env node
// Writes docs/hardware/voltbay-agent.md from the agent's own commands. Needs a build: npx tsc -b station-agent.
import { writeFileSync } from 'node:fs';

const { agentManual } = await import('../station-agent/dist/cli/agent-manual.js');
const page = new URL('../docs/hardware/voltbay-agent.md', import.meta.url);
writeFileSync(page, agentManual());
process.stdout.write(`${page.pathname}\n`);
