import type { DecodeResult } from '@voltbay/protocol';
import { toAscii } from '@voltbay/protocol/bytes';
import { asciiFrame } from '@voltbay/protocol/devices';
import { createLineReader } from '../transports/serial/line-reader.js';
import type { Exchange } from './exchange.js';

type AsciiFrame = asciiFrame.AsciiFrame;
const { decodeAsciiFrame, MAX_ASCII_FRAME_CHARS } = asciiFrame;

export type AsciiExchange<T> = {
  label: string;
  request: Uint8Array;
  /** Address that the answer must carry; absent = any (some answers come from the master whatever was asked). */
  address?: number;
  interpret(frame: AsciiFrame): DecodeResult<T>;
  answerWithinMs?: number;
};

/** An exchange in the `~…\r` family (Pylontech, Seplos V2, PACE). */
export function asciiExchange<T>(options: AsciiExchange<T>): Exchange<T> {
  const { label, request, address, interpret, answerWithinMs } = options;
  return {
    label,
    request,
    answerWithinMs,
    maxAnswerBytes: MAX_ASCII_FRAME_CHARS,
    receive: (decide) =>
      createLineReader({
        delimiter: '\r',
        maxChars: MAX_ASCII_FRAME_CHARS,
        onOverflow: (dropped) =>
          decide({ kind: 'bad', error: 'no_frame', detail: `${dropped} characters without an end` }),
        onLine(line) {
          if (line.trim() === '') return;
          const frame = decodeAsciiFrame(toAscii(`${line}\r`));
          if (!frame.ok) return decide({ kind: 'bad', error: frame.error, detail: frame.detail });
          const answer = interpret(frame.value);
          if (!answer.ok) {
            if (answer.error === 'echo') return decide({ kind: 'echo' });
            if (answer.error === 'device_error' && fromAsked(frame.value, address))
              return decide({ kind: 'refused', detail: answer.detail });
            return decide({ kind: 'bad', error: answer.error, detail: answer.detail });
          }
          if (!fromAsked(frame.value, address))
            return decide({ kind: 'other', detail: `answer of address ${frame.value.address}` });
          decide({ kind: 'answer', value: answer.value });
        },
      }),
  };
}

function fromAsked(frame: AsciiFrame, address: number | undefined): boolean {
  return address === undefined || frame.address === address;
}
