import type { Command } from 'commander';
import { withIdentity } from './open.js';
import { type CliContext, configFor } from './program.js';

/** `keys list|rotate`: the keys that sign access tokens. */
export function keysCommands(
  program: Command,
  context: CliContext,
  withStore: (command: Command) => Command,
): void {
  const keys = program.command('keys').description('keys that sign access tokens');
  withStore(keys.command('list').description('keys that verify now')).action((options: { json?: boolean }) =>
    withIdentity(configFor(context, options), async ({ identity }) => {
      await identity.keys.start();
      const set = await identity.keys.jwks();
      context.out(
        options.json ? JSON.stringify(set) : set.keys.map((key) => `${key.kid}\t${key.alg}`).join('\n'),
      );
    }),
  );
  withStore(
    keys
      .command('rotate')
      .description('publish a new key; it signs after five minutes, the old one verifies an hour longer'),
  ).action((options: { json?: boolean }) =>
    withIdentity(configFor(context, options), async ({ identity }) => {
      await identity.keys.start();
      const kid = await identity.keys.rotate();
      context.out(options.json ? JSON.stringify({ kid }) : `new key ${kid}`);
    }),
  );
}
