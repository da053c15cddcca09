import { readFileSync, writeFileSync } from 'node:fs';
import {
  type CaptureCase,
  type CaptureResult,
  decodeCapture,
  readCaptureFile,
} from '@voltbay/protocol/devices';
import { SimulatorError } from '../errors.js';
import type { ScenarioResult } from '../scenario/run-scenario.js';

const FORMAT = 'voltbay-capture-scenario/1';

/** A capture kept as a regression scenario: what was recorded, and what it meant when it was kept. */
export interface CaptureScenario {
  readonly format: typeof FORMAT;
  readonly cases: readonly CaptureCase[];
  readonly readings: readonly CaptureResult[];
}

/**
 * Keeps the cases of a capture with these ids as a scenario: from then on `voltbay-sim scenario` fails when they would be decoded
 * otherwise. Throws SIM_CONFIG when the file is no capture.
 */
export function saveCaptureScenario(captureFile: string, ids: readonly string[], file: string): void {
  const read = readCaptureFile(JSON.parse(readFileSync(captureFile, 'utf8')));
  if (!read.ok) throw new SimulatorError('SIM_CONFIG', `${captureFile} is no capture: ${read.problem}`);
  const cases = read.cases.filter(({ id }) => ids.includes(id));
  const scenario: CaptureScenario = { format: FORMAT, cases, readings: cases.map(decodeCapture) };
  writeFileSync(file, `${JSON.stringify(scenario, null, 1)}\n`);
}

/** Null when the content is of another kind. Throws SIM_CONFIG when it says it is one and is not. */
export function captureScenarioOf(content: unknown, file: string): CaptureScenario | null {
  const { format, cases, readings } = (content ?? {}) as Partial<Record<keyof CaptureScenario, unknown>>;
  if (format !== FORMAT) return null;
  const read = readCaptureFile(cases);
  if (!read.ok) throw new SimulatorError('SIM_CONFIG', `${file}: cases${read.problem}`);
  if (!Array.isArray(readings) || readings.length !== read.cases.length)
    throw new SimulatorError('SIM_CONFIG', `${file}: readings: one for each case is expected`);
  return { format: FORMAT, cases: read.cases, readings: readings as CaptureResult[] };
}

/** Decodes the recorded frames anew and holds the outcome against what was kept. A failure names the first case that differs. */
export function runCaptureScenario(scenario: CaptureScenario, name: string): ScenarioResult {
  const result = { name, seed: 0, steps: scenario.cases.length, simulatedMs: 0 };
  for (const [i, one] of scenario.cases.entries()) {
    const [was, is] = [JSON.stringify(scenario.readings[i]), JSON.stringify(decodeCapture(one))];
    if (was === is) continue;
    const text = `case ${one.id} was decoded as ${was}, is now ${is}`;
    return { ...result, ok: false, failure: { step: i + 1, text } };
  }
  return { ...result, ok: true };
}
