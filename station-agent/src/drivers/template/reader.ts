import type { PackReader } from '../driver.js';
import { exchangeWithRetry } from '../exchange.js';
import { streamExchange } from '../stream-exchange.js';
import { createTemplateAssembler, decodeState, encodeRead, MAX_TEMPLATE_FRAME, READ_STATE } from './frame.js';

/** Reads one pack: each question is one exchange, and what the answers say is merged into one reading. */
export function createTemplateReader(address: number): PackReader {
  return {
    async read(channel, { attempts }) {
      const state = await exchangeWithRetry(
        channel,
        streamExchange({
          label: 'state',
          request: encodeRead(address, READ_STATE),
          maxAnswerBytes: MAX_TEMPLATE_FRAME,
          createAssembler: createTemplateAssembler,
          // Null = sound, but not the answer to this question: it is passed over.
          interpret: (frame) =>
            frame.address === address && frame.command === READ_STATE ? decodeState(frame.data) : null,
        }),
        attempts,
      );
      return state.ok ? { ok: true, reading: state.value } : state;
    },
  };
}
