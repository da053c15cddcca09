import type { DecodeResult } from '@voltbay/protocol';
import { asciiFrame } from '@voltbay/protocol/devices';
import { createLineReader } from '../transports/serial/line-reader.js';
import type { Exchange, Verdict } from './exchange.js';

type AsciiFrame = asciiFrame.AsciiFrame;
const { decodeAsciiFrame, MAX_ASCII_FRAME_CHARS } = asciiFrame;

export type AsciiQuestion<T> = {
  label: string;
  request: Uint8Array;
  /** Address that the answer must carry; absent = any (some answers come from the master whatever was asked). */
  address?: number;
  interpret(frame: AsciiFrame): DecodeResult<T>;
  answerWithinMs?: number;
};

/**
 * Makes the exchanges of one reader in the `~…\r` family (Pylontech, Seplos V2, PACE). They are made once and asked again and again; one
 * at a time, so they share the part that finds lines.
 */
export function createAsciiExchanges(): <T>(question: AsciiQuestion<T>) => Exchange<T> {
  type Listener = { onLine(line: string): void; onOverflow(droppedChars: number): void };
  let asked: Listener | null = null;
  const lines = createLineReader({
    delimiter: '\r',
    maxChars: MAX_ASCII_FRAME_CHARS,
    onLine: (line) => asked?.onLine(line),
    onOverflow: (dropped) => asked?.onOverflow(dropped),
  });

  return ({ label, request, address, interpret, answerWithinMs }) => ({
    label,
    request,
    answerWithinMs,
    maxAnswerBytes: MAX_ASCII_FRAME_CHARS,
    receive(decide) {
      const mine: Listener = {
        onLine(line) {
          if (line.trim() !== '') decide(verdictOf(line, address, interpret));
        },
        onOverflow: (dropped) =>
          decide({ kind: 'bad', error: 'no_frame', detail: `${dropped} characters without an end` }),
      };
      lines.clear();
      asked = mine;
      return {
        push(chunk) {
          if (asked === mine) lines.push(chunk);
        },
        close() {
          if (asked !== mine) return;
          asked = null;
          lines.clear();
        },
      };
    },
  });
}

function verdictOf<T>(
  line: string,
  address: number | undefined,
  interpret: (frame: AsciiFrame) => DecodeResult<T>,
): Verdict<T> {
  // The line reader has cut its end off, which tells a frame that ended from one that broke off.
  const frame = decodeAsciiFrame(Buffer.from(`${line}\r`, 'latin1'));
  if (!frame.ok) return { kind: 'bad', error: frame.error, detail: frame.detail };
  const fromAsked = address === undefined || frame.value.address === address;
  const answer = interpret(frame.value);
  if (answer.ok)
    return fromAsked
      ? { kind: 'answer', value: answer.value }
      : { kind: 'other', detail: `answer of address ${frame.value.address}` };
  if (answer.error === 'echo') return { kind: 'echo' };
  if (answer.error === 'device_error' && fromAsked) return { kind: 'refused', detail: answer.detail };
  return { kind: 'bad', error: answer.error, detail: answer.detail };
}
