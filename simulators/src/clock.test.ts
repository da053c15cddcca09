import { describe, expect, it } from 'vitest';
import { createManualClock } from './clock.js';

describe('manual clock', () => {
  it('runs timers in order of their due time, also those set by timers', () => {
    const clock = createManualClock(0);
    const ran: string[] = [];
    clock.after(20, () => ran.push(`b@${clock.nowMs()}`));
    clock.after(10, () => {
      ran.push(`a@${clock.nowMs()}`);
      clock.after(5, () => ran.push(`c@${clock.nowMs()}`));
    });
    clock.advance(30);
    expect(ran).toEqual(['a@10', 'c@15', 'b@20']);
    expect(clock.nowMs()).toBe(30);
  });

  it('repeats until cancelled, also from within', () => {
    const clock = createManualClock(0);
    let count = 0;
    const cancel = clock.every(10, () => {
      count += 1;
      if (count === 3) cancel();
    });
    clock.advance(100);
    expect(count).toBe(3);
  });
});
