import { MSG_TYPE } from '@voltbay/protocol';
import type { AgentRecords } from '@voltbay/station-agent';
import { describe, expect, it } from 'vitest';
import type { StoredMessage } from '../../network/hub-records.js';
import type { WitnessedSwap } from '../../network/witnessed-swap.js';
import { createUplinkRecord } from '../uplink-record.js';
import { controlPacket } from './observe.js';
import { type Evidence, judge } from './oracle.js';

const DEVICE = '1231';
const SWAP = 'swap-1';
const ORDER = 'order-1';

/** One good swap, seen from all sides; what a test changes is what the oracle must find. */
function aCase() {
  const witness = createUplinkRecord(DEVICE);
  const messages: StoredMessage[] = [];
  const say = (type: number, data: object, stored = true) => {
    const seq = witness.sent.size;
    const message = { device: DEVICE, type, data, epoch: 1, seq, id: `id-${seq}` };
    witness.see(publish(`info/${DEVICE}`, message), 'to-server');
    const { id: messageId, ...rest } = message;
    if (stored) messages.push({ ...rest, id: `m-${seq}`, messageId, at: '', receivedAt: new Date(0) });
  };
  say(MSG_TYPE.STATION_INFO, { battery: [] });
  say(MSG_TYPE.COMMAND_RESULT, { commandId: 'c-1', state: 'done' });
  say(MSG_TYPE.TELEMETRY, { readings: [] });
  say(MSG_TYPE.STATION_EVENT, { kind: 'swap', swapId: SWAP, step: 'completed' });
  const journal: AgentRecords = {
    quickCheck: 'ok',
    waiting: [],
    quarantined: [],
    swaps: [
      {
        swapId: SWAP,
        orderId: ORDER,
        outcome: 'completed',
        reason: null,
        steps: ['accepted', 'opening', 'opening', 'ended'],
      },
    ],
    commands: [{ id: 'c-1', type: 24, state: 'done', reason: null }],
  };
  const swap = {
    order: { id: ORDER, state: 'completed' },
    taken: 'VB-A-0101',
    doors: { released: [5, 1], mostAtOnce: 1, packsIn: [], packsOut: [] },
    answer: '201',
  } as unknown as WitnessedSwap;
  const evidence = {
    device: DEVICE,
    witness,
    journals: [journal],
    hub: {
      messages,
      charges: [{ orderId: ORDER, userId: 'u', amountFen: 500 }],
      orders: [{ id: ORDER, state: 'completed', userId: 'u', openKey: '', due: [] }],
      wallets: [],
      custody: [],
    },
    history: [5, 1].map((slot) => ({ at: '', what: 'latch released', slot })),
    swaps: [swap],
    allowed: { releases: 0, orders: [] as string[] },
  } satisfies Evidence;
  return { evidence, say, journal, swap };
}

const publish = (topic: string, message: object): Buffer => {
  // The helper makes packets for the control topic; a packet of the same build for another topic is what is needed here.
  const packet = controlPacket('', message);
  const payload = packet.subarray(packet.indexOf('{'));
  const body = Buffer.concat([
    Buffer.from([topic.length >> 8, topic.length & 0xff]),
    Buffer.from(topic),
    payload,
  ]);
  return Buffer.concat([Buffer.from([0x30, (body.length & 0x7f) | 0x80, body.length >> 7]), body]);
};

const faultsOf = (change: (made: ReturnType<typeof aCase>) => Partial<Evidence> | undefined) => {
  const made = aCase();
  return judge({ ...made.evidence, ...change(made) });
};

describe('the oracle', () => {
  it('finds nothing wrong with a swap that went well', () => {
    expect(faultsOf(() => undefined)).toEqual({ lost: [], duplicated: [], faults: [], stored: 4 });
  });

  it.each<[string, Parameters<typeof faultsOf>[0], RegExp]>([
    [
      'a message that was sent and is not stored',
      ({ say }) => void say(MSG_TYPE.STATION_INFO, { battery: [1] }, false),
      /^lost: 1\/4$/,
    ],
    [
      'a number missing in between',
      ({ evidence }) => void evidence.hub.messages.splice(2, 1),
      /^lost: 1\/2$/,
    ],
    [
      'a message stored twice',
      ({ evidence }) =>
        void evidence.hub.messages.push({ ...(evidence.hub.messages[0] as StoredMessage), id: 'again' }),
      /^stored twice: 1\/0/,
    ],
    [
      'a message that nobody sent',
      ({ evidence }) =>
        void evidence.hub.messages.push({
          ...(evidence.hub.messages[0] as StoredMessage),
          id: 'new',
          messageId: 'new',
          seq: 4,
        }),
      /^stored but never sent: 1\/4$/,
    ],
    [
      'other words than were sent',
      ({ evidence }) => void Object.assign(evidence.hub.messages[0] as object, { data: { battery: [{}] } }),
      /^altered: 1\/0$/,
    ],
    [
      'a damaged database',
      ({ journal }) => void Object.assign(journal, { quickCheck: 'page 7 is wrong' }),
      /^database: page 7/,
    ],
    [
      'a command whose end the hub was never told',
      ({ journal }) => void journal.commands.push({ id: 'c-2', type: 24, state: 'failed', reason: 'X' }),
      /^end not told to the hub: command c-2 failed$/,
    ],
    [
      'a swap whose end the hub was never told',
      ({ journal }) =>
        void journal.swaps.push({ swapId: 's-2', orderId: null, outcome: 'failed', reason: 'X', steps: [] }),
      /swap s-2 failed$/,
    ],
    [
      'a door that nobody ordered to open',
      ({ evidence }) => void evidence.history.push({ at: '', what: 'latch released', slot: 3 }),
      /^3 releases of a door, 2 were ordered$/,
    ],
    ['two doors open at once', ({ swap }) => void Object.assign(swap.doors, { mostAtOnce: 2 }), /^2 doors/],
    [
      'a second charge',
      ({ evidence }) => void evidence.hub.charges.push({ orderId: ORDER, userId: 'u', amountFen: 500 }),
      /^2 charges for order/,
    ],
    [
      'a charge without a pack',
      ({ swap }) => void Object.assign(swap, { taken: null }),
      /^1 charges for order/,
    ],
    [
      'a swap of an order that the hub does not have',
      ({ evidence }) => void evidence.hub.orders.splice(0),
      /which the hub does not know$/,
    ],
  ])('finds %s', (_what, change, text) => {
    expect(faultsOf(change).faults[0]).toMatch(text);
  });

  it('finds a row that an earlier death left on the disk and that never arrived', () => {
    const { lost } = faultsOf(({ evidence, journal }) => {
      const waiting = [{ epoch: 1, seq: 9, type: 0, id: 'gone', data: {} }];
      return { journals: [{ ...journal, waiting }, ...evidence.journals] };
    });
    expect(lost).toEqual(['1/9']);
  });

  it('excuses what still waits, what was set aside, and telemetry that was reported as thinned; nothing else', () => {
    const row = (seq: number) => ({ epoch: 1, seq, type: 0, id: `r-${seq}`, data: {} });
    expect(
      faultsOf(({ say, journal }) => {
        say(MSG_TYPE.STATION_INFO, {}, false);
        say(MSG_TYPE.STATION_INFO, {}, false);
        journal.waiting.push(row(4));
        journal.quarantined.push(row(5));
        return undefined;
      }).faults,
    ).toEqual([]);
    const thinned = (type: number) =>
      faultsOf(({ say }) => {
        say(type, {}, false);
        say(MSG_TYPE.STATION_EVENT, { kind: 'thinned', epoch: 1, ranges: [[4, 4]], count: 1 });
        return undefined;
      }).lost;
    expect(thinned(MSG_TYPE.TELEMETRY)).toEqual([]);
    expect(thinned(MSG_TYPE.STATION_EVENT)).toEqual(['1/4']);
  });
});
