import { fixedText, isPrintable } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { type AsciiFrame, checkAnswer, decodeAsciiFrame } from '../ascii-frame/index.js';
import { decodeAnalog, decodeAnalogV20, type PaceAnalog } from './analog.js';
import { PACE_VARIANTS, type PaceCommand, type PaceVariant } from './commands.js';
import { decodeHistory, type PaceHistory } from './history.js';
import { decodeStatus, type PaceStatus } from './status.js';

export type PaceAnswer =
  | PaceAnalog
  | PaceStatus
  | PaceHistory
  | { command: 'hardwareVersion'; reading: PackReading }
  | { command: 'serialNumber'; reading: PackReading };

/** Decodes the answer to a command that was sent. An echo of `request` and error codes are refused by name. */
export function decodeAnswer(
  command: PaceCommand,
  line: Uint8Array,
  options: { request?: AsciiFrame; variant?: PaceVariant } = {},
): DecodeResult<PaceAnswer> {
  const frame = decodeAsciiFrame(line);
  return frame.ok ? interpretAnswer(command, frame.value, options) : frame;
}

/** {@link decodeAnswer} on a frame that is already decoded. */
export function interpretAnswer(
  command: PaceCommand,
  frame: AsciiFrame,
  options: { request?: AsciiFrame; variant?: PaceVariant } = {},
): DecodeResult<PaceAnswer> {
  const variant = options.variant ?? 'v25';
  const { version, accepted } = PACE_VARIANTS[variant];
  const checked = checkAnswer(frame, { request: options.request, versions: [version], cid1: accepted });
  if (!checked.ok) return checked;
  const { info } = checked.value;
  switch (command) {
    case 'analog':
      return variant === 'v25' ? decodeAnalog(info) : decodeAnalogV20(info);
    case 'status':
      return decodeStatus(info);
    case 'history':
      return decodeHistory(info);
    case 'hardwareVersion':
    case 'serialNumber':
      return decodeText(command, info);
  }
}

/** Finds out what an answer is when the request is not known. A text that is 40 long is a serial number. */
export function inferAnswer(frame: AsciiFrame, variant: PaceVariant): PaceAnswer | undefined {
  const text = frame.info.length >= 40 ? 'serialNumber' : 'hardwareVersion';
  for (const command of [text, 'analog', 'history', 'status'] as const) {
    if (command === text && !isPrintable(frame.info)) continue;
    const answer = interpretAnswer(command, frame, { variant });
    if (answer.ok) return answer.value;
  }
  return undefined;
}

function decodeText(command: 'hardwareVersion' | 'serialNumber', info: Uint8Array): DecodeResult<PaceAnswer> {
  const text = fixedText(info);
  if (text === '') return undecodable('length', 'the answer holds no text');
  const field = command === 'serialNumber' ? { serial: text } : { hwVersion: text };
  return decoded({ command, reading: { ...emptyReading(), ...field } });
}
