import {
  type AskChargeData,
  blockPacksDataSchema,
  MSG_TYPE,
  type OpenSlotData,
  parseTime,
  releaseDataSchema,
  reserveDataSchema,
} from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../clock.js';
import { isoTime } from '../clock.js';
import { type CabinetPort, HardwareError } from '../hardware/ports.js';
import type { Logger } from '../logger.js';
import type { Monitor } from '../station/monitor.js';
import type { Reporter } from '../station/reporter.js';
import type { SlotBoard } from '../station/slot-board.js';
import type { Storage } from '../storage/storage.js';
import type { SwapService } from '../swap/service.js';
import type { SwapRequest } from '../swap/types.js';
import type { Command, CommandHandler, CommandReport, Settlement } from './intake.js';

/** `replace` ends the process, so that the service manager starts what is installed now. */
export type LifecycleRequest =
  | { kind: 'restart' }
  | { kind: 'replace' }
  | { kind: 'disconnect'; reconnectAfterS: number };

type Deps = {
  storage: Storage;
  swaps: SwapService;
  board: SlotBoard;
  cabinet: CabinetPort;
  monitor: Monitor;
  reporter: Reporter;
  clock: Clock;
  log: Logger;
  crashPoint: (name: string) => void;
  /** Carried out after the command's result had a chance to leave. */
  requestLifecycle(request: LifecycleRequest): void;
  setConfig: CommandHandler;
  askDiagnostics: CommandHandler;
  update: CommandHandler;
};

/** What the station does on each command of the hub. */
export function createCommandHandlers(deps: Deps): ReadonlyMap<number, CommandHandler> {
  return new Map<number, CommandHandler>([
    [MSG_TYPE.SERVER_ASK_CHARGE, (command, report) => askCharge(deps, command, report)],
    [MSG_TYPE.SERVER_ASK_INFO, (command, report) => askInfo(deps, command, report)],
    [MSG_TYPE.SERVER_ASK_RESTART, (command, report) => askRestart(deps, command, report)],
    [MSG_TYPE.SERVER_ASK_DISCONNECT, (command, report) => askDisconnect(deps, command, report)],
    [MSG_TYPE.SERVER_OPEN_SLOT, (command, report) => openSlot(deps, command, report)],
    [MSG_TYPE.SERVER_RESERVE, (command) => reserve(deps, command)],
    [MSG_TYPE.SERVER_RELEASE, (command) => release(deps, command)],
    [MSG_TYPE.SERVER_SET_CONFIG, deps.setConfig],
    [MSG_TYPE.SERVER_ASK_DIAGNOSTICS, deps.askDiagnostics],
    [MSG_TYPE.SERVER_BLOCK_PACKS, (command) => blockPacks(deps, command)],
    [MSG_TYPE.SERVER_UPDATE, deps.update],
  ]);
}

const rejected = (reason: string, detail?: string): Settlement => ({
  state: 'rejected',
  reason,
  ...(detail !== undefined && { detail }),
});
const expired: Settlement = { state: 'expired', reason: 'EXPIRED' };

/** The request of a SERVER_ASK_CHARGE: the 2021 plan's `user` and `vehicle` alone mean one pack in, one pack out. */
export function swapRequestOf(commandId: string, data: AskChargeData, hubRequestId?: string): SwapRequest {
  const { user, vehicle, orderId, returns = 1, returnSerials, outFirst, dispense = {} } = data;
  return {
    swapId: uuidv7(),
    requestId: commandId,
    origin: 'remote',
    user,
    vehicle,
    returns,
    count: dispense.count ?? 1,
    ...(orderId !== undefined && { orderId }),
    ...(hubRequestId !== undefined && { hubRequestId }),
    ...(outFirst === true && { outFirst }),
    ...(returnSerials && { returnSerials }),
    ...(dispense.packClass !== undefined && { packClass: dispense.packClass }),
    ...(dispense.minSocPct !== undefined && { minSocPct: dispense.minSocPct }),
    ...(dispense.serials && dispense.serials.length > 0 && { serials: dispense.serials }),
  };
}

async function askCharge(deps: Deps, command: Command, report: CommandReport): Promise<Settlement | null> {
  if (report.isLate()) return expired;
  const data = command.data as AskChargeData;
  const blocked = data.dispense?.exceptSerials ?? [];
  if (blocked.length > 0) {
    // The list may not have reached this station yet: these stay here from now on.
    deps.storage.state.blockPacks(blocked, { replace: false });
    deps.board.reloadHolds();
  }
  const request = swapRequestOf(command.id, data, command.requestId);
  const start = await deps.swaps.start(request, { isLate: report.isLate, together: () => report.started() });
  if (start.ok) return null;
  return start.reason === 'EXPIRED' ? expired : rejected(start.reason, start.detail);
}

function askInfo(deps: Deps, command: Command, report: CommandReport): Settlement | Promise<Settlement> {
  if (report.isLate()) return expired;
  const done = (together: () => void): Settlement => ({ state: 'done', together });
  const fresh = deps.reporter.freshReport(command.id);
  return fresh instanceof Promise ? fresh.then(done) : done(fresh);
}

/** Runs `then` when no swap is under way; the command stays `received` meanwhile. */
function afterSwap(deps: Deps, then: () => void): void {
  const swap = deps.swaps.current();
  if (!swap) {
    then();
    return;
  }
  swap.finished
    .then(then)
    .catch((error: unknown) => deps.log.error({ err: error }, 'deferred command failed'));
}

function askRestart(deps: Deps, command: Command, report: CommandReport): Settlement | null {
  if (report.isLate()) return expired;
  const { force = false } = (command.data ?? {}) as { force?: boolean };
  const act = (): void => {
    // `started` is all that this process can know; the next one finds the row and reports `done`.
    report.started();
    deps.requestLifecycle({ kind: 'restart' });
  };
  if (force) act();
  else afterSwap(deps, act);
  return null;
}

function askDisconnect(deps: Deps, command: Command, report: CommandReport): Settlement | null {
  if (report.isLate()) return expired;
  const { reconnectAfterS = 300 } = (command.data ?? {}) as { reconnectAfterS?: number };
  afterSwap(deps, () => {
    report.started(() => {
      deps.storage.commands.setState(command.id, 'done');
      deps.storage.outbox.enqueue([
        { lane: 'money', type: MSG_TYPE.COMMAND_RESULT, data: { commandId: command.id, state: 'done' } },
      ]);
    });
    deps.requestLifecycle({ kind: 'disconnect', reconnectAfterS });
  });
  return null;
}

async function openSlot(deps: Deps, command: Command, report: CommandReport): Promise<Settlement> {
  const { board, cabinet, storage, clock } = deps;
  const { slot, by, reason } = command.data as OpenSlotData;
  if (!board.has(slot)) return rejected('SLOT_UNKNOWN', `slot ${slot} is not in the configuration`);
  if (deps.swaps.isBusy()) return rejected('STATION_BUSY', 'a swap is running');
  try {
    const views = await board.refresh();
    const open = views.find(({ door, lock }) => door === 'open' || lock === 'unlocked');
    if (open) return rejected('SLOT_UNSAFE', `the door of slot ${open.slot} is not shut`);
  } catch {
    return rejected('HARDWARE_SILENT', 'the cabinet does not answer');
  }
  if (report.isLate()) return expired;
  if (deps.swaps.isBusy()) return rejected('STATION_BUSY', 'a swap is running');
  report.started(() => {
    storage.outbox.enqueue([
      {
        lane: 'alarm',
        type: MSG_TYPE.STATION_EVENT,
        data: {
          kind: 'operator',
          action: 'open-slot',
          who: by,
          slot,
          ...(reason !== undefined && { detail: reason }),
          at: isoTime(clock.nowMs()),
        },
      },
    ]);
  });
  deps.monitor.expectDoor(slot);
  try {
    await cabinet.open(slot, doorToken(command.id));
  } catch (error) {
    if (!(error instanceof HardwareError)) throw error;
    if (error.code === 'JAM') return { state: 'failed', reason: 'DOOR_JAM', detail: error.message };
    if (error.code === 'MAINTENANCE')
      return { state: 'failed', reason: 'MAINTENANCE', detail: error.message };
    if (error.code !== 'TIMEOUT' && error.code !== 'LINK_DOWN')
      return { state: 'failed', reason: 'SLOT_UNSAFE', detail: error.message };
    return settleByReading(deps, slot);
  }
  deps.crashPoint('open-slot:moved');
  return { state: 'done' };
}

/** Token of a door that a command opens: the same command never moves it twice. */
export const doorToken = (commandId: string): string =>
  commandId.replaceAll(/[^A-Za-z0-9-]/g, '').slice(0, 40);

/** After a release whose answer was lost: what the lock shows is what is reported. */
export async function settleByReading(deps: Pick<Deps, 'cabinet'>, slot: number): Promise<Settlement> {
  try {
    const sense = await deps.cabinet.slot(slot);
    const released = sense.lock === 'unlocked' || sense.door === 'open';
    return released
      ? { state: 'done', detail: 'the answer was lost; the lock reads released' }
      : { state: 'unknown', reason: 'INTERRUPTED', detail: `door ${sense.door}, lock ${sense.lock}` };
  } catch {
    return { state: 'unknown', reason: 'HARDWARE_SILENT', detail: 'the cabinet does not answer' };
  }
}

function reserve(deps: Deps, command: Command): Settlement {
  const parsed = reserveDataSchema.safeParse(command.data);
  if (!parsed.success) return rejected('BAD_COMMAND');
  const { orderId, serial, packClass, until } = parsed.data;
  const ready = deps.board
    .views()
    .find(
      ({ pack }) =>
        pack?.packId !== undefined &&
        !pack.heldFor &&
        (serial === undefined || pack.packId === serial) &&
        (packClass === undefined || pack.packClass === packClass),
    );
  const packId = ready?.pack?.packId;
  if (packId === undefined) return rejected('NO_PACK_READY', 'no free pack fits the reservation');
  deps.storage.state.hold({
    holdId: `order:${orderId}`,
    kind: 'reservation',
    packId,
    packClass: packClass ?? null,
    orderId,
    untilMs: parseTime(until),
  });
  deps.board.reloadHolds();
  return { state: 'done', result: { packId } };
}

function release(deps: Deps, command: Command): Settlement {
  const parsed = releaseDataSchema.safeParse(command.data);
  if (!parsed.success) return rejected('BAD_COMMAND');
  deps.storage.state.releaseOrder(parsed.data.orderId);
  deps.board.reloadHolds();
  return { state: 'done' };
}

/** Quarantined packs: kept here, whoever asks, until the hub's next list leaves them out. */
function blockPacks(deps: Deps, command: Command): Settlement {
  const parsed = blockPacksDataSchema.safeParse(command.data);
  if (!parsed.success) return rejected('BAD_COMMAND');
  const { version, serials } = parsed.data;
  deps.storage.state.blockPacks(serials, { replace: true });
  deps.board.reloadHolds();
  return { state: 'done', detail: version, result: { blocked: serials.length } };
}
