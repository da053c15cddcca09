/**
 * What a battery pack reports, in one shape for every wire protocol.
 *
 * Signs and units are fixed here once: current is positive while CHARGING whatever the wire says; millivolt, milliampere,
 * milliampere-hour and tenths of a degree Celsius are integers; percentages may have decimals.
 */

/**
 * Names of alarms that codecs put into {@link PackReading.alarms}. A device bit that has no name in this list is
 * reported as `<source>_bit_<n>`, so that no alarm is lost.
 */
export const PACK_ALARMS = [
  'cell_over_voltage',
  'cell_under_voltage',
  'pack_over_voltage',
  'pack_under_voltage',
  'charge_over_temperature',
  'charge_under_temperature',
  'discharge_over_temperature',
  'discharge_under_temperature',
  'over_temperature',
  'under_temperature',
  'ambient_over_temperature',
  'ambient_under_temperature',
  'mos_over_temperature',
  'charge_over_current',
  'discharge_over_current',
  'short_circuit',
  'low_soc',
  'cell_imbalance',
  'front_end_fault',
  'mos_locked',
  'charge_mos_fault',
  'discharge_mos_fault',
  'sensor_fault',
  'cell_fault',
  'charge_timeout',
  'communication_fault',
  'config_fault',
  'other_fault',
] as const;

export type PackAlarm = (typeof PACK_ALARMS)[number];

/**
 * A reading as one frame, or several merged frames, gave it. Every field but the three arrays is absent when no frame
 * carried it; an array is empty in that case.
 */
export type PackReading = {
  /** Pack voltage, mV. */
  voltageMv?: number;
  /** Pack current, mA, positive = charging. */
  currentMa?: number;
  /** State of charge, 0–100, sent by the pack or computed from remaining and full capacity. */
  socPct?: number;
  /** State of health, 0–100. */
  sohPct?: number;
  /** Charge left, mAh. */
  remainingMah?: number;
  /** Charge when full today, mAh (falls with age). */
  capacityMah?: number;
  /** Charge when full by design, mAh. */
  designCapacityMah?: number;
  /** Full charge cycles counted by the pack. */
  cycles?: number;
  /** Cell voltages in wire order, mV. */
  cellMv: number[];
  /** Temperature sensors in wire order, 0.1 °C. */
  temperaturesDeciC: number[];
  /** Power-transistor temperature, 0.1 °C. */
  mosTemperatureDeciC?: number;
  /** True when the charge transistor conducts. */
  chargeMos?: boolean;
  /** True when the discharge transistor conducts. */
  dischargeMos?: boolean;
  serial?: string;
  model?: string;
  hwVersion?: string;
  fwVersion?: string;
  /** `YYYY-MM-DD`. */
  productionDate?: string;
  /** The device's own protection word, as sent. */
  protectionBits?: number;
  /** Bit n set = cell n+1 is being balanced, as the device sends it. */
  balanceBits?: number;
  /** {@link PACK_ALARMS} names (or `<source>_bit_<n>`) that are active, without repeats. */
  alarms: string[];
};

/** A reading that is good enough to decide on: it has voltage, current and state of charge. */
export type Reading = PackReading & Required<Pick<PackReading, 'voltageMv' | 'currentMa' | 'socPct'>>;

/** A reading that says nothing yet. */
export function emptyReading(): PackReading {
  return { cellMv: [], temperaturesDeciC: [], alarms: [] };
}

/** True when the fields that every decision needs are present. */
export function isCompleteReading(reading: PackReading): reading is Reading {
  return reading.voltageMv !== undefined && reading.currentMa !== undefined && reading.socPct !== undefined;
}

/**
 * Puts the answers of one pack together. A later part wins where both carry a field; an empty array never erases a
 * filled one; alarms are united.
 */
export function mergeReadings(parts: readonly PackReading[]): PackReading {
  const merged = emptyReading();
  const scalars: Record<string, unknown> = merged;
  for (const part of parts) {
    const { cellMv, temperaturesDeciC, alarms } = part;
    for (const [key, value] of Object.entries(part)) {
      if (value !== undefined && !Array.isArray(value)) scalars[key] = value;
    }
    if (cellMv.length > 0) merged.cellMv = [...cellMv];
    if (temperaturesDeciC.length > 0) merged.temperaturesDeciC = [...temperaturesDeciC];
    merged.alarms = [...new Set([...merged.alarms, ...alarms])];
  }
  return merged;
}

/**
 * Why bytes gave no value.
 *
 * `checksum` sum or CRC differs · `framing` start, end or fixed bytes are wrong · `incomplete` a frame began and did not
 * end · `no_frame` no start was found · `invalid_hex` a character that is no hex digit · `too_short` shorter than the
 * smallest frame · `length` the declared length does not fit the content · `device_error` the device answered with an
 * error code · `echo` the request came back instead of an answer · `unknown_type` a sound frame of a kind that is not read
 */
export const DECODE_ERRORS = [
  'checksum',
  'framing',
  'incomplete',
  'no_frame',
  'invalid_hex',
  'too_short',
  'length',
  'device_error',
  'echo',
  'unknown_type',
] as const;

export type DecodeErrorClass = (typeof DECODE_ERRORS)[number];

/** A bad frame is an expected outcome, so decoders return it instead of throwing. `detail` is for people. */
export type DecodeFailure = { ok: false; error: DecodeErrorClass; detail: string };
export type DecodeResult<T> = { ok: true; value: T } | DecodeFailure;

export function decoded<T>(value: T): DecodeResult<T> {
  return { ok: true, value };
}

export function undecodable(error: DecodeErrorClass, detail: string): DecodeFailure {
  return { ok: false, error, detail };
}
