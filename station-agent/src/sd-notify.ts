import { execFile } from 'node:child_process';

/**
 * Tells systemd how the agent is (sd_notify(3)) through `systemd-notify`, which every systemd system has: Node has no datagram Unix
 * sockets. Without NOTIFY_SOCKET nothing happens. Never throws.
 */
export type ServiceNotifier = { ready(): void; alive(): void; stopping(): void };

export function createServiceNotifier(env: NodeJS.ProcessEnv = process.env): ServiceNotifier {
  const notify = (...args: string[]): void => {
    if (!env.NOTIFY_SOCKET) return;
    execFile('systemd-notify', [`--pid=${process.pid}`, ...args], { env, timeout: 5_000 }, () => {});
  };
  return {
    ready: () => notify('--ready'),
    alive: () => notify('WATCHDOG=1'),
    stopping: () => notify('--stopping'),
  };
}
