import {
  type ClockQuality,
  DEVICE_PATTERN,
  MESSAGE_LIMITS,
  MSG_TYPE,
  parseTime,
  parseUplink,
  type ReadingMessage,
  type StationInfoData,
  type TelemetryData,
  type UplinkEnvelope,
} from '@voltbay/protocol';

/** A message ready to be stored, or why not. `numbered` is there whenever epoch and seq could be read, also of a bad message. */
export type ParsedUplink =
  | { ok: true; envelope: UplinkEnvelope; dataText?: string }
  | {
      ok: false;
      code: string;
      detail: string;
      /** The device it names, when that could be read. */
      device: string | null;
      numbered: { epoch: number; seq: number } | null;
    };

/** Checks bytes from a station. The publisher's identity is compared by the caller's `device`. */
export function parseStationUplink(device: string, payload: Uint8Array): ParsedUplink {
  const result = parseUplink(payload);
  if (result.ok) {
    if (result.envelope.device !== device)
      return {
        ok: false,
        code: 'SPOOFED_DEVICE',
        detail: `names device ${result.envelope.device}`,
        device: result.envelope.device,
        numbered: null,
      };
    return result;
  }
  const named =
    'envelope' in result
      ? { device: result.envelope.device, epoch: result.envelope.epoch, seq: result.envelope.seq }
      : readIdentity(payload);
  const own = named?.device === device;
  return {
    ok: false,
    code: named && !own && named.device ? 'SPOOFED_DEVICE' : refusalCode(result.code),
    detail: result.detail,
    device: named?.device ?? null,
    numbered:
      own && named?.epoch !== undefined && named.seq !== undefined
        ? { epoch: named.epoch, seq: named.seq }
        : null,
  };
}

const refusalCode = (code: string): string => (code === 'BAD_ENVELOPE' ? 'BAD_DATA' : code);

/** Device and numbers of a message whose envelope is not valid, so that its sender can set it aside. */
function readIdentity(payload: Uint8Array): { device: string | null; epoch?: number; seq?: number } | null {
  if (payload.length > MESSAGE_LIMITS.maxPayloadBytes) return null;
  try {
    const json: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
    const { device, epoch, seq } = json as Record<string, unknown>;
    const number = (value: unknown) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
    return {
      device: typeof device === 'string' && DEVICE_PATTERN.test(device) ? device : null,
      epoch: number(epoch),
      seq: number(seq),
    };
  } catch {
    return null;
  }
}

/** No message can be older: the clock of a station that says so has never been set. */
const SENSE_MS = Date.parse('2020-01-01T00:00:00Z');

/** What a message says of its times, and when it came. */
export type MessageTimes = {
  clock?: ClockQuality | undefined;
  historical?: boolean | undefined;
  receivedAtMs: number;
};

/**
 * The true time of something that a numbered message tells of. A clock that was wrong by a known amount is corrected; one that was wrong
 * by an unknown amount is believed only for what lies back in time, where the order of events is better than nothing.
 */
export function trueTimeMs(
  statedMs: number | null,
  { clock, historical, receivedAtMs }: MessageTimes,
): number {
  if (statedMs === null) return receivedAtMs;
  const unsynced = clock?.synced === false;
  const ms = unsynced ? statedMs - (clock.offsetMs ?? 0) : statedMs;
  const believed = !unsynced || clock.offsetMs !== undefined || historical === true;
  return believed && ms >= SENSE_MS ? ms : receivedAtMs;
}

/**
 * The time that the hub gives a message: the station's, unless it is not believed. A station that does not number its messages is one
 * written to the 2021 plan, whose `time` may be a mere date.
 */
export function timeOf(envelope: UplinkEnvelope, receivedAtMs: number): string {
  if (envelope.seq === undefined) return new Date(receivedAtMs).toISOString();
  const { clock, historical } = envelope;
  return new Date(trueTimeMs(parseTime(envelope.time), { clock, historical, receivedAtMs })).toISOString();
}

/** The true time of an event that a stored message tells of, by the same rules as the message's own. */
export const eventTimeMs = (
  message: { clock?: ClockQuality; historical?: boolean; receivedAt: Date },
  stated: string,
): number => trueTimeMs(parseTime(stated), { ...message, receivedAtMs: message.receivedAt.getTime() });

/** Readings of a STATION_INFO or TELEMETRY; a reading without a slot stands at its position. */
export function readingsOf(type: number, data: unknown): (ReadingMessage & { slot: number })[] {
  const readings =
    type === MSG_TYPE.STATION_INFO
      ? asList((data as StationInfoData | undefined)?.battery)
      : type === MSG_TYPE.TELEMETRY
        ? (data as TelemetryData).readings
        : [];
  return readings.map((reading, index) =>
    // Nearly all name their slot; a copy of every reading, three times a message, costs more than all else here.
    hasSlot(reading) ? reading : { ...reading, slot: index + 1 },
  );
}

const hasSlot = (reading: ReadingMessage): reading is ReadingMessage & { slot: number } =>
  reading.slot !== undefined;

const asList = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Identity of the pack that a reading is about. */
export const packIdOf = (reading: ReadingMessage): string | null => reading.packId ?? reading.serial ?? null;
