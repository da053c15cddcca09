import { type DecodeResult, decoded, type PackReading, undecodable } from '@voltbay/protocol';
import { pylontech } from '@voltbay/protocol/devices';
import { createAsciiExchanges } from '../ascii-exchange.js';
import type { PackReader } from '../driver.js';
import { type Exchange, exchangeWithRetry } from '../exchange.js';
import { createIdentitySteps } from '../identity-steps.js';
import { mergeParts } from '../merge-parts.js';

type Part = Partial<PackReading>;

/**
 * Reads one pack by its own address: analog values and alarms each time, then what it is, one question a read (93 serial number first).
 * Several packs of a stack are read one by one, so that one that is silent costs only its own share.
 */
export function createPylontechReader(address: number): PackReader {
  const exchangeOf = createAsciiExchanges();

  function question(command: pylontech.PylontechCommand): Exchange<Part> {
    const request = { command, address, pack: address };
    const sent = pylontech.requestFrame(request);
    return exchangeOf({
      label: command,
      request: pylontech.encodeRequest(request),
      // Any pack answers 51 with the master's data and address.
      address: command === 'manufacturer' ? undefined : address,
      interpret(frame) {
        const answer = pylontech.interpretAnswer(command, frame, sent);
        return answer.ok ? partOf(answer.value) : answer;
      },
    });
  }

  const askAnalog = question('analog');
  const askAlarm = question('alarm');
  const identity = createIdentitySteps([
    { ask: (channel) => channel.exchange(question('serialNumber')) },
    { ask: (channel) => channel.exchange(question('manufacturer')) },
    { ask: (channel) => channel.exchange(question('firmware')) },
  ]);

  return {
    async read(channel, { attempts }) {
      const analog = await exchangeWithRetry(channel, askAnalog, attempts);
      if (!analog.ok) return analog;
      const alarm = await exchangeWithRetry(channel, askAlarm, attempts);
      // A pack whose alarms are not known must not look healthy; only one that refuses the command is read without them.
      if (!alarm.ok && alarm.reason !== 'refused') return alarm;
      const known = await identity.next(channel, 1);
      return { ok: true, reading: mergeParts(known, analog.value, alarm.ok ? alarm.value : undefined) };
    },
  };
}

function partOf(answer: pylontech.PylontechAnswer): DecodeResult<Part> {
  if (answer.command !== 'analog') return decoded(pylontech.readingPart(answer) ?? {});
  const [pack, ...others] = answer.packs;
  if (!pack || others.length > 0)
    return undecodable('length', `${answer.packs.length} packs in the answer for one`);
  return decoded(pack);
}
