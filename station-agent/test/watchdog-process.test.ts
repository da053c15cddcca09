import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createScriptedHub } from './support/scripted-hub.js';
import { superviseAgent, writeStation } from './support/supervised-agent.js';
import { tempDir } from './support/test-agent.js';

/** So long without a sign of life the service manager waits, as WatchdogSec would say. */
const WATCHDOG_MS = 3_000;

it('feeds the watchdog while it works; one that hangs is killed, started again, and goes on as the next epoch', async () => {
  const dir = tempDir();
  const hub = await createScriptedHub('1231');
  const fed = join(dir.path, 'fed');
  mkdirSync(join(dir.path, 'bin'));
  writeFileSync(join(dir.path, 'bin', 'systemd-notify'), `#!/bin/sh\necho "$*" >> ${fed}\n`);
  chmodSync(join(dir.path, 'bin', 'systemd-notify'), 0o755);
  const signs = (): string[] => (existsSync(fed) ? readFileSync(fed, 'utf8').trim().split('\n') : []);
  const alive = (): number => signs().filter((sign) => sign.endsWith('WATCHDOG=1')).length;
  const agent = superviseAgent({
    config: writeStation(dir.path, { mqttUrl: hub.url }),
    env: {
      PATH: `${join(dir.path, 'bin')}:${process.env.PATH}`,
      NOTIFY_SOCKET: join(dir.path, 'notify'),
      WATCHDOG_USEC: String(WATCHDOG_MS * 1_000),
    },
  });
  let lastMs = Date.now();
  let seen = 0;
  let kills = 0;
  const manager = setInterval(() => {
    if (alive() > seen) [seen, lastMs] = [alive(), Date.now()];
    if (seen === 0 || Date.now() - lastMs < WATCHDOG_MS * 3) return;
    kills += 1;
    lastMs = Date.now();
    agent.kill('SIGKILL');
  }, 200);
  try {
    await hub.until(() => hub.infos()[0], 'the first report', 60_000);
    await hub.until(() => alive() >= 3, 'signs of life', 60_000);
    expect(signs().some((sign) => sign.endsWith('--ready'))).toBe(true);
    expect(kills).toBe(0);
    agent.kill('SIGSTOP');
    await hub.until(() => kills > 0, 'the kill', 60_000);
    await hub.until(
      () => hub.states.some(({ online, epoch }) => online && epoch === 2),
      'the next epoch',
      60_000,
    );
    expect(agent.exits[0]).toBe('SIGKILL');
  } finally {
    clearInterval(manager);
    await agent.stop();
    await hub.close();
    dir.remove();
  }
}, 180_000);
