import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO } from '../src/network/demo-accounts.js';
import { eventually } from '../src/network/eventually.js';
import { startNetwork } from '../src/network/network.js';
import { signInRider } from '../src/rider/api.js';
import { repositoryRoot, temporaryFolder } from './support/hub.js';

const run = promisify(execFile);
const cli = join(fileURLToPath(new URL('..', import.meta.url)), 'bin', 'voltbay-sim.mjs');
const sim = (...args: string[]) => run(process.execPath, [cli, ...args]);
const WAIT_MS = 120_000;

/** A swap that went wrong at a running station, on the desk of who looks into it. */
describe('an incident of a real station', () => {
  const folder = temporaryFolder();
  let file = '';

  beforeAll(async () => {
    const network = await startNetwork({
      root: repositoryRoot,
      dir: folder.dir,
      httpPort: 0,
      mqttPort: 0,
      agentConfig: { swap: { returnTimeoutS: 2 } },
    });
    try {
      const rider = await signInRider(network.apiUrl, DEMO.rider);
      // Nobody brings the pack back.
      await eventually('an order that the station takes', WAIT_MS, () =>
        rider.orders(network.device, DEMO.vehicleId, `walk-away-${Date.now()}`).catch(() => null),
      );
      const incidents = join(folder.dir, `agent-${network.device}`, 'incidents');
      file = await eventually('the incident on disk', WAIT_MS, async () => {
        const [name] = readdirSync(incidents).filter((one) => one.endsWith('.json.gz'));
        return name ? join(incidents, name) : null;
      });
    } finally {
      await network.stop();
    }
  }, 300_000);
  afterAll(() => folder.remove());

  it('plays back to the same journal, and is kept as a scenario that fails when the agent acts otherwise', async () => {
    const scenario = join(folder.dir, 'walk-away.json');
    const replayed = JSON.parse((await sim('replay', file, '--save', scenario, '--json')).stdout) as {
      same: boolean;
    };
    expect(replayed.same).toBe(true);
    const [played] = JSON.parse((await sim('scenario', scenario, '--json')).stdout) as {
      ok: boolean;
      name: string;
    }[];
    expect(played).toMatchObject({ ok: true });
    expect(played?.name).toMatch(/NOT_RETURNED/);

    // A byte of the journal changed: the replay must say so.
    const text = readFileSync(scenario, 'utf8');
    const altered = text.replaceAll('NOT_RETURNED', 'NOT_RETURNEE');
    expect(altered).not.toBe(text);
    writeFileSync(scenario, altered);
    await expect(sim('scenario', scenario)).rejects.toMatchObject({ code: 1 });
  }, 120_000);
});
