import { uuidv7 } from 'uuidv7';
import { isoAt } from '../clock.js';
import { epochKey, type MessageDocument, messageKey } from './message-document.js';
import { type ParsedUplink, timeOf } from './uplink-parse.js';

/** Most text that is kept of a message that cannot be understood. */
const MAX_RAW_TEXT = 65_536;
/** Type of a message that was refused: it is kept for a person and projected by nobody. */
const REFUSED_TYPE = -1;

export type UplinkContext = {
  device: string;
  tenantId: string;
  incarnation: number;
  run: string;
  nowMs: number;
};

/**
 * What is stored of an uplink, with the key of its epoch when it is numbered. A refused message is stored too when it has a number: its
 * raw text is the evidence, and the count of the epoch goes on. Null when there is nothing to store.
 */
export function uplinkDocument(
  context: UplinkContext,
  parsed: ParsedUplink,
  payload: Uint8Array,
): { document: MessageDocument; epoch: string | null } | null {
  const { device, tenantId, incarnation, run, nowMs } = context;
  const base = { device, tenantId, incarnation, run, receivedAt: new Date(nowMs) };
  if (!parsed.ok) {
    if (!parsed.numbered) return null;
    const epoch = epochKey(device, incarnation, parsed.numbered.epoch);
    return {
      epoch,
      document: {
        _id: messageKey(epoch, parsed.numbered.seq),
        type: REFUSED_TYPE,
        epoch: parsed.numbered.epoch,
        seq: parsed.numbered.seq,
        at: isoAt(nowMs),
        data: Buffer.from(payload).toString('utf8').slice(0, MAX_RAW_TEXT),
        refused: parsed.code,
        detail: parsed.detail,
        ...base,
      },
    };
  }
  const { envelope } = parsed;
  const numbers =
    envelope.epoch !== undefined && envelope.seq !== undefined
      ? { epoch: envelope.epoch, seq: envelope.seq }
      : null;
  const epoch = numbers && epochKey(device, incarnation, numbers.epoch);
  const document: MessageDocument = {
    _id: epoch && numbers ? messageKey(epoch, numbers.seq) : `${device}/${uuidv7()}`,
    type: envelope.type,
    epoch: numbers?.epoch ?? null,
    seq: numbers?.seq ?? null,
    at: timeOf(envelope, nowMs),
    data: envelope.data ?? null,
    ...base,
  };
  if (envelope.id !== undefined) document.messageId = envelope.id;
  if (envelope.historical) document.historical = true;
  if (envelope.clock) document.clock = envelope.clock;
  if (parsed.dataText !== undefined) document.text = parsed.dataText;
  return { document, epoch };
}
