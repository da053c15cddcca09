import { describe, expect, it } from 'vitest';
import { eventTimeMs, trueTimeMs } from './uplink-parse.js';

const NOW = Date.parse('2026-11-22T08:00:00Z');
const HOUR = 3_600_000;

describe('the true time of what a station tells', () => {
  it('is the station’s own while its clock is synced, however late the message comes', () => {
    expect(trueTimeMs(NOW - 24 * HOUR, { clock: { synced: true }, receivedAtMs: NOW })).toBe(NOW - 24 * HOUR);
    expect(trueTimeMs(NOW - HOUR, { receivedAtMs: NOW })).toBe(NOW - HOUR);
  });

  it('is corrected by an offset that is known, live and historical', () => {
    const wrongMs = -30 * 24 * HOUR;
    const clock = { synced: false, offsetMs: wrongMs };
    for (const historical of [true, false])
      expect(trueTimeMs(NOW - HOUR + wrongMs, { clock, historical, receivedAtMs: NOW })).toBe(NOW - HOUR);
  });

  it('is the time of receipt when the offset is not known, but for what lies back', () => {
    const clock = { synced: false };
    expect(trueTimeMs(NOW - HOUR, { clock, receivedAtMs: NOW })).toBe(NOW);
    expect(trueTimeMs(NOW - HOUR, { clock, historical: true, receivedAtMs: NOW })).toBe(NOW - HOUR);
  });

  it('is never a time at which there was no station yet', () => {
    for (const clock of [undefined, { synced: true }, { synced: false }])
      expect(trueTimeMs(6 * HOUR, { clock, historical: true, receivedAtMs: NOW })).toBe(NOW);
    expect(trueTimeMs(null, { receivedAtMs: NOW })).toBe(NOW);
  });

  it('holds for an event inside of a message as for the message', () => {
    const message = { clock: { synced: false, offsetMs: HOUR }, historical: true, receivedAt: new Date(NOW) };
    expect(eventTimeMs(message, new Date(NOW).toISOString())).toBe(NOW - HOUR);
  });
});
