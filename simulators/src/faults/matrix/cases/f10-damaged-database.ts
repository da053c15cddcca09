import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readAgentRecords } from '../../../network/agent-disk.js';
import { eventually } from '../../../network/eventually.js';
import type { Site } from '../../../network/site.js';
import { type FaultCase, mustHold } from '../case.js';
import { alarmAtHub, hubAlarms } from '../observe.js';

const PAGE = 4_096;

export const damagedDatabase: FaultCase = {
  id: 'F10',
  name: 'database page overwritten, header zeroed',
  slow: true,
  async run({ site, random, long, within }) {
    const pages = () => random.next();
    const damages: {
      what: string;
      always: boolean;
      at: (share: number) => { from: number; bytes: Buffer };
    }[] = [
      { what: 'header zeroed', always: true, at: () => ({ from: 0, bytes: Buffer.alloc(100) }) },
      { what: 'first page zeroed', always: true, at: () => ({ from: 0, bytes: Buffer.alloc(PAGE) }) },
      ...Array.from({ length: long ? 20 : 3 }, () => ({
        what: 'a page overwritten',
        always: false,
        at: (size: number) => ({
          from: PAGE * (1 + Math.floor(pages() * (size / PAGE - 1))),
          bytes: Buffer.alloc(PAGE, 0xa5),
        }),
      })),
    ];
    let slowestMs = 0;
    for (const { always, at } of damages) {
      const counted = (await hubAlarms(site, 'database-salvaged'))[0]?.count ?? 0;
      await stoppedWithNothingWaiting(site);
      overwrite(join(site.agentDir, 'agent.db'), at);
      const since = performance.now();
      await site.network.startAgent();
      slowestMs = Math.max(slowestMs, performance.now() - since);
      await site.ready();
      if (always)
        await eventually('the alarm at the hub', 60_000, async () =>
          ((await hubAlarms(site, 'database-salvaged'))[0]?.count ?? 0) > counted ? true : null,
        );
    }
    const { count } = await alarmAtHub(site, 'database-salvaged');
    mustHold(count >= 2, `salvaged ${count} times`);
    return {
      runs: damages.length,
      note: `set aside and salvaged ${count} times, ${within('running again after', slowestMs, 10_000)}`,
    };
  },
};

/** What lies on an overwritten page and nowhere else is gone, whatever a program does: so nothing waits there. */
async function stoppedWithNothingWaiting(site: Site): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    await site.drained();
    // Stopped in order: a log that a killed agent leaves behind would heal the file.
    await site.network.agent.stop();
    const records = readAgentRecords(site.agentDir);
    site.journals.push(records);
    if (records.waiting.length === 0) return;
    await site.network.startAgent();
    await site.ready();
  }
  throw new Error('there was always something waiting');
}

function overwrite(file: string, at: (size: number) => { from: number; bytes: Buffer }): void {
  const handle = openSync(file, 'r+');
  try {
    const { from, bytes } = at(fstatSync(handle).size);
    writeSync(handle, bytes, 0, bytes.length, from);
  } finally {
    closeSync(handle);
  }
}
