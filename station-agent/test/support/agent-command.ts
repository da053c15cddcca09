import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const AT = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/**
 * Arguments for node that run the `voltbay-agent` command: as it is built, which starts in a third of the time, or from its sources where a
 * source is newer than what was built of it.
 */
export function agentCommand(): string[] {
  return isBuilt() ? [AT('bin/voltbay-agent.mjs')] : ['--import', 'tsx', AT('src/main.ts')];
}

function isBuilt(): boolean {
  const sources = readdirSync(AT('src'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  return sources.every((name) => {
    const built = statSync(join(AT('dist'), name.replace(/\.ts$/, '.js')), { throwIfNoEntry: false });
    return built !== undefined && built.mtimeMs >= statSync(join(AT('src'), name)).mtimeMs;
  });
}
