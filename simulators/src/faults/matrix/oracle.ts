import { isDeepStrictEqual } from 'node:util';
import { MSG_TYPE } from '@voltbay/protocol';
import type { AgentRecords } from '../../network/agent-disk.js';
import { auditUplink } from '../../network/audit.js';
import type { HubRecords, StoredMessage } from '../../network/hub-records.js';
import type { WitnessedSwap } from '../../network/witnessed-swap.js';
import type { StationHappening } from '../../station/station-state.js';
import { type UplinkRecord, uplinkKey } from '../uplink-record.js';

/** Everything that was seen of one case, from four sides that know nothing of each other. */
export type Evidence = {
  device: string;
  /** What passed on the wire. */
  witness: UplinkRecord;
  /** The agent's database: after each kill and at the end, oldest first. */
  journals: readonly AgentRecords[];
  /** The hub's store at the end. */
  hub: HubRecords;
  /** What happened to doors and packs. */
  history: readonly StationHappening[];
  swaps: readonly WitnessedSwap[];
  /** Completed orders and releases that the case itself answers for, beside its witnessed swaps. */
  allowed: { releases: number; orders: readonly string[] };
};

export type Verdict = {
  /** Messages that count as lost or stored twice, by `epoch/seq`. */
  lost: string[];
  duplicated: string[];
  /** Everything that does not hold, in words. */
  faults: string[];
  stored: number;
};

type Numbered = { type: number; data: unknown };

/** Judges what must hold after every fault: docs/runbooks/faults.md. Pure. */
export function judge(evidence: Evidence): Verdict {
  const { device, witness, hub, journals } = evidence;
  const stored = storedByKey(device, hub.messages);
  const last = journals.at(-1);
  const waiting = new Set((last?.waiting ?? []).map(keyOf));
  const aside = new Set(journals.flatMap(({ quarantined }) => quarantined.map(keyOf)));
  const thinned = thinnedIn(device, hub.messages);
  const excused = (key: string, row: Numbered): boolean =>
    waiting.has(key) || aside.has(key) || (thinned.has(key) && row.type === MSG_TYPE.TELEMETRY);

  const audit = auditUplink(device, witness, hub.messages, { waiting });
  const lost = new Set(
    audit.lost.filter((key) => !excused(key, witness.sent.get(key) ?? { type: -1, data: null })),
  );
  const altered = new Set(audit.altered);
  for (const row of journals.flatMap((journal) => journal.waiting)) {
    const key = keyOf(row);
    const copy = stored.get(key);
    if (!copy) {
      if (!excused(key, row)) lost.add(key);
    } else if (copy.refused === undefined && !isDeepStrictEqual(plain(copy.data), row.data)) altered.add(key);
  }
  for (const key of gaps(stored, waiting, aside, thinned)) lost.add(key);

  const faults: string[] = [];
  const none = (what: string, keys: Iterable<string>) => {
    const list = [...keys];
    if (list.length > 0)
      faults.push(
        `${what}: ${list.slice(0, 5).join(' ')}${list.length > 5 ? ` and ${list.length - 5} more` : ''}`,
      );
  };
  none('lost', lost);
  none('stored twice', audit.duplicated);
  none('stored but never sent', audit.neverSent);
  none('altered', altered);
  none('sent again with other words', witness.changed);
  none(
    'database',
    journals.map(({ quickCheck }) => quickCheck).filter((verdict) => verdict !== 'ok'),
  );
  none('end not told to the hub', untold(last, device, hub.messages));
  faults.push(...judgeDoors(evidence), ...judgeMoney(evidence));
  return { lost: [...lost], duplicated: audit.duplicated, faults, stored: audit.stored };
}

/** No door moves without a journalled intention, and no more than one at once. */
function judgeDoors({ journals, history, swaps, allowed }: Evidence): string[] {
  const faults: string[] = [];
  const last = journals.at(-1);
  const intended =
    (last?.swaps ?? []).reduce(
      (sum, { steps }) => sum + steps.filter((step) => step === 'opening').length,
      0,
    ) + allowed.releases;
  const released = history.filter(({ what }) => what === 'latch released').length;
  if (released > intended) faults.push(`${released} releases of a door, ${intended} were ordered`);
  for (const { doors } of swaps)
    if (doors.mostAtOnce > 1) faults.push(`${doors.mostAtOnce} doors released or open at once`);
  return faults;
}

/** One charge exactly where a pack left; every swap of the station belongs to an order of the hub. */
function judgeMoney({ hub, swaps, journals, allowed }: Evidence): string[] {
  const faults: string[] = [];
  for (const { order, taken } of swaps) {
    const charges = hub.charges.filter(({ orderId }) => orderId === order?.id).length;
    const due = taken === null ? 0 : 1;
    if (charges !== due) faults.push(`${charges} charges for order ${order?.id}, pack taken: ${taken}`);
  }
  const out = swaps.filter(({ taken }) => taken !== null).length + allowed.orders.length;
  if (hub.charges.length !== out)
    faults.push(`${hub.charges.length} charges in all for ${out} packs that left`);
  for (const id of allowed.orders)
    if (hub.charges.filter(({ orderId }) => orderId === id).length !== 1)
      faults.push(`order ${id} is not charged once`);
  const orders = new Set(hub.orders.map(({ id }) => id));
  for (const { swapId, orderId } of journals.at(-1)?.swaps ?? [])
    if (orderId !== null && !orders.has(orderId))
      faults.push(`swap ${swapId} of order ${orderId}, which the hub does not know`);
  return faults;
}

/** Commands and swaps that ended in the agent's journal and of whose end the hub has no message. */
function untold(
  last: AgentRecords | undefined,
  device: string,
  messages: readonly StoredMessage[],
): string[] {
  if (!last) return [];
  const told = new Set<string>();
  for (const message of messages) {
    if (message.device !== device || typeof message.data !== 'object' || message.data === null) continue;
    const { commandId, state, swapId, step } = message.data as Record<string, unknown>;
    if (message.type === MSG_TYPE.COMMAND_RESULT) told.add(`command ${String(commandId)} ${String(state)}`);
    if (message.type === MSG_TYPE.STATION_EVENT) told.add(`swap ${String(swapId)} ${String(step)}`);
  }
  const commands = last.commands
    .filter(({ state }) => state !== 'received' && state !== 'started')
    .map(({ id, state }) => `command ${id} ${state}`);
  const swaps = last.swaps.flatMap(({ swapId, outcome }) =>
    outcome === null ? [] : [`swap ${swapId} ${outcome}`],
  );
  return [...commands, ...swaps].filter((end) => !told.has(end));
}

function storedByKey(device: string, messages: readonly StoredMessage[]): Map<string, StoredMessage> {
  const stored = new Map<string, StoredMessage>();
  for (const message of messages)
    if (message.device === device && message.epoch !== null && message.seq !== null)
      stored.set(uplinkKey(message.epoch, message.seq), message);
  return stored;
}

function thinnedIn(device: string, messages: readonly StoredMessage[]): Set<string> {
  const keys = new Set<string>();
  for (const { device: of, type, data } of messages) {
    if (of !== device || type !== MSG_TYPE.STATION_EVENT) continue;
    const { kind, epoch, ranges } = data as { kind?: string; epoch?: number; ranges?: [number, number][] };
    if (kind !== 'thinned' || epoch === undefined) continue;
    for (const [from, to] of ranges ?? [])
      for (let seq = from; seq <= to; seq += 1) keys.add(uplinkKey(epoch, seq));
  }
  return keys;
}

/** The agent counts without gaps: a number that is missing below one that is known was lost somewhere. */
function gaps(stored: ReadonlyMap<string, unknown>, ...others: readonly ReadonlySet<string>[]): string[] {
  const known = new Set([...stored.keys(), ...others.flatMap((keys) => [...keys])]);
  const highest = new Map<number, number>();
  for (const key of known) {
    const [epoch = 0, seq = 0] = key.split('/').map(Number);
    highest.set(epoch, Math.max(seq, highest.get(epoch) ?? -1));
  }
  const missing: string[] = [];
  for (const [epoch, top] of highest)
    for (let seq = 0; seq < top; seq += 1)
      if (!known.has(uplinkKey(epoch, seq))) missing.push(uplinkKey(epoch, seq));
  return missing;
}

const keyOf = ({ epoch, seq }: { epoch: number; seq: number }): string => uplinkKey(epoch, seq);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));
