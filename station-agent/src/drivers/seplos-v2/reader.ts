import { decoded, type PackReading } from '@voltbay/protocol';
import { seplos } from '@voltbay/protocol/devices';
import { createAsciiExchanges } from '../ascii-exchange.js';
import type { PackReader } from '../driver.js';
import { type Exchange, exchangeWithRetry } from '../exchange.js';
import { createIdentitySteps } from '../identity-steps.js';
import { mergeParts } from '../merge-parts.js';

/** Telemetry (42) and status with alarms (44) each time, maker's data (51) once. */
export function createSeplosReader(address: number): PackReader {
  const exchangeOf = createAsciiExchanges();

  function question(command: seplos.SeplosCommand): Exchange<Partial<PackReading>> {
    const request = { command, address, pack: address };
    const sent = seplos.requestFrame(request);
    return exchangeOf({
      label: command,
      request: seplos.encodeRequest(request),
      address,
      interpret(frame) {
        const answer = seplos.interpretAnswer(command, frame, sent);
        return answer.ok ? decoded(answer.value.reading) : answer;
      },
    });
  }

  const askTelemetry = question('telemetry');
  const askStatus = question('status');
  const identity = createIdentitySteps([{ ask: (channel) => channel.exchange(question('manufacturer')) }]);

  return {
    async read(channel, { attempts }) {
      const telemetry = await exchangeWithRetry(channel, askTelemetry, attempts);
      if (!telemetry.ok) return telemetry;
      const status = await exchangeWithRetry(channel, askStatus, attempts);
      if (!status.ok && status.reason !== 'refused') return status;
      const known = await identity.next(channel, 1);
      return { ok: true, reading: mergeParts(known, telemetry.value, status.ok ? status.value : undefined) };
    },
  };
}
