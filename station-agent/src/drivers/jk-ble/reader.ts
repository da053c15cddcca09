import { decoded, type PackReading } from '@voltbay/protocol';
import { jk } from '@voltbay/protocol/devices';
import type { PackReader } from '../driver.js';
import type { Exchange, ExchangeOutcome } from '../exchange.js';
import { mergeParts } from '../merge-parts.js';
import { streamExchange } from '../stream-exchange.js';

/** Once started the device sends one frame a second; a frame takes several notifications. */
const STREAM_MS = 3_000;
const NOTHING = new Uint8Array(0);

/**
 * JK devices send cell info by themselves once it was asked for, so a read first listens and asks only when nothing comes: on the first
 * read and after each reconnect.
 */
export function createJkReader(): PackReader {
  let identity: { reading: PackReading; layout: jk.JkLayout } | undefined;
  let streaming = false;

  const listen = (request: Uint8Array): Exchange<PackReading> =>
    frameExchange('cellInfo', request, (answer) => (answer.type === 'cellInfo' ? answer.reading : null));

  function frameExchange<T>(
    label: string,
    request: Uint8Array,
    pick: (answer: jk.JkAnswer) => T | null,
  ): Exchange<T> {
    return streamExchange({
      label,
      request,
      maxAnswerBytes: jk.MAX_JK_BUFFER,
      createAssembler: jk.createJkAssembler,
      answerWithinMs: STREAM_MS,
      interpret(frame) {
        const picked = pick(jk.decodeAnswer(frame, identity?.layout));
        return picked === null ? null : decoded(picked);
      },
    });
  }

  return {
    async read(channel, { attempts }) {
      if (!identity) {
        const asked = await channel.exchange(
          frameExchange('deviceInfo', jk.encodeCommand('deviceInfo'), (answer) =>
            answer.type === 'deviceInfo' ? answer : null,
          ),
        );
        // Without it the layout is guessed from the frame itself; the next read asks again.
        if (asked.ok) identity = { reading: asked.value.reading, layout: asked.value.layout };
        else if (asked.reason === 'link-down' || asked.reason === 'cancelled') return asked;
      }
      let cells: ExchangeOutcome<PackReading> | undefined;
      if (streaming) cells = await channel.exchange(listen(NOTHING));
      for (let attempt = 0; !cells?.ok && attempt < attempts; attempt += 1) {
        if (cells?.reason === 'link-down' || cells?.reason === 'cancelled') return cells;
        cells = await channel.exchange(listen(jk.encodeCommand('cellInfo')));
      }
      streaming = cells?.ok === true;
      if (!cells?.ok) return cells ?? { ok: false, reason: 'silent', detail: 'cellInfo: not asked' };
      return { ok: true, reading: mergeParts(identity?.reading, cells.value) };
    },
  };
}
