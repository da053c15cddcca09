import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';
import { createWatchdog, watchdogMsFrom } from './watchdog.js';

describe('the watchdog', () => {
  const log = createLogger('silent');
  it('is fed only while everything that must progress does', async () => {
    let age = 0;
    let fed = 0;
    const alive = (): void => {
      fed += 1;
    };
    const notifier = { ready: () => {}, alive, stopping: () => {} };
    const progress = [{ name: 'database', ageMs: () => age, limitMs: 100 }];
    const watchdog = createWatchdog({ progress, notifier, log, watchdogMs: 3_000 });
    watchdog.start();
    await expect.poll(() => fed, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
    age = 101;
    expect(watchdog.stuck()).toEqual(['database']);
    const before = fed;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(fed).toBe(before);
    watchdog.stop();
  });

  it('is wanted only when the service manager says so, for this process', () => {
    expect(watchdogMsFrom({})).toBeNull();
    expect(watchdogMsFrom({ WATCHDOG_USEC: '60000000' })).toBe(60_000);
    expect(watchdogMsFrom({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1' })).toBeNull();
    expect(watchdogMsFrom({ WATCHDOG_USEC: 'soon' })).toBeNull();
  });
});
