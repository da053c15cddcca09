import type { ClockQuality } from '@voltbay/protocol';
import { expect, it } from 'vitest';
import { createClockWatch } from './clock-watch.js';

it('raises an alarm while the wall clock is wrong, and says nothing before the hub was heard', () => {
  const said: string[] = [];
  let quality: ClockQuality = { synced: false };
  const watch = createClockWatch({
    quality: () => quality,
    alarms: {
      raise: (code, severity, about) => void said.push(`${code} ${severity} ${about?.detail}`),
      clear: (code) => void said.push(`${code} cleared`),
    },
  });
  watch.look();
  expect(said).toEqual([]);
  quality = { synced: false, offsetMs: -2_592_000_000 };
  watch.look();
  expect(said).toEqual(["clock-wrong warning -2592000000 ms from the hub's time; check NTP"]);
  quality = { synced: true, offsetMs: 12 };
  watch.look();
  expect(said.at(-1)).toBe('clock-wrong cleared');
});
