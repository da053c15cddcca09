import type { DecodeResult } from '@voltbay/protocol';
import type { Assembler } from '@voltbay/protocol/bytes';
import type { Exchange } from './exchange.js';

export type StreamExchange<F, T> = {
  label: string;
  /** Empty for devices that send by themselves: then only the answer is awaited. */
  request: Uint8Array;
  maxAnswerBytes: number;
  createAssembler(): Assembler<F>;
  /** Meaning of a sound frame; null when it is not what was asked for. */
  interpret(frame: F): DecodeResult<T> | null;
  answerWithinMs?: number;
};

/** An exchange in a binary protocol whose codec cuts frames out of a byte stream (JBD, JK, Daly). */
export function streamExchange<F, T>(options: StreamExchange<F, T>): Exchange<T> {
  const { label, request, maxAnswerBytes, createAssembler, interpret, answerWithinMs } = options;
  return {
    label,
    request,
    maxAnswerBytes,
    answerWithinMs,
    receive(decide) {
      const assembler = createAssembler();
      return {
        close: assembler.reset,
        push(chunk) {
          for (const frame of assembler.push(chunk)) {
            const answer = frame.ok ? interpret(frame.value) : frame;
            if (answer === null) decide({ kind: 'other', detail: 'a frame that was not asked for' });
            else if (answer.ok) decide({ kind: 'answer', value: answer.value });
            else if (answer.error === 'echo') decide({ kind: 'echo' });
            else if (answer.error === 'device_error') decide({ kind: 'refused', detail: answer.detail });
            else decide({ kind: 'bad', error: answer.error, detail: answer.detail });
          }
        },
      };
    },
  };
}
