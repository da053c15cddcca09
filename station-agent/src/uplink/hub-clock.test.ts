import { describe, expect, it } from 'vitest';
import { commandDeadline } from '../commands/expiry.js';
import { createHubClock } from './hub-clock.js';

const HUB_START_MS = Date.parse('2027-01-04T00:00:00Z');

function aHubClock() {
  let monotonicMs = 5_000;
  const clock = createHubClock({ nowMs: () => 0, monotonicMs: () => monotonicMs });
  const hubAt = (ms: number) => new Date(HUB_START_MS + ms).toISOString();
  return {
    clock,
    hubAt,
    pass: (ms: number) => {
      monotonicMs += ms;
    },
    now: () => monotonicMs,
    /** Milliseconds since the hub's start, as the station believes. */
    believed: () => (clock.hubNowMs() ?? Number.NaN) - HUB_START_MS,
  };
}

describe('the hub’s time as a station knows it', () => {
  it('is not known before it was heard, then goes on by itself', () => {
    const { clock, hubAt, pass, believed } = aHubClock();
    expect(clock.hubNowMs()).toBeNull();
    clock.learn('no time');
    expect(clock.hubNowMs()).toBeNull();
    clock.learn(hubAt(0));
    pass(60_000);
    expect(believed()).toBe(60_000);
  });

  it('is not turned back by a message that was held up: a command held up with it is too late', () => {
    const { clock, hubAt, pass, now, believed } = aHubClock();
    clock.learn(hubAt(0));
    pass(2_000);
    // The line stands still; an acknowledgement of 2 s and a command of 3 s arrive at 20 s, in this order.
    pass(18_000);
    clock.learn(hubAt(2_000));
    expect(believed()).toBe(20_000);
    const command = { device: '1231', type: 102, v: 1, id: 'late', issuedAt: hubAt(3_000), ttlMs: 15_000 };
    expect(
      commandDeadline(command as never, { monotonicMs: now(), hubMs: clock.hubNowMs() }),
      'the deadline of the late command',
    ).toBeNull();
  });

  it('follows the message that came fastest, and clocks that drift apart', () => {
    const { clock, hubAt, pass, believed } = aHubClock();
    clock.learn(hubAt(0));
    pass(1_000);
    clock.learn(hubAt(700));
    expect(believed()).toBe(1_000);
    clock.learn(hubAt(1_050));
    expect(believed()).toBe(1_050);
    // The hub's clock is slower by 50 millionths: 180 ms in an hour.
    for (let minute = 1; minute <= 60; minute += 1) {
      pass(60_000);
      clock.learn(hubAt(1_050 + minute * 59_997));
    }
    expect(believed()).toBe(1_050 + 60 * 59_997);
  });

  it('believes a hub whose clock was set back when nothing has said otherwise for ten minutes', () => {
    const { clock, hubAt, pass, believed } = aHubClock();
    clock.learn(hubAt(3_600_000));
    for (let minute = 0; minute < 10; minute += 1) {
      pass(60_000);
      clock.learn(hubAt(minute * 60_000));
      expect(believed()).toBe(3_600_000 + (minute + 1) * 60_000);
    }
    pass(60_000);
    clock.learn(hubAt(600_000));
    expect(believed()).toBe(600_000);
  });

  it('takes a hub whose clock is ahead at its word', () => {
    const { clock, hubAt, pass, believed } = aHubClock();
    clock.learn(hubAt(0));
    pass(1_000);
    clock.learn(hubAt(90_000));
    expect(believed()).toBe(90_000);
  });
});
