import { type DecodeResult, decoded, type PackReading, undecodable } from '@voltbay/protocol';
import { pace } from '@voltbay/protocol/devices';
import { createAsciiExchanges } from '../ascii-exchange.js';
import type { PackReader } from '../driver.js';
import { type Exchange, exchangeWithRetry } from '../exchange.js';
import { createIdentitySteps } from '../identity-steps.js';
import { mergeParts } from '../merge-parts.js';

type Part = Partial<PackReading>;

/** Analog values (42) and status with alarms (44) each time, serial number (C2) and hardware version (C1) once. */
export function createPaceReader(address: number): PackReader {
  const exchangeOf = createAsciiExchanges();

  function question(command: pace.PaceCommand): Exchange<Part> {
    const request = { command, address };
    const sent = pace.requestFrame(request);
    return exchangeOf({
      label: command,
      request: pace.encodeRequest(request),
      address,
      interpret(frame) {
        const answer = pace.interpretAnswer(command, frame, { request: sent });
        return answer.ok ? partOf(answer.value) : answer;
      },
    });
  }

  const askAnalog = question('analog');
  const askStatus = question('status');
  const identity = createIdentitySteps([
    { ask: (channel) => channel.exchange(question('serialNumber')) },
    { ask: (channel) => channel.exchange(question('hardwareVersion')) },
  ]);

  return {
    async read(channel, { attempts }) {
      const analog = await exchangeWithRetry(channel, askAnalog, attempts);
      if (!analog.ok) return analog;
      const status = await exchangeWithRetry(channel, askStatus, attempts);
      if (!status.ok && status.reason !== 'refused') return status;
      const known = await identity.next(channel, 1);
      return { ok: true, reading: mergeParts(known, analog.value, status.ok ? status.value : undefined) };
    },
  };
}

function partOf(answer: pace.PaceAnswer): DecodeResult<Part> {
  if (!('packs' in answer)) return decoded(answer.reading);
  const [pack, ...others] = answer.packs;
  if (!pack || others.length > 0)
    return undecodable('length', `${answer.packs.length} packs in the answer for one`);
  return decoded(pack);
}
