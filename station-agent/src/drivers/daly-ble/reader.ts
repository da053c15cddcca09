import { decoded, type PackReading } from '@voltbay/protocol';
import { dalyD2 } from '@voltbay/protocol/devices';
import type { PackReader } from '../driver.js';
import { type Exchange, exchangeWithRetry } from '../exchange.js';
import { createIdentitySteps } from '../identity-steps.js';
import { mergeParts } from '../merge-parts.js';
import { streamExchange } from '../stream-exchange.js';

/** Some boards do not have the transistor temperature: after this many failures it is not asked for any more. */
const MAX_MOS_FAILURES = 3;

/** Status block each time, transistor temperature where the block lacks it, versions once. */
export function createDalyReader(): PackReader {
  const identity = createIdentitySteps([{ ask: (channel) => channel.exchange(ask('versions')) }]);
  let mosFailures = 0;

  return {
    async read(channel, { attempts }) {
      const status = await exchangeWithRetry(channel, ask('status'), attempts);
      if (!status.ok) return status;
      let mos: Partial<PackReading> | undefined;
      if (status.value.mosTemperatureDeciC === undefined && mosFailures < MAX_MOS_FAILURES) {
        const asked = await channel.exchange(ask('mosTemperature'));
        if (asked.ok) mos = asked.value;
        else if (asked.reason === 'link-down' || asked.reason === 'cancelled') return asked;
        else mosFailures += 1;
      }
      const known = await identity.next(channel, 1);
      return { ok: true, reading: mergeParts(known, status.value, mos) };
    },
  };
}

/** Answers do not say which registers they carry: the block that was asked for, and its length, must fit. */
function ask(block: dalyD2.DalyD2Block): Exchange<Partial<PackReading>> {
  return streamExchange({
    label: block,
    request: dalyD2.encodeRead(block),
    maxAnswerBytes: dalyD2.MAX_DALY_D2_FRAME,
    createAssembler: dalyD2.createDalyD2Assembler,
    interpret(frame) {
      if (frame.device !== dalyD2.DALY_D2_DEVICE) return null;
      const answer = dalyD2.decodeAnswer(frame, block);
      return answer.ok ? decoded(answer.value.reading) : answer;
    },
  });
}
