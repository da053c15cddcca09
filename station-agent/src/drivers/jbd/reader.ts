import { decoded, type PackReading } from '@voltbay/protocol';
import { jbd } from '@voltbay/protocol/devices';
import type { PackReader } from '../driver.js';
import { type Exchange, exchangeWithRetry } from '../exchange.js';
import { createIdentitySteps } from '../identity-steps.js';
import { mergeParts } from '../merge-parts.js';
import { streamExchange } from '../stream-exchange.js';

/** Frames are the same on serial and BLE, so both drivers read through this. */
export function createJbdReader(options: { lostFirstRequest: boolean }): PackReader {
  const identity = createIdentitySteps([{ ask: (channel) => channel.exchange(askJbd('deviceName')) }]);
  let first = options.lostFirstRequest;

  return {
    async read(channel, { attempts }) {
      // A BLE module may swallow the first request after subscribing (docs/hardware/jbd.md).
      const tries = first ? attempts + 1 : attempts;
      first = false;
      const basic = await exchangeWithRetry(channel, askJbd('basicInfo'), tries);
      if (!basic.ok) return basic;
      const cells = await exchangeWithRetry(channel, askJbd('cellVoltages'), attempts);
      if (!cells.ok && cells.reason !== 'refused') return cells;
      const known = await identity.next(channel, 1);
      return { ok: true, reading: mergeParts(known, basic.value, cells.ok ? cells.value : undefined) };
    },
  };
}

/** One read request. The command byte stands outside the checksum, so it is compared here. */
export function askJbd(command: Exclude<jbd.JbdCommand, 'errorCounters'>): Exchange<Partial<PackReading>> {
  return streamExchange({
    label: command,
    request: jbd.encodeRead(command),
    maxAnswerBytes: jbd.MAX_JBD_FRAME,
    createAssembler: jbd.createJbdAssembler,
    interpret(frame) {
      if (frame.command !== jbd.JBD_COMMANDS[command]) return null;
      const answer = jbd.decodeAnswer(frame);
      if (!answer.ok) return answer;
      return 'reading' in answer.value ? decoded(answer.value.reading) : null;
    },
  });
}
