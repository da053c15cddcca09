import { cabinet } from '@voltbay/protocol/devices';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCabinetUnit } from '../../src/drivers/cabinet-v1/unit.js';
import type { CabinetUnit } from '../../src/drivers/driver.js';
import type { CabinetEvent } from '../../src/hardware/ports.js';
import { quietLog } from './support/bench.js';
import { createScriptedLink, type ScriptedLink } from './support/scripted-link.js';

type Controller = { proto: number; fw: string; seq: number; silentVerbs: Set<string> };

let controller: Controller;
let link: ScriptedLink;
let unit: CabinetUnit;
let events: CabinetEvent[];

/** Answers as docs/protocol/cabinet.md says. */
function answer(line: string): string | null {
  const [, id = '', verb = ''] = line.slice(1, line.lastIndexOf('*')).split(',');
  if (controller.silentVerbs.has(verb)) return null;
  const { proto, fw, seq } = controller;
  const keys: Record<string, string> = {
    HELLO: `,proto=${proto},model=M,fw=${fw},serial=S1,slots=2,boot=3,seq=${seq}`,
    SCAN: `,doors=CC,locks=LL,packs=I-,chg=10,boot=3,seq=${seq}`,
    OPEN: ',dup=0',
  };
  return cabinet.encodeLine(`R,${id},OK${keys[verb] ?? ''}`);
}

const verbs = (): string[] => link.written.map((line) => line.split(',')[2]?.split('*')[0] ?? '');
const tick = (ms = 50): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function start(overrides: Partial<Controller> = {}, minFirmware?: string): Promise<void> {
  controller = { proto: 1, fw: '1.4.0', seq: 10, silentVerbs: new Set(), ...overrides };
  link = createScriptedLink({ answer });
  const clock = { nowMs: () => Date.now(), monotonicMs: () => Date.now() };
  unit = createCabinetUnit({ link, clock, log: quietLog, minFirmware });
  events = [];
  unit.onEvent((event) => events.push(event));
  unit.start();
  await tick();
  expect(unit.isUp()).toBe(true);
  link.written.length = 0;
  events.length = 0;
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(async () => {
  await unit.stop();
  vi.useRealTimers();
});

describe('requests to a cabinet', () => {
  it('repeats a read under a new id and then gives up', async () => {
    await start({ silentVerbs: new Set(['STAT']) });
    const failed = expect(unit.status()).rejects.toMatchObject({ code: 'TIMEOUT' });
    await tick(1_100);
    await failed;
    const ids = link.written.filter((line) => line.includes('STAT')).map((line) => line.split(',')[1]);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });

  it('repeats OPEN only with its own token, and never LOCK', async () => {
    await start({ silentVerbs: new Set(['OPEN', 'LOCK']) });
    const open = expect(unit.open(1, 'tok-1')).rejects.toMatchObject({ code: 'TIMEOUT' });
    await tick(1_100);
    await open;
    const opens = link.written.filter((line) => line.includes('OPEN'));
    expect(opens).toHaveLength(2);
    for (const line of opens) expect(line).toContain('OPEN,1,tok-1');
    const lock = expect(unit.lock(1)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await tick(600);
    await lock;
    expect(verbs().filter((verb) => verb === 'LOCK')).toHaveLength(1);
  });

  it('does not repeat OPEN to a controller that restarted and forgot the token', async () => {
    await start({ silentVerbs: new Set(['OPEN']) });
    const open = expect(unit.open(1, 'tok-1')).rejects.toMatchObject({ code: 'TIMEOUT' });
    await tick(300);
    link.arrive(cabinet.encodeLine('E,0,BOOT,4'));
    await tick(1_000);
    await open;
    expect(verbs().filter((verb) => verb === 'OPEN')).toHaveLength(1);
    expect(events).toEqual([{ kind: 'boot', bootCount: 4 }, { kind: 'resync' }]);
  });

  it('keeps one request outstanding and drops a late answer', async () => {
    await start();
    controller.silentVerbs.add('SLOT');
    const slot = unit.slot(1).catch((error: unknown) => error);
    const scan = unit.scan();
    await tick(400);
    expect(verbs()).toEqual(['SLOT']);
    const lateId = link.written[0]?.split(',')[1];
    await tick(200);
    link.arrive(
      cabinet.encodeLine(`R,${lateId},OK,slot=1,door=open,lock=locked,pack=in,chg=off,mv=0,ma=0,limit=0`),
    );
    await tick(2_000);
    expect(await slot).toMatchObject({ code: 'TIMEOUT' });
    expect(await scan).toHaveLength(2);
  });

  it('fails what waits when the line goes down', async () => {
    await start({ silentVerbs: new Set(['SCAN']) });
    const scan = expect(unit.scan()).rejects.toMatchObject({ code: 'LINK_DOWN', retryable: true });
    await tick(10);
    link.setUp(false);
    await scan;
    expect(events).toEqual([{ kind: 'link', up: false }]);
  });

  it('gives up a request that is no longer wanted', async () => {
    await start({ silentVerbs: new Set(['PING', 'SLOT']) });
    const first = unit.slot(1).catch(() => 'timeout');
    const aborter = new AbortController();
    const second = unit.scan(aborter.signal).catch((error: unknown) => error);
    aborter.abort(new Error('not wanted'));
    await tick(1_600);
    expect(await first).toBe('timeout');
    expect(await second).toMatchObject({ message: 'not wanted' });
    expect(verbs()).not.toContain('SCAN');
  });
});

describe('doors of a cabinet that this agent does not know', () => {
  it.each([
    ['a newer protocol', { proto: 2 }, undefined, /protocol 2.*Update the agent/],
    ['too old a firmware', { fw: '1.1.9' }, '1.2.0', /firmware 1.1.9 is older than 1.2.0/],
  ] as const)('stay shut with %s', async (_name, overrides, minFirmware, message) => {
    await start(overrides, minFirmware);
    await expect(unit.open(1, 't')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(message),
    });
    await expect(unit.lock(1)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const scan = unit.scan();
    await tick();
    expect(await scan).toHaveLength(2);
    expect(verbs()).toEqual(['SCAN']);
  });
});

describe('events of a cabinet', () => {
  it('asks for a scan when a number is missing', async () => {
    await start();
    link.arrive(cabinet.encodeLine('E,11,DOOR,1,open'));
    link.arrive(cabinet.encodeLine('E,13,DOOR,1,closed'));
    await tick();
    expect(events).toEqual([
      { kind: 'door', slot: 1, state: 'open' },
      { kind: 'door', slot: 1, state: 'closed' },
      { kind: 'resync' },
    ]);
  });

  it('counts over the wrap and over events it does not know', async () => {
    await start({ seq: 65_534 });
    link.arrive(cabinet.encodeLine('E,65535,DOOR,1,open'));
    link.arrive(cabinet.encodeLine('E,0,NEWTHING,4,x'));
    link.arrive(cabinet.encodeLine('E,1,DOOR,1,closed'));
    await tick();
    expect(events.map(({ kind }) => kind)).toEqual(['door', 'door']);
  });

  it('sees from a scan that the last event was lost', async () => {
    await start();
    controller.seq = 12;
    const scan = unit.scan();
    await tick();
    await scan;
    expect(events).toEqual([{ kind: 'resync' }]);
    const again = unit.scan();
    await tick();
    await again;
    expect(events).toHaveLength(1);
  });

  it('never takes anything from bytes that are no sound line, and reads the next sound one', async () => {
    await start();
    const sound = cabinet.encodeLine('E,11,DOOR,2,open');
    const spoilt = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.integer({ min: 1, max: sound.length - 3 }).map((length) => sound.slice(0, length)),
      fc
        .tuple(fc.integer({ min: 1, max: sound.length - 3 }), fc.integer({ min: 0, max: 6 }))
        .map(([at, bit]) => {
          const bytes = Buffer.from(sound, 'latin1');
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
          return bytes.toString('latin1');
        }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(spoilt, { maxLength: 4 }), async (junk) => {
        events.length = 0;
        for (const piece of junk) link.arrive(piece);
        await tick(1);
        expect(events).toEqual([]);
        // A line that was cut off takes nothing of the next one with it: `$` starts over.
        link.arrive(sound);
        await tick(1);
        expect(events.filter(({ kind }) => kind === 'door')).toEqual([
          { kind: 'door', slot: 2, state: 'open' },
        ]);
        events.length = 0;
        controller.seq = 10;
        link.setUp(false);
        link.setUp(true);
        await tick();
      }),
      { numRuns: 150 },
    );
  });
});
