import { MSG_TYPE, type OpenSlotData } from '@voltbay/protocol';
import type { CabinetPort } from '../hardware/ports.js';
import type { Logger } from '../logger.js';
import type { CommandRow } from '../storage/command-journal.js';
import type { Storage } from '../storage/storage.js';
import { settleByReading } from './handlers.js';
import type { CommandIntake, Settlement } from './intake.js';

export type RecoveryDeps = {
  storage: Storage;
  intake: CommandIntake;
  cabinet: CabinetPort;
  log: Logger;
  /** The swap that a command began and that goes on; it settles the command itself. */
  isSwapOpen(commandId: string): boolean;
  /** A new configuration or version: null when it goes on and settles its command itself. */
  recoverChange(row: CommandRow): Settlement | null;
};

/**
 * Settles what an earlier start left open. `received` never acted and is too late now. `started` is reported `unknown` first, then
 * what the hardware shows; nothing is repeated. A swap's command goes on with its swap.
 */
export function recoverCommands(deps: RecoveryDeps): CommandRow[] {
  const { storage, intake, log } = deps;
  const unsettled = storage.commands.unsettled().filter((row) => row.epoch < storage.epoch);
  const toRead: CommandRow[] = [];
  for (const row of unsettled) {
    log.warn({ commandId: row.id, type: row.type, state: row.state }, 'command found open after a restart');
    if (row.state === 'received') {
      intake.settle(row.id, {
        state: 'expired',
        reason: 'EXPIRED',
        detail: 'the agent restarted before it acted',
      });
      continue;
    }
    switch (row.type) {
      case MSG_TYPE.SERVER_ASK_RESTART:
        intake.settle(row.id, { state: 'done', detail: `restarted as epoch ${storage.epoch}` });
        break;
      case MSG_TYPE.SERVER_ASK_CHARGE:
        if (!deps.isSwapOpen(row.id)) intake.settle(row.id, interrupted);
        break;
      case MSG_TYPE.SERVER_SET_CONFIG:
      case MSG_TYPE.SERVER_UPDATE: {
        const settlement = deps.recoverChange(row);
        if (settlement) intake.settle(row.id, settlement);
        break;
      }
      default:
        intake.settle(row.id, interrupted);
        if (row.type === MSG_TYPE.SERVER_OPEN_SLOT) toRead.push(row);
    }
  }
  return toRead;
}

/** Second half, once the cabinet answers: turns `unknown` doors into what their locks show. */
export async function settleOpenedSlots(deps: RecoveryDeps, rows: readonly CommandRow[]): Promise<void> {
  for (const row of rows) {
    const settlement = await settleByReading(deps, (row.data as OpenSlotData).slot);
    // A shut lock proves nothing (it engages by itself): then `unknown` stays the truth.
    if (settlement.state === 'done') deps.intake.settle(row.id, settlement);
  }
}

const interrupted: Settlement = {
  state: 'unknown',
  reason: 'INTERRUPTED',
  detail: 'the agent stopped while the command was at work',
};
