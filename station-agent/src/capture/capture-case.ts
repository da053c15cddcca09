import type { RecordedExchange } from './recording-channel.js';

/** A case of a capture file, as `voltbay-agent decode` and `voltbay-sim replay` read it. */
export type RecordedCase = {
  id: string;
  protocol: string;
  transport: 'serial' | 'ble';
  device: string;
  requests_hex: string[];
  frames: string[];
};

/** Protocol name in captures of each pack driver; a driver that is not listed goes by its own id. */
const PROTOCOL_OF: ReadonlyMap<string, string> = new Map([
  ['pylontech-rs485', 'pylontech-rs485'],
  ['seplos-v2', 'seplos-v2-rs485'],
  ['pace-v25', 'pace-rs485-v25'],
  ['jbd-serial', 'jbd'],
  ['jbd-ble', 'jbd'],
  ['jk-ble', 'jk-ble'],
  ['daly-ble', 'daly-d2'],
]);

export const protocolOf = (driver: string): string => PROTOCOL_OF.get(driver) ?? driver;

/**
 * What was recorded as a case. On a serial line one exchange's bytes are one frame; over BLE each notification is. A question that was
 * repeated counts once, and one without an answer is left out: it would shift requests against frames.
 */
export function captureCase(
  about: { id: string; driver: string; transport: 'serial' | 'ble' },
  exchanges: readonly RecordedExchange[],
): RecordedCase {
  const answered = exchanges.filter(({ pieces }) => pieces.length > 0);
  const latest = new Map(answered.map((one) => [one.requestHex, one]));
  const kept = [...latest.values()];
  return {
    id: about.id,
    protocol: protocolOf(about.driver),
    transport: about.transport,
    device: `recorded with driver ${about.driver}`,
    requests_hex: kept.map(({ requestHex }) => requestHex).filter((hex) => hex !== ''),
    frames: kept.flatMap(({ pieces }) => (about.transport === 'ble' ? pieces : [pieces.join('')])),
  };
}
