import type { Command } from '@voltbay/protocol';
import { type AsDocument, defineCollection } from '../db/index.js';

/** A command to a station and what became of it. */
export type CommandDocument = AsDocument<Command> & {
  /** ISO 8601: when it can no longer be acted upon; null once it is settled. The sweep looks here. */
  dueAt: string | null;
};

export const commandsCollection = defineCollection<CommandDocument>('commands', [
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-station', key: { tenantId: 1, stationId: 1, createdAt: 1 } },
  { name: 'tenant-state', key: { tenantId: 1, state: 1, createdAt: 1 } },
  { name: 'tenant-name', key: { tenantId: 1, name: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-order', key: { tenantId: 1, orderId: 1, createdAt: 1, _id: 1 } },
  { name: 'order', key: { orderId: 1 } },
  { name: 'due', key: { dueAt: 1 } },
]);

export function commandView(document: CommandDocument): Command {
  const { _id, dueAt: _dueAt, ...rest } = document;
  return { id: _id, ...rest };
}
