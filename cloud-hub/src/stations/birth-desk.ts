import type { BirthDesk } from '../broker/embedded-broker.js';
import type { StationRegistry } from './station-registry.js';

/** The registry's part in sign-in: unknown and retired stations stay outside. */
export function createBirthDesk(registry: StationRegistry): BirthDesk {
  return {
    async admit(device) {
      const entry = await registry.load(device);
      return entry !== null && entry.lifecycle !== 'retired';
    },
    birth: (state, live) => registry.birth(state, live),
  };
}
