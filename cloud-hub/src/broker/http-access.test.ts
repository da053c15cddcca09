import { describe, expect, it } from 'vitest';
import { createBrokerAccess } from './http-access.js';

const access = createBrokerAccess({
  stations: { authenticate: async () => ({ ok: false }) },
  births: { admit: async () => true },
  hub: { username: 'voltbay-hub', password: 'its password' },
});

describe("the hub's own account at an external broker", () => {
  it('signs in with the password of MQTT_URL alone', async () => {
    expect(await access.signIn('voltbay-hub', 'its password')).toBe(true);
    expect(await access.signIn('voltbay-hub', 'its passwort')).toBe(false);
    expect(await access.signIn('voltbay-hub', '')).toBe(false);
  });

  it.each([
    ['subscribe', 'info/+', true],
    ['subscribe', 'state/+', true],
    ['subscribe', '$share/hub/info/+', true],
    ['read', 'info/1231', true],
    ['publish', 'control/1231', true],
    ['publish', 'control', true],
    ['subscribe', '#', false],
    ['read', 'control/1231', false],
    ['publish', 'info/1231', false],
    ['publish', 'state/1231', false],
  ] as const)('may %s %s: %s', async (action, topic, expected) => {
    expect(await access.may('voltbay-hub', { action, topic, retain: false })).toBe(expected);
  });

  it('without one in MQTT_URL, nobody is taken for the hub', async () => {
    const bare = createBrokerAccess({
      stations: { authenticate: async () => ({ ok: false }) },
      births: { admit: async () => false },
      hub: null,
    });
    expect(await bare.signIn('voltbay-hub', 'its password')).toBe(false);
    expect(await bare.may('voltbay-hub', { action: 'subscribe', topic: 'info/+', retain: false })).toBe(
      false,
    );
  });
});
