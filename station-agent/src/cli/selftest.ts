import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cabinet, jbd, pylontech } from '@voltbay/protocol/devices';
import Database from 'better-sqlite3';
import { messageOf } from '../errors.js';
import { requiredConfig } from './bus-access.js';
import type { CliContext, StationOptions } from './context.js';
import { askAgent } from './control-client.js';
import { table } from './output.js';

type Step = { step: string; ok: boolean; ms: number; detail: string };

const WRITES = 20;

/** `voltbay-agent selftest`: disk, codecs, and through the running agent the cabinet and every pack. 1 when a step fails. */
export async function selftest(options: StationOptions, context: CliContext): Promise<number> {
  const { output, t, widthChars } = context;
  const config = requiredConfig(options, context);
  const steps: Step[] = [];
  const run = async (step: string, work: () => Promise<string> | string): Promise<void> => {
    const startMs = performance.now();
    let detail: string;
    let ok = true;
    try {
      detail = await work();
    } catch (error) {
      ok = false;
      detail = messageOf(error);
    }
    steps.push({ step, ok, ms: Math.round(performance.now() - startMs), detail });
  };
  await run('storage', () => writeDurably(config.dataDir));
  await run('codecs', checkCodecs);
  const status = (await askAgent(config.dataDir, { command: 'status', args: {} }).catch(() => null)) as {
    cabinet: { up: boolean };
  } | null;
  if (status === null)
    steps.push({
      step: 'agent',
      ok: true,
      ms: 0,
      detail: t('not running: cabinet and packs are left out', '未运行：跳过换电柜与电池'),
    });
  else {
    await run('cabinet', () => {
      if (!status.cabinet.up) throw new Error(t('does not answer', '无应答'));
      return 'up';
    });
    const slots = (await askAgent(config.dataDir, { command: 'slots', args: {} })) as {
      slot: number;
      occupied: boolean | null;
    }[];
    const readable = new Set(config.hardware.slots.flatMap(({ slot, pack }) => (pack ? [slot] : [])));
    for (const { slot, occupied } of slots)
      if (occupied === true && readable.has(slot))
        await run(`pack ${slot}`, async () => {
          const answer = (await askAgent(config.dataDir, { command: 'read-slot', args: { slot } })) as {
            reading: { socPct?: number };
          };
          return `${answer.reading.socPct?.toFixed(0) ?? '?'} %`;
        });
  }
  const passed = steps.every(({ ok }) => ok);
  output.out(
    options.json
      ? JSON.stringify({ ok: passed, steps }, null, 2)
      : table(
          steps,
          [
            { title: t('STEP', '步骤'), value: ({ step }) => step },
            { title: t('RESULT', '结果'), value: ({ ok }) => (ok ? t('ok', '通过') : t('FAILED', '失败')) },
            { title: 'ms', value: ({ ms }) => ms },
            { title: t('DETAIL', '详情'), value: ({ detail }) => detail },
          ],
          widthChars,
        ),
  );
  return passed ? 0 : 1;
}

/** Writes and reads back on the station's own disk, each row with its own sync. The station's database is not touched. */
function writeDurably(dataDir: string): string {
  const directory = mkdtempSync(join(dataDir, 'selftest-'));
  try {
    const db = new Database(join(directory, 'selftest.db'));
    try {
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      db.exec('CREATE TABLE rows (n INTEGER PRIMARY KEY, data TEXT NOT NULL)');
      const insert = db.prepare('INSERT INTO rows (data) VALUES (?)');
      const startMs = performance.now();
      for (let n = 0; n < WRITES; n += 1) insert.run('x'.repeat(200));
      const eachMs = (performance.now() - startMs) / WRITES;
      const count = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM rows').get()?.n;
      if (count !== WRITES) throw new Error(`${count} of ${WRITES} rows were read back`);
      return `${eachMs.toFixed(1)} ms per durable write`;
    } finally {
      db.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One frame of each kind out and in again, and a broken one that must be refused. */
function checkCodecs(): string {
  const request = jbd.encodeRead('basicInfo');
  if (request.length !== 7) throw new Error('jbd: a request has 7 bytes');
  const frame = pylontech.requestFrame({ command: 'serialNumber', address: 2 });
  if (frame.address !== 2) throw new Error('pylontech: the address is lost');
  const line = cabinet.encodeLine('R,1,OK');
  if (!cabinet.parseLine(line).ok) throw new Error('cabinet: a sound line is refused');
  if (cabinet.parseLine(line.replace('OK', 'KO')).ok) throw new Error('cabinet: a broken line is taken');
  return 'ok';
}
