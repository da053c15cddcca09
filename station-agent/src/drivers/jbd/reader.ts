import { emptyReading, mergeReadings, type PackReading } from '@voltbay/protocol';
import { jbd } from '@voltbay/protocol/devices';
import type { PackReader } from '../driver.js';
import { type Exchange, exchangeWithRetry } from '../exchange.js';
import { createIdentitySteps } from '../identity-steps.js';

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
      const parts = [known, basic.value, ...(cells.ok ? [cells.value] : [])];
      return { ok: true, reading: mergeReadings(parts.map((part) => ({ ...emptyReading(), ...part }))) };
    },
  };
}

/** One read request. The command byte stands outside the checksum, so it is compared here. */
export function askJbd(command: Exclude<jbd.JbdCommand, 'errorCounters'>): Exchange<Partial<PackReading>> {
  const code = jbd.JBD_COMMANDS[command];
  return {
    label: command,
    request: jbd.encodeRead(command),
    maxAnswerBytes: jbd.MAX_JBD_FRAME,
    receive(decide) {
      const assembler = jbd.createJbdAssembler();
      return {
        close: () => assembler.reset(),
        push(chunk) {
          for (const frame of assembler.push(chunk)) {
            if (!frame.ok) {
              if (frame.error === 'echo') decide({ kind: 'echo' });
              else if (frame.error === 'device_error') decide({ kind: 'refused', detail: frame.detail });
              else decide({ kind: 'bad', error: frame.error, detail: frame.detail });
              continue;
            }
            if (frame.value.command !== code) {
              decide({ kind: 'other', detail: `answer to command ${frame.value.command.toString(16)}` });
              continue;
            }
            const answer = jbd.decodeAnswer(frame.value);
            if (!answer.ok) decide({ kind: 'bad', error: answer.error, detail: answer.detail });
            else if ('reading' in answer.value) decide({ kind: 'answer', value: answer.value.reading });
          }
        },
      };
    },
  };
}
