import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { HubError } from '../errors.js';
import type { OperatorDocument } from '../stargate/collections.js';
import { withIdentity } from './open.js';
import { type CliContext, configFor } from './program.js';

type Options = { json?: boolean; name?: string; role?: string; tenant?: string; station?: string[] };

/** `users list|add|password|enable|disable|totp`: operators, without a running hub. */
export function usersCommands(
  program: Command,
  context: CliContext,
  withStore: (command: Command) => Command,
): void {
  const users = program.command('users').description('operators of this hub');
  const show = (options: Options, data: unknown, text: string) =>
    context.out(options.json ? JSON.stringify(data) : text);
  const missing = (username: string) =>
    new HubError('NOT_FOUND', `no operator ${username}; see: voltbay-hub users list`);
  const shown = (operator: OperatorDocument) => ({
    username: operator.username,
    name: operator.name,
    tenantId: operator.tenantId,
    roles: operator.roles,
    status: operator.status,
    totp: operator.sealedTotp !== null,
  });

  withStore(users.command('list').description('all operators').option('--tenant <tenant>', 'tenant')).action(
    (options: Options) => {
      const config = configFor(context, options);
      return withIdentity(config, async ({ identity }) => {
        const operators = (await identity.operators.list(options.tenant ?? config.tenantId)).map(shown);
        show(
          options,
          operators,
          operators.length === 0
            ? `no operators in tenant ${options.tenant ?? config.tenantId}`
            : operators.map((one) => `${one.username}\t${one.roles.join(',')}\t${one.status}`).join('\n'),
        );
      });
    },
  );
  withStore(
    users
      .command('add <username>')
      .description('add an operator; its password is made and shown once')
      .option('--name <name>', 'name to show')
      .option('--role <role>', 'viewer, operator or admin', 'admin')
      .option('--tenant <tenant>', 'tenant')
      .option('--station <device...>', 'limit to these stations'),
  ).action((username: string, options: Options) => {
    const config = configFor(context, options);
    return withIdentity(config, async ({ identity }) => {
      const password = newPassword();
      await identity.operators.create({
        tenantId: options.tenant ?? config.tenantId,
        username,
        name: options.name ?? username,
        password,
        roles: [options.role ?? 'admin'],
        stationIds: options.station ?? null,
      });
      show(options, { username, password }, `operator ${username} added; password (shown once): ${password}`);
    });
  });
  withStore(users.command('password <username>').description('set a new password, shown once')).action(
    (username: string, options: Options) =>
      withIdentity(configFor(context, options), async ({ identity }) => {
        const password = newPassword();
        if (!(await identity.operators.setPassword(username, password))) throw missing(username);
        show(options, { username, password }, `new password of ${username} (shown once): ${password}`);
      }),
  );
  for (const [name, status] of [
    ['enable', 'active'],
    ['disable', 'disabled'],
  ] as const)
    withStore(users.command(`${name} <username>`).description(`${name} an operator`)).action(
      (username: string, options: Options) =>
        withIdentity(configFor(context, options), async ({ identity }) => {
          const operator = await identity.operators.setStatus(username, status);
          if (!operator) throw missing(username);
          if (status === 'disabled')
            await identity.sessions.revokeAll({ tenantId: operator.tenantId, sub: operator._id }, 'disabled');
          show(options, shown(operator), `${username} is ${status}`);
        }),
    );
  withStore(
    users
      .command('totp <username> <on|off>')
      .description('switch the code of an authenticator app on or off at sign-in'),
  ).action((username: string, state: string, options: Options) => {
    if (state !== 'on' && state !== 'off') throw new HubError('BAD_CONFIG', `say on or off, not ${state}`);
    return withIdentity(configFor(context, options), async ({ identity }) => {
      if (state === 'off') {
        if (!(await identity.operators.disableTotp(username))) throw missing(username);
        show(options, { username, totp: false }, `${username} signs in with the password alone`);
        return;
      }
      const uri = await identity.operators.enableTotp(username);
      if (uri === null) throw missing(username);
      show(
        options,
        { username, totp: true, uri },
        `add this to the authenticator app of ${username}: ${uri}`,
      );
    });
  });
}

const newPassword = (): string => randomBytes(12).toString('base64url');
