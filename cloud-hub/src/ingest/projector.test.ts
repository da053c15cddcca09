import type { Collection } from 'mongodb';
import { expect, test } from 'vitest';
import { createLogger } from '../logger.js';
import type { DeadLetterDocument } from './message-document.js';
import { createProjector, type IngestEntry } from './projector.js';

const anEntry = (device: string): IngestEntry => ({
  kind: 'presence',
  device,
  tenantId: 't',
  connected: true,
  at: '2026-01-01T00:00:00.000Z',
});

/** A projector that notes what it projects; nothing here is ever set aside. */
function aProjector(isBusy: () => boolean, maxPendingBatches?: number) {
  const seen: string[] = [];
  const projector = createProjector({
    projections: [
      {
        name: 'notes',
        async project(entries) {
          for (const entry of entries) if (entry.kind === 'presence') seen.push(entry.device);
        },
      },
    ],
    deadLetters: {} as Collection<DeadLetterDocument>,
    logger: createLogger({ level: 'silent' }),
    clock: { now: () => 0 },
    isBusy,
    ...(maxPendingBatches ? { maxPendingBatches } : {}),
  });
  return { projector, seen };
}

test('waits while messages have to be stored, and projects in order when told to go on', async () => {
  let busy = true;
  const { projector, seen } = aProjector(() => busy);
  projector.push([anEntry('a')]);
  projector.push([anEntry('b')]);
  const idle = projector.idle();
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual([]);
  busy = false;
  projector.resume();
  await idle;
  expect(seen).toEqual(['a', 'b']);
});

test('goes on in spite of that when there is no room for another batch', async () => {
  const { projector, seen } = aProjector(() => true, 2);
  expect(projector.push([anEntry('a')])).toBeUndefined();
  const room = projector.push([anEntry('b')]);
  expect(room).toBeInstanceOf(Promise);
  await room;
  expect(seen).toEqual(['a', 'b']);
  await projector.idle();
});
