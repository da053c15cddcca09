import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from './config.js';
import { nearestKey } from './nearest-key.js';

const good = () => ({
  device: '1231',
  hub: { apiUrl: 'http://127.0.0.1:8080', mqttUrl: 'mqtt://127.0.0.1:1883' },
  dataDir: 'var/agent',
  hardware: {
    ports: {
      cabinet: { path: '/dev/ttyS1', baudRate: 115_200 },
      bus1: { path: '/dev/ttyUSB0', baudRate: 9_600 },
    },
    cabinet: { driver: 'cabinet-v1', port: 'cabinet' },
    slots: [{ slot: 1, packClass: 'A', pack: { driver: 'pylontech-rs485', port: 'bus1', address: 2 } }],
  },
});
const problemsOf = (raw: unknown): readonly string[] => {
  try {
    parseConfig(raw, { baseDir: '/srv' });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('the config file', () => {
  it('is completed with defaults, resolved and frozen', () => {
    const config = parseConfig(good(), { baseDir: '/srv/station' });
    expect(config).toMatchObject({
      dataDir: '/srv/station/var/agent',
      topics: 'own',
      logLevel: 'info',
      polling: { idleMs: 5_000, urgentMs: 500 },
      swap: { minDispenseSocPct: 80, returnTimeoutS: 120, collectTimeoutS: 120, maxTemperatureDeciC: 550 },
      uplink: { infoIntervalS: 30, window: 64, keepaliveS: 30 },
    });
    expect(Object.isFrozen(config.hardware.slots[0])).toBe(true);
    expect(config.hash).toMatch(/^[0-9a-f]{16}$/);
  });

  it('has the same hash for the same content only', () => {
    const hash = (raw: unknown): string => parseConfig(raw, { baseDir: '/' }).hash;
    expect(hash(good())).toBe(hash(good()));
    expect(hash(good())).not.toBe(hash({ ...good(), logLevel: 'debug' }));
  });

  it('names an unknown key, the nearest known one and the fix', () => {
    expect(problemsOf({ ...good(), swap: { minDispenseSoc: 80 } })).toEqual([
      'swap.minDispenseSoc: unknown key; did you mean "minDispenseSocPct"? Rename or remove it',
    ]);
  });

  it('lists all problems at once', () => {
    const raw = {
      ...good(),
      devcie: '1',
      device: 'a/b',
      uplink: { window: 0 },
      hub: { apiUrl: 'x', mqttUrl: 'http://h' },
    };
    const problems = problemsOf(raw).join('\n');
    for (const key of ['devcie', 'device:', 'uplink.window', 'hub.apiUrl', 'hub.mqttUrl'])
      expect(problems).toContain(key);
  });

  it('says which key is missing', () => {
    const { dataDir: _, ...raw } = good();
    expect(problemsOf(raw)).toEqual(['dataDir: missing; add it (string)']);
  });

  it('refuses a port that is not there and temperatures the wrong way round', () => {
    const raw = good();
    raw.hardware.cabinet.port = 'cabnet';
    expect(problemsOf(raw).join()).toMatch(/hardware\.cabinet\.port.*cabnet.*cabinet/);
    expect(problemsOf({ ...good(), swap: { minTemperatureDeciC: 600 } }).join()).toMatch(
      /minTemperatureDeciC.*lower/,
    );
  });

  it.each([null, [], 'text', 7])('refuses %j as a whole', (raw) => {
    expect(problemsOf(raw)).toHaveLength(1);
  });
});

describe('nearestKey', () => {
  it('finds typing errors and nothing far-fetched', () => {
    expect(nearestKey('devcie', ['device', 'hub'])).toBe('device');
    expect(nearestKey('returnTimeout', ['returnTimeoutS', 'collectTimeoutS'])).toBe('returnTimeoutS');
    expect(nearestKey('colour', ['device', 'hub'])).toBeNull();
  });
});
