import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MSG_TYPE } from '@voltbay/protocol';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aPack, type CabinetModel, createCabinetModel } from './support/cabinet-model.js';
import type { Go } from './support/crash-child.js';
import { serveHardware } from './support/remote-hardware.js';
import { createScriptedHub, type ScriptedHub } from './support/scripted-hub.js';
import { tempDir } from './support/test-agent.js';

const CHILD = fileURLToPath(new URL('support/crash-child.ts', import.meta.url));

/** Processes that have the agent loaded and wait: a start costs a second of loading, which passes while another one works. */
const waiting: ChildProcess[] = [];
function prepare(): void {
  while (waiting.length < 2) {
    const child = fork(CHILD, {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.on('error', () => {});
    waiting.push(child);
  }
}
beforeAll(prepare);
afterAll(() => {
  for (const child of waiting) child.kill('SIGKILL');
});

function startChild(model: CabinetModel, dataDir: string, mqttUrl: string, crashAt?: string): ChildProcess {
  prepare();
  const child = waiting.shift() as ChildProcess;
  prepare();
  const stop = serveHardware(model, {
    send: (message) => void (child.connected && child.send(message as object, () => {})),
    onMessage: (listener) => void child.on('message', listener),
  });
  child.on('exit', stop);
  child.send({ go: { dataDir, mqttUrl, ...(crashAt !== undefined && { crashAt }) } } satisfies Go);
  return child;
}

const exited = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null)
      resolve(String(child.signalCode ?? child.exitCode));
    else child.once('exit', (code, signal) => resolve(String(signal ?? code)));
  });

/** Brings the own pack, takes the charged one, shuts what is open; one movement at a time. */
function startRider(model: CabinetModel): { stop(): void; charged: string[] } {
  const charged: string[] = [];
  let own: ReturnType<typeof aPack> | null = aPack('VB-A-900', { socPct: 12 });
  const timer = setInterval(() => {
    const slot = model.slots().find(({ door, lock }) => door === 'open' || lock === 'unlocked');
    if (!slot) return;
    if (slot.door === 'closed') model.pull(slot.slot);
    else if (!slot.pack && own) {
      model.putIn(slot.slot, own);
      own = null;
    } else if (slot.pack && slot.pack.tag !== 'VB-A-900') charged.push(model.takeOut(slot.slot)?.tag ?? '?');
    else model.push(slot.slot);
  }, 70);
  return { stop: () => clearInterval(timer), charged };
}

/** Points before anything of the swap is journalled: the command is too late after the restart. */
const BEFORE_THE_SWAP = ['command:received', 'command:started'];
const DURING_THE_SWAP = [
  'swap:accepted',
  'swap:opening#1',
  'swap:moved#1',
  'swap:released#1',
  'swap:opened#1',
  'swap:pack-inserted',
  'swap:closed#1',
  'swap:verified',
  'swap:opening#2',
  'swap:moved#2',
  'swap:released#2',
  'swap:opened#2',
  'swap:pack-taken',
  'swap:closed#2',
  'swap:ended',
];

const ONCE = ['accepted', 'returned', 'dispensed', 'completed'];

/** The numbers of each epoch's messages, in order. */
function seqsOf(hub: Pick<ScriptedHub, 'stored'>): number[][] {
  const seqs = new Map<number, number[]>();
  for (const { epoch = -1, seq = -1 } of hub.stored.values())
    seqs.set(epoch, [...(seqs.get(epoch) ?? []), seq]);
  return [...seqs.values()].map((list) => list.sort((a, b) => a - b));
}
const isWhole = (seqs: readonly number[]): boolean => seqs.every((seq, index) => seq === index);

describe('an agent that is killed in the middle of a swap', () => {
  it.each([...BEFORE_THE_SWAP, ...DURING_THE_SWAP])(
    'killed at %s: one door at a time, one pack, nothing lost, nothing twice',
    { timeout: 60_000 },
    async (point) => {
      const dir = tempDir();
      const hub = await createScriptedHub('1231');
      const model = createCabinetModel({
        slots: 3,
        packs: { 1: aPack('VB-A-1'), 2: aPack('VB-A-2', { socPct: 40 }) },
      });
      const rider = startRider(model);
      const first = startChild(model, dir.path, hub.url, point);
      let second: ChildProcess | null = null;
      try {
        await hub.until(() => hub.infos()[0], 'the first report');
        const command = (): Promise<void> =>
          hub.command(
            MSG_TYPE.SERVER_ASK_CHARGE,
            {
              user: 'u',
              vehicle: 'v',
              orderId: 'o',
              returnSerials: ['VB-A-900'],
              dispense: { packClass: 'A' },
            },
            { id: 'cmd', ttlMs: 20_000, issuedAt: new Date().toISOString() },
          );
        await command();
        expect(await exited(first)).toBe('SIGKILL');
        second = startChild(model, dir.path, hub.url);
        const final = await hub.until(
          () =>
            hub.results('cmd').find(({ state }) => ['done', 'failed', 'expired', 'unknown'].includes(state)),
          'the command to settle',
          40_000,
        );
        // A repeat after all of it moves nothing.
        const reported = hub.results('cmd').length;
        await command();
        await hub.until(() => hub.results('cmd').length > reported, 'the repeat to be answered');

        expect(model.releases.every(({ othersOpen }) => othersOpen.length === 0)).toBe(true);
        if (BEFORE_THE_SWAP.includes(point)) {
          expect(final).toMatchObject({ state: 'expired', reason: 'EXPIRED' });
          expect(model.releases).toEqual([]);
        } else {
          expect(final.state).toBe('done');
          expect(model.releases.map(({ slot }) => slot)).toEqual([3, 1]);
          expect(rider.charged).toEqual(['VB-A-1']);
          // Answers to commands overtake what else is to be told.
          const told = () => ONCE.map((once) => hub.swapEvents().filter(({ step }) => step === once).length);
          await hub.until(() => told().every((times) => times > 0), 'every step to be told');
          expect(told()).toEqual(ONCE.map(() => 1));
        }
        // Everything that was journalled arrives, without a gap.
        await hub.until(() => seqsOf(hub).every(isWhole), 'every message to arrive');
        second.disconnect();
        await exited(second);
        const db = new Database(`${dir.path}/agent.db`, { readonly: true });
        expect(db.pragma('quick_check', { simple: true })).toBe('ok');
        expect(db.prepare('SELECT count(*) FROM swaps WHERE outcome IS NULL').pluck().get()).toBe(0);
        db.close();
      } finally {
        rider.stop();
        first.kill('SIGKILL');
        second?.kill('SIGKILL');
        await hub.close();
        dir.remove();
      }
    },
  );
});

describe('an agent that is killed while it opens a slot for a technician', () => {
  it.each([
    ['open-slot:moved', 1, 'done'],
    ['command:started', 0, null],
  ] as const)(
    'killed at %s: reported unknown, then what the lock shows, and never opened again',
    { timeout: 60_000 },
    async (point, doors, evidence) => {
      const dir = tempDir();
      const hub = await createScriptedHub('1231');
      const model = createCabinetModel({ slots: 3, packs: { 1: aPack('VB-A-1') } });
      const first = startChild(model, dir.path, hub.url, point);
      let second: ChildProcess | null = null;
      try {
        await hub.until(() => hub.infos()[0], 'the first report');
        await hub.command(MSG_TYPE.SERVER_OPEN_SLOT, { slot: 2, by: 'admin' }, { id: 'open', ttlMs: 20_000 });
        expect(await exited(first)).toBe('SIGKILL');
        second = startChild(model, dir.path, hub.url);
        await hub.until(
          () => hub.results('open').find(({ state }) => state === 'unknown'),
          'unknown',
          40_000,
        );
        if (evidence)
          await hub.until(
            () => hub.results('open').find(({ state }) => state === evidence),
            evidence,
            40_000,
          );
        await hub.command(MSG_TYPE.SERVER_ASK_INFO, null, { id: 'after' });
        await hub.until(() => hub.results('after').find(({ state }) => state === 'done'), 'a later command');
        expect(hub.results('open').at(-1)?.state).toBe(evidence ?? 'unknown');
        expect(model.releases).toHaveLength(doors);
      } finally {
        first.kill('SIGKILL');
        second?.kill('SIGKILL');
        await hub.close();
        dir.remove();
      }
    },
  );
});
