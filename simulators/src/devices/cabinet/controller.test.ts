import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aPack } from '../../../test/builders.js';
import { createManualClock } from '../../clock.js';
import { createCharger } from '../../physics/charger.js';
import { createCompartment } from '../../physics/compartment.js';
import { createCabinetController } from './controller.js';
import type { CabinetEnvironment, CabinetOptions } from './hardware.js';
import { encodeLine } from './line.js';

const SLOTS = 4;

/** A cabinet of four slots, a pack in each but the last, driven by a manual clock. */
function aCabinet(change: Partial<CabinetOptions> = {}) {
  const clock = createManualClock();
  const lines: string[] = [];
  const environment: CabinetEnvironment = {
    temperatureDeciC: 250,
    humidityPerMille: 400,
    smoke: false,
    water: false,
    tilt: false,
  };
  const power = { mains: true };
  /** Every time a motor really pulled a latch back. */
  const releases: number[] = [];
  const slots = Array.from({ length: SLOTS }, (_, i) => {
    const pack = i < SLOTS - 1 ? aPack({ serial: `VB-T-000${i + 1}` }) : undefined;
    const compartment = createCompartment(pack);
    const charger = createCharger({ setpointMv: 56_800, maxMa: 15_000, cutoffMa: 1_500, efficiency: 0.93 });
    const releaseLock = () => {
      const wasLatched = compartment.latched();
      const outcome = compartment.release();
      if (outcome.ok && wasLatched) releases.push(i + 1);
      return outcome;
    };
    return {
      compartment,
      charger,
      sensors: compartment.sensors,
      releaseLock,
      engageLock: compartment.engage,
    };
  });
  const controller = createCabinetController({
    hardware: {
      slots,
      mains: () => power.mains,
      mainsMv: () => (power.mains ? 230_000 : 0),
      meterWh: () => 1234.5,
      environment: () => environment,
    },
    clock,
    options: {
      identity: { model: 'VB-C12', firmware: '1.4.0', serial: 'CAB0001' },
      interlock: true,
      locksNeedMains: false,
      lockMotorMs: 60,
      relockAfterMs: 30_000,
      bootMs: 800,
      ...change,
    },
    send: (line) => lines.push(line),
    boot: 57,
  });
  let id = 0;
  const slotAt = (slot: number) => {
    const found = slots[slot - 1];
    if (!found) throw new Error(`no slot ${slot}`);
    return found;
  };

  const take = () => lines.splice(0).map((line) => line.slice(1, -5));
  return {
    clock,
    controller,
    environment,
    power,
    releases,
    compartment: (slot: number) => slotAt(slot).compartment,
    charger: (slot: number) => slotAt(slot).charger,
    rawLines: lines,
    take,
    send: (...fields: (string | number)[]) => {
      id += 1;
      controller.receive(Buffer.from(encodeLine(['C', id, ...fields])));
    },
    /** Sends a request and returns all that came within 100 ms, without the request's number. */
    ask(...fields: (string | number)[]) {
      id += 1;
      controller.receive(Buffer.from(encodeLine(['C', id, ...fields])));
      clock.advance(100);
      return take().map((body) => body.replace(`R,${id},`, 'R,'));
    },
  };
}

describe('cabinet line protocol', () => {
  it('answers the examples of its specification', () => {
    const cabinet = aCabinet();
    cabinet.controller.receive(Buffer.from('$C,1,HELLO*30\r\n'));
    cabinet.clock.advance(10);
    expect(cabinet.rawLines).toEqual([
      '$R,1,OK,proto=1,model=VB-C12,fw=1.4.0,serial=CAB0001,slots=4,boot=57,seq=0*42\r\n',
    ]);
    cabinet.take();
    cabinet.controller.receive(Buffer.from('$C,2,OPEN,3,0192f3a2-1*46\r\n'));
    cabinet.clock.advance(100);
    cabinet.compartment(3).openDoor();
    cabinet.controller.poll();
    expect(cabinet.rawLines).toEqual([
      '$R,2,OK,dup=0*24\r\n',
      '$E,1,LOCK,3,unlocked*5D\r\n',
      '$E,2,DOOR,3,open*46\r\n',
    ]);
  });

  it.each([
    [['PING'], ['R,OK']],
    [['SCAN'], ['R,OK,doors=CCCC,locks=LLLL,packs=III-,chg=0000,boot=57,seq=0']],
    [['SLOT', 2], ['R,OK,slot=2,door=closed,lock=locked,pack=in,tag=VB-T-0002,chg=off,mv=0,ma=0,limit=0']],
    [['SLOT', 4], ['R,OK,slot=4,door=closed,lock=locked,pack=out,chg=off,mv=0,ma=0,limit=0']],
    [['STAT'], ['R,OK,mains=on,wh=1234,mv=230000,tdc=250,rhpm=400,smoke=0,water=0,tilt=0']],
    [['CHG', 1, 8000], ['R,OK,limit=8000']],
    [['CHG', 1, 99999], ['R,OK,limit=15000']],
    [['CHG', 4, 8000], ['R,ERR,NOPACK']],
    [['CHG', 1, '-5'], ['R,ERR,ARGS,limitMa']],
    [['LED', 1, 'green'], ['R,OK']],
    [['LED', 1, 'pink'], ['R,ERR,ARGS,colour']],
    [['OPEN', 1, ''], ['R,ERR,ARGS,token']],
    [['OPEN', 'x', 't'], ['R,ERR,ARGS,slot']],
    [['OPEN', 5, 't'], ['R,ERR,SLOT,5']],
    [['OPEN', 0, 't'], ['R,ERR,SLOT,0']],
    [['DANCE'], ['R,ERR,VERB']],
  ])('answers %j with %j', (request, answer) => {
    expect(aCabinet().ask(...request)).toEqual(answer);
  });

  it('drops lines that are damaged, too long or no requests, and answers the next good one', () => {
    const cabinet = aCabinet();
    const junk = [
      '$C,1,PING*00\r\n',
      '$C,1,PI',
      `$C,1,${'X'.repeat(300)}*00\r\n`,
      'PING\r\n',
      '$C,0,PING*27\r\n',
      '$C,1,\x01*30\r\n',
    ];
    for (const line of junk) cabinet.controller.receive(Buffer.from(line, 'latin1'));
    cabinet.clock.advance(100);
    expect(cabinet.take()).toEqual([]);
    expect(cabinet.ask('PING')).toEqual(['R,OK']);
    expect(cabinet.controller.droppedLines()).toBeGreaterThan(3);
  });

  it('never throws and stays alive whatever bytes arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 5 }), (chunks) => {
        const cabinet = aCabinet();
        for (const chunk of chunks) cabinet.controller.receive(chunk);
        cabinet.clock.advance(1_000);
        cabinet.take();
        // A line that began in the noise swallows at most itself.
        cabinet.controller.receive(Buffer.from('\r\n'));
        expect(cabinet.ask('PING')).toContain('R,OK');
      }),
      { numRuns: 100 },
    );
  });

  it('reports what people do, and carries codes percent-encoded', () => {
    const cabinet = aCabinet();
    expect(cabinet.ask('OPEN', 2, 'a-1')).toEqual(['R,OK,dup=0', 'E,1,LOCK,2,unlocked']);
    cabinet.compartment(2).openDoor();
    cabinet.controller.poll();
    cabinet.compartment(2).remove();
    cabinet.controller.poll();
    cabinet.compartment(2).insert(aPack({ serial: 'VB-T-0009' }));
    cabinet.controller.poll();
    cabinet.compartment(2).closeDoor();
    cabinet.controller.poll();
    cabinet.controller.readCode('qr', 'vb://swap?u=李雷,1*');
    expect(cabinet.take()).toEqual([
      'E,2,DOOR,2,open',
      'E,3,PACK,2,out',
      'E,4,PACK,2,in,tag=VB-T-0009',
      'E,5,LOCK,2,locked',
      'E,6,DOOR,2,closed',
      'E,7,READ,qr,vb://swap%3Fu%3D%E6%9D%8E%E9%9B%B7%2C1%2A',
    ]);
  });

  it('reports mains and alarm inputs, and refuses to charge without mains', () => {
    const cabinet = aCabinet();
    cabinet.power.mains = false;
    cabinet.environment.smoke = true;
    cabinet.environment.temperatureDeciC = 655;
    cabinet.controller.poll();
    expect(cabinet.take()).toEqual(['E,1,MAINS,off', 'E,2,ENV,smoke,1', 'E,3,ENV,temp,655']);
    expect(cabinet.ask('CHG', 1, 5000)).toEqual(['R,ERR,POWER']);
    expect(cabinet.ask('OPEN', 1, 'still-1')).toEqual(['R,OK,dup=0', 'E,4,LOCK,1,unlocked']);
    const mainsLocked = aCabinet({ locksNeedMains: true });
    mainsLocked.power.mains = false;
    expect(mainsLocked.ask('OPEN', 1, 'a')).toContain('R,ERR,POWER');
    expect(mainsLocked.releases).toEqual([]);
  });

  it('locks a slot again that nobody opened, and not one that was', () => {
    const cabinet = aCabinet();
    cabinet.ask('OPEN', 1, 'a');
    cabinet.clock.advance(29_800);
    expect(cabinet.take()).toEqual([]);
    cabinet.clock.advance(300);
    expect(cabinet.take()).toEqual(['E,2,LOCK,1,locked']);
    expect(cabinet.compartment(1).latched()).toBe(true);
    cabinet.ask('OPEN', 2, 'b');
    cabinet.compartment(2).openDoor();
    cabinet.controller.poll();
    cabinet.clock.advance(120_000);
    expect(cabinet.compartment(2).doorOpen()).toBe(true);
  });

  it('says JAM when the latch does not move, and tries again with the same token', () => {
    const cabinet = aCabinet();
    cabinet.compartment(1).setJammed(true);
    expect(cabinet.ask('OPEN', 1, 'a')).toEqual(['R,ERR,JAM', 'E,1,LOCK,1,jam']);
    cabinet.compartment(1).setJammed(false);
    expect(cabinet.ask('OPEN', 1, 'a')).toContain('R,OK,dup=0');
    expect(cabinet.releases).toEqual([1]);
  });

  it('forgets tokens, numbers and lights at a restart, keeps the locks, and says so', () => {
    const cabinet = aCabinet();
    cabinet.ask('OPEN', 1, 'a');
    cabinet.ask('LED', 2, 'red');
    expect(cabinet.ask('RSTC')).toEqual(['R,OK']);
    expect(cabinet.ask('PING')).toEqual([]);
    cabinet.clock.advance(800);
    expect(cabinet.take()).toEqual(['E,0,BOOT,58']);
    expect(cabinet.controller.leds()[1]).toBe('off');
    expect(cabinet.ask('SCAN')).toEqual(['R,OK,doors=CCCC,locks=ULLL,packs=III-,chg=0000,boot=58,seq=0']);
    cabinet.clock.advance(30_000);
    expect(cabinet.compartment(1).latched()).toBe(true);
  });

  it('says that it started when it comes back to life', () => {
    const cabinet = aCabinet();
    cabinet.controller.setDead(true);
    cabinet.environment.smoke = true;
    cabinet.controller.poll();
    expect(cabinet.ask('PING')).toEqual([]);
    cabinet.controller.setDead(false);
    cabinet.clock.advance(800);
    expect(cabinet.take()).toEqual(['E,0,BOOT,58']);
    expect(cabinet.ask('PING')).toEqual(['R,OK']);
  });

  it('refuses to move under the service key', () => {
    const cabinet = aCabinet();
    cabinet.controller.setMaintenance(true);
    for (const request of [['OPEN', 1, 'a'], ['LOCK', 1], ['CHG', 1, 100], ['RSTC']]) {
      expect(cabinet.ask(...request)).toEqual(['R,ERR,MAINT']);
    }
    expect(cabinet.ask('PING')).toEqual(['R,OK']);
  });

  it('switches a charger off when its pack leaves', () => {
    const cabinet = aCabinet();
    cabinet.ask('CHG', 2, 9000);
    cabinet.ask('OPEN', 2, 'a');
    cabinet.compartment(2).openDoor();
    cabinet.compartment(2).remove();
    cabinet.controller.poll();
    expect(cabinet.charger(2).limitMa()).toBe(0);
  });

  it('keeps other doors shut while a door sensor lies about an open door', () => {
    const cabinet = aCabinet();
    cabinet.compartment(1).setSensorFaults({ door: 'closed', lock: 'locked' });
    cabinet.ask('OPEN', 1, 'a');
    cabinet.compartment(1).openDoor();
    cabinet.controller.poll();
    expect(cabinet.ask('OPEN', 2, 'b')).toEqual(['R,ERR,BUSY,1']);
    cabinet.clock.advance(60_000);
    cabinet.take();
    expect(cabinet.ask('OPEN', 2, 'b')).toEqual(['R,ERR,BUSY,1']);
  });
});

type Move =
  | { kind: 'open'; slot: number; token: string }
  | { kind: 'lock' | 'pull' | 'push' | 'take' | 'jam' | 'unjam'; slot: number }
  | { kind: 'wait'; ms: number }
  | { kind: 'restart' };

const slotNumber = fc.integer({ min: 1, max: SLOTS });
const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('open' as const),
        slot: slotNumber,
        token: fc.constantFrom('t1', 't2', 't3', 't4', 't5', 't6'),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom('lock' as const, 'pull' as const, 'push' as const, 'take' as const),
        slot: slotNumber,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('jam' as const, 'unjam' as const), slot: slotNumber }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  ),
  { minLength: 5, maxLength: 60 },
);

describe('cabinet mechanics', () => {
  it('never opens a locked door, never has two doors free, never acts twice on a token, never loses an event', () => {
    fc.assert(
      fc.property(moves, (plan) => {
        const cabinet = aCabinet();
        const executed = new Map<string, number>();
        let expectedSeq: number | undefined;

        const look = () => {
          const free = [1, 2, 3, 4].filter(
            (slot) => cabinet.compartment(slot).doorOpen() || !cabinet.compartment(slot).latched(),
          );
          expect(free.length, `slots ${free} are free at once`).toBeLessThanOrEqual(1);
          for (const body of cabinet.take()) {
            const [kind, seq, name] = body.split(',');
            if (kind !== 'E') continue;
            if (name === 'BOOT') executed.clear();
            if (expectedSeq !== undefined && name !== 'BOOT') expect(Number(seq)).toBe(expectedSeq);
            expectedSeq = (Number(seq) + 1) % 65_536;
          }
        };

        for (const move of plan) {
          const compartment = cabinet.compartment('slot' in move ? move.slot : 1);
          if (move.kind === 'open') {
            const before = cabinet.releases.length;
            cabinet.send('OPEN', move.slot, move.token);
            cabinet.clock.advance(100);
            const moved = cabinet.releases.length - before;
            const total = (executed.get(move.token) ?? 0) + moved;
            executed.set(move.token, total);
            expect(total, `token ${move.token}`).toBeLessThanOrEqual(1);
          } else if (move.kind === 'pull') {
            const latched = compartment.latched();
            const outcome = compartment.openDoor();
            if (latched) expect(outcome.ok).toBe(false);
          } else if (move.kind === 'push') compartment.closeDoor();
          else if (move.kind === 'take') compartment.remove();
          else if (move.kind === 'lock') {
            cabinet.send('LOCK', move.slot);
            cabinet.clock.advance(100);
            if (compartment.doorOpen()) expect(compartment.latched()).toBe(false);
          } else if (move.kind === 'jam') compartment.setJammed(true);
          else if (move.kind === 'unjam') compartment.setJammed(false);
          else if (move.kind === 'wait') cabinet.clock.advance(move.ms);
          else {
            cabinet.controller.restart();
            cabinet.clock.advance(900);
          }
          cabinet.controller.poll();
          look();
        }
      }),
      { numRuns: 300 },
    );
  });
});
