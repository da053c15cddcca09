import { msgTypeName, type ReadingMessage, type SlotMessage } from '@voltbay/protocol';
import { isoTime } from '../clock.js';
import type { OutboxRow } from '../storage/outbox.js';

/** Shapes that the CLI prints, the same from the running agent and from its database. */
export type StatusReport = { device: string; running: boolean; epoch: number | null };
export type SlotLine = SlotMessage;
export type PackLine = ReadingMessage;
export type QueuePeekLine = {
  epoch: number;
  seq: number;
  lane: string;
  type: string;
  id: string;
  at: string;
  data: unknown;
};

export const slotLines = (slots: readonly SlotMessage[]): SlotLine[] =>
  [...slots].sort((a, b) => a.slot - b.slot);
export const packLines = (readings: readonly ReadingMessage[]): PackLine[] =>
  [...readings].sort((a, b) => (a.slot ?? 0) - (b.slot ?? 0));
export const queueLines = (rows: readonly OutboxRow[]): QueuePeekLine[] =>
  rows.map((row) => ({
    epoch: row.epoch,
    seq: row.seq,
    lane: row.lane,
    type: msgTypeName(row.type) ?? String(row.type),
    id: row.id,
    at: isoTime(row.atMs),
    data: JSON.parse(row.data) as unknown,
  }));
