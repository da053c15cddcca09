import { MESSAGE_LIMITS, MSG_TYPE, type ServerAckData } from '@voltbay/protocol';
import type { Watermark } from './watermark.js';

/** What one flush stored or refused for one epoch of one station. */
export type EpochOutcome = {
  device: string;
  epoch: number;
  watermark: Pick<Watermark, 'upTo'>;
  /** Stored now or found stored before. */
  stored: number[];
  refused: { seq: number; code: string }[];
};

/** SERVER_ACKs for one flush, coalesced: one per epoch unless `also` or `refused` would be too long. */
export function acknowledgementsOf(outcome: EpochOutcome): ServerAckData[] {
  const { epoch, watermark } = outcome;
  const refusedSeqs = new Set(outcome.refused.map(({ seq }) => seq));
  const also = [...new Set(outcome.stored)]
    .filter((seq) => seq > watermark.upTo && !refusedSeqs.has(seq))
    .sort((a, b) => a - b);
  const limit = MESSAGE_LIMITS.maxAckExtras;
  const count = Math.max(1, Math.ceil(also.length / limit), Math.ceil(outcome.refused.length / limit));
  return Array.from({ length: count }, (_, index) => {
    const alsoPart = also.slice(index * limit, (index + 1) * limit);
    const refusedPart = outcome.refused.slice(index * limit, (index + 1) * limit);
    return {
      epoch,
      // Rows that are refused must be set aside before a later `upTo` passes over them.
      upTo: index === count - 1 ? watermark.upTo : Math.min(watermark.upTo, outcomeFloor(outcome)),
      ...(alsoPart.length ? { also: alsoPart } : {}),
      ...(refusedPart.length ? { refused: refusedPart } : {}),
    };
  });
}

const outcomeFloor = (outcome: EpochOutcome): number =>
  outcome.refused.reduce((floor, { seq }) => Math.min(floor, seq - 1), outcome.watermark.upTo);

/** The message as it goes to the station. */
export function serverAckMessage(device: string, data: ServerAckData, nowIso: string): string {
  return JSON.stringify({
    device,
    type: MSG_TYPE.SERVER_ACK,
    data: { ...data, hubTime: nowIso },
    time: nowIso,
    v: 1,
  });
}
