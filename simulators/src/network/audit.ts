import { isDeepStrictEqual } from 'node:util';
import { type UplinkRecord, uplinkKey } from '../faults/uplink-record.js';
import type { StoredMessage } from './hub-records.js';

/** The oracle of every fault: what the witness saw against what the hub has stored. */
export type UplinkAudit = {
  sent: number;
  stored: number;
  /** Acknowledged, or sent and no longer kept by the station, and not stored. */
  lost: string[];
  /** Stored more than once, by number or by the station's own id. */
  duplicated: string[];
  /** Stored, yet nobody ever sent it. */
  neverSent: string[];
  /** Stored with other words than were sent. */
  altered: string[];
};

export function auditUplink(
  device: string,
  witness: UplinkRecord,
  messages: readonly StoredMessage[],
  options: { /** `epoch/seq` that the station still keeps. */ waiting?: ReadonlySet<string> } = {},
): UplinkAudit {
  const stored = new Map<string, StoredMessage[]>();
  const byId = new Map<string, number>();
  for (const message of messages) {
    if (message.device !== device || message.epoch === null || message.seq === null) continue;
    const key = uplinkKey(message.epoch, message.seq);
    stored.set(key, [...(stored.get(key) ?? []), message]);
    if (message.messageId) byId.set(message.messageId, (byId.get(message.messageId) ?? 0) + 1);
  }
  const waiting = options.waiting ?? new Set<string>();
  const lost = [...witness.sent.keys()].filter(
    (key) => !stored.has(key) && (witness.acknowledged.has(key) || !waiting.has(key)),
  );
  const duplicated = [
    ...[...stored].flatMap(([key, copies]) => (copies.length > 1 ? [key] : [])),
    ...[...byId].flatMap(([id, times]) => (times > 1 ? [id] : [])),
  ];
  const neverSent = [...stored.keys()].filter((key) => !witness.sent.has(key));
  const altered = [...stored].flatMap(([key, [copy]]) => {
    const original = witness.sent.get(key);
    if (!original || !copy || copy.refused) return [];
    return copy.type === original.type && isDeepStrictEqual(plain(copy.data), original.data ?? null)
      ? []
      : [key];
  });
  return { sent: witness.sent.size, stored: stored.size, lost, duplicated, neverSent, altered };
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));
