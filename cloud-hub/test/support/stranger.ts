import { systemClock } from '../../src/clock.js';
import type { HubOverrides } from '../../src/hub.js';
import { createCounters } from '../../src/stargate/counters.js';
import { createOperators } from '../../src/stargate/operators.js';
import { createVault } from '../../src/stargate/vault.js';
import { openTestStore } from './store.js';

/** A store that already has an operator `stranger` of tenant `elsewhere`. The hub does not close it: it ends with the process. */
export async function withStranger(): Promise<HubOverrides> {
  const database = await openTestStore();
  const clock = systemClock;
  const operators = createOperators({
    database,
    clock,
    vault: createVault(Buffer.alloc(32, 1)),
    counters: createCounters({ database, clock }),
  });
  await operators.create({
    tenantId: 'elsewhere',
    username: 'stranger',
    name: 'Stranger',
    password: 'stranger-password',
    roles: ['admin'],
  });
  return { database };
}
