import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createScriptedLink } from '../../test/hardware/support/scripted-link.js';
import { systemClock } from '../clock.js';
import type { Exchange } from '../drivers/exchange.js';
import { createSerialChannel } from './serial-channel.js';

/** Any bytes are the answer. */
const question = (text: string): Exchange<string> => ({
  label: text,
  request: Buffer.from(text),
  maxAnswerBytes: 10,
  receive: (decide) => ({
    push: (chunk) => decide({ kind: 'answer', value: Buffer.from(chunk).toString('latin1') }),
    close: () => undefined,
  }),
});

describe('a serial channel', () => {
  it('ends the exchange whose signal is aborted, also when the signal served others before', async () => {
    const link = createScriptedLink();
    const channel = createSerialChannel(link, systemClock);
    const lane = new AbortController();
    const first = channel.exchange(question('first'), lane.signal);
    link.arrive('yes');
    expect(await first).toEqual({ ok: true, value: 'yes' });
    const second = channel.exchange(question('second'), lane.signal);
    lane.abort();
    expect(await second).toMatchObject({ ok: false, reason: 'cancelled' });
    expect(await channel.exchange(question('third'), lane.signal)).toMatchObject({ reason: 'cancelled' });
    expect(link.written).toEqual(['first', 'second']);
  });

  it('leaves an exchange alone whose own signal stands', async () => {
    const link = createScriptedLink();
    const channel = createSerialChannel(link, systemClock);
    const [over, mine] = [new AbortController(), new AbortController()];
    const before = channel.exchange(question('before'), over.signal);
    link.arrive('yes');
    await before;
    const asked = channel.exchange(question('asked'), mine.signal);
    over.abort();
    await turn();
    link.arrive('still here');
    expect(await asked).toEqual({ ok: true, value: 'still here' });
  });

  it('calls an answer that breaks off bad, and a silence silent', async () => {
    const link = createScriptedLink();
    const channel = createSerialChannel(link, systemClock);
    const deaf: Exchange<string> = {
      ...question('deaf'),
      answerWithinMs: 30,
      gapMs: 20,
      receive: () => ({ push: () => undefined, close: () => undefined }),
    };
    expect(await channel.exchange(deaf)).toMatchObject({ ok: false, reason: 'silent' });
    const broken = channel.exchange(deaf);
    await turn();
    // The line is watched for a moment after a failure, so the question may not be out yet.
    while (link.written.length < 2) await turn();
    link.arrive('~20');
    expect(await broken).toMatchObject({ ok: false, reason: 'bad-frame' });
  });
});
