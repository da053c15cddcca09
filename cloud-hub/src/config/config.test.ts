import { describe, expect, it } from 'vitest';
import { readConfig } from './config.js';

const read = (env: Record<string, string>) => readConfig(env, { cwd: '/srv', repoRoot: null });

describe('settings', () => {
  it('has defaults for everything', () => {
    const config = read({});
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8080 });
    expect(config.mqtt).toMatchObject({ port: 1883, url: null });
    expect(config.dataDir).toBe('/srv/var/hub');
    expect(config.demo).toBeNull();
    expect(config.tenantId).toBe('main');
    expect(Object.isFrozen(config) && Object.isFrozen(config.http)).toBe(true);
  });
  it('reads every variable and treats an empty one as absent', () => {
    const config = read({
      PORT: '0',
      VOLTBAY_DEMO: '1',
      VOLTBAY_ROLES: 'api, ingest',
      MQTT_URL: '',
      VOLTBAY_DATA: 'd',
    });
    expect(config.http.port).toBe(0);
    expect(config.demo).toEqual({ stationSecret: null });
    expect(config.tenantId).toBe('demo');
    expect(config.roles).toEqual(['api', 'ingest']);
    expect(config.mqtt.url).toBeNull();
    expect(config.dataDir).toBe('/srv/d');
  });
  it.each([
    ['PORT', '80a', '0 to 65535'],
    ['PORT', '65536', '0 to 65535'],
    ['MQTT_PORT', '-1', '0 to 65535'],
    ['MONGODB_URI', 'http://x', 'mongodb://'],
    ['MQTT_URL', 'broker:1883', 'mqtt://'],
    ['VOLTBAY_DEMO', 'yes', '1 or 0'],
    ['VOLTBAY_ROLES', 'api,cook', 'ingest'],
    ['VOLTBAY_ROLES', 'api', 'MQTT_URL'],
    ['VOLTBAY_SECRET', 'short', 'openssl rand -hex 32'],
    ['VOLTBAY_TENANT', 'Main Tenant', 'lower-case'],
    ['VOLTBAY_CORS_ORIGINS', 'admin.example', 'https://admin.example.com'],
    ['LOG_LEVEL', 'loud', 'trace'],
  ])('%s=%s is refused by name with what to write instead', (name, value, fix) => {
    expect(() => read({ [name]: value })).toThrow(new RegExp(`^${name}: .*${fix.replace(/[/.]/g, '\\$&')}`));
  });
  it('does not print a wrong secret', () => {
    expect(() => read({ VOLTBAY_SECRET: 'hunter2' })).toThrow(/^VOLTBAY_SECRET: the value/);
  });
  it('names the nearest setting for one that does not exist', () => {
    expect(() => read({ VOLTBAY_DTA: 'x' })).toThrow(
      'VOLTBAY_DTA: no such setting; did you mean VOLTBAY_DATA?',
    );
  });
  it("leaves the agent's and the simulators' variables alone", () => {
    expect(() =>
      read({ VOLTBAY_STATION_SECRET: 'x', VOLTBAY_BLE_HCI: 'x', VOLTBAY_AGENT_DATA: 'x' }),
    ).not.toThrow();
  });
});
