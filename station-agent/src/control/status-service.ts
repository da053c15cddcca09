import type { Clock } from '../clock.js';
import type { CommandIntake } from '../commands/intake.js';
import type { AgentConfig } from '../config/config.js';
import type { CabinetPort, PackSource } from '../hardware/ports.js';
import type { CredentialRotation } from '../rest/credential-rotation.js';
import type { ActiveAlarm, Alarms } from '../station/alarms.js';
import type { Service } from '../station/service-mode.js';
import type { SlotBoard } from '../station/slot-board.js';
import { peekOutbox } from '../storage/outbox.js';
import type { Storage } from '../storage/storage.js';
import type { SwapService } from '../swap/service.js';
import type { UplinkSession } from '../uplink/session.js';
import type { ControlAnswer, ControlRequest } from './control-socket.js';
import { commandLines, quarantineLines, swapLines } from './journal-views.js';
import type { UpdateDesk } from './technician.js';
import { createTechnician } from './technician.js';
import {
  type PackLine,
  packLines,
  type QueuePeekLine,
  queueLines,
  type SlotLine,
  type StatusReport,
  slotLines,
} from './views.js';

type Deps = {
  config: AgentConfig;
  version: string;
  storage: Storage;
  board: SlotBoard;
  cabinet: CabinetPort;
  packs: PackSource;
  service: Service;
  alarms: Alarms;
  swaps: SwapService;
  session: UplinkSession;
  intake: CommandIntake;
  clock: Clock;
  /** The next movements of this door are wanted. */
  expectDoor(slot: number): void;
  updater: UpdateDesk;
  rotation: CredentialRotation;
  /** Ends an absence that a command of the hub began, also one without an end. */
  goOnline(): void;
};

const limitOf = ({ args }: ControlRequest): number => Math.min(1_000, Math.max(1, Number(args.limit) || 10));

export type StatusService = ReturnType<typeof createStatusService>;

/** Answers the technician's questions from the running agent. */
export function createStatusService(deps: Deps) {
  const { storage, board, cabinet, packs, service, swaps, session, clock } = deps;
  const technician = createTechnician(deps);

  function status(): StatusReport & Record<string, unknown> {
    const swap = swaps.current();
    const state = swap?.state();
    const alarms: ActiveAlarm[] = deps.alarms.active();
    const outbox = storage.outbox.stats();
    return {
      device: deps.config.device,
      running: true,
      pid: process.pid,
      version: deps.version,
      epoch: storage.epoch,
      mode: service.mode(),
      hub: { state: session.state(), url: deps.config.hub.mqttUrl, lastError: session.lastError() },
      cabinet: {
        up: cabinet.isUp(),
        identity: cabinet.identity(),
        scanAgeMs: Math.round(board.scanAgeMs() ?? -1),
      },
      swap: state
        ? {
            swapId: state.request.swapId,
            user: state.request.user,
            door: state.door
              ? { slot: state.door.slot, purpose: state.door.purpose, status: state.door.status }
              : null,
          }
        : null,
      outbox: {
        ...outbox,
        oldestAgeS:
          outbox.oldestAtMs === null ? null : Math.round((clock.nowMs() - outbox.oldestAtMs) / 1000),
      },
      restCalls: storage.rest.waiting(),
      alarms,
      commands: deps.intake.counters(),
      hardware: packs.stats(),
    };
  }

  const slots = (): SlotLine[] => slotLines(board.slotMessages(swaps.current()?.busySlots() ?? []));
  const packList = (): PackLine[] => packLines(board.latestMessages());
  const peek = (limit: number): QueuePeekLine[] => queueLines(peekOutbox(storage.db, limit));

  return {
    answer(request: ControlRequest): ControlAnswer | Promise<ControlAnswer> {
      switch (request.command) {
        case 'status':
          return { ok: true, data: status() };
        case 'slots':
          return { ok: true, data: slots() };
        case 'packs':
          return { ok: true, data: packList() };
        case 'queue-stats':
          return { ok: true, data: { ...storage.outbox.stats(), restCalls: storage.rest.waiting() } };
        case 'queue-peek':
          return { ok: true, data: peek(limitOf(request)) };
        case 'quarantine':
          return { ok: true, data: quarantineLines(storage.db, limitOf(request)) };
        case 'commands':
          return { ok: true, data: commandLines(storage.db, limitOf(request)) };
        case 'swaps':
          return { ok: true, data: swapLines(storage.db, limitOf(request)) };
        case 'config':
          return { ok: true, data: { ...deps.config, enrolCode: undefined } };
        case 'open-slot':
        case 'lock-slot':
          return technician.moveDoor(request.command, request.args);
        case 'read-slot':
          return technician.read(request.args);
        case 'update-status':
          return { ok: true, data: deps.updater.status() };
        case 'update-install':
          return technician.installUpdate(request.args);
        case 'update-rollback':
          return technician.rollBackUpdate(request.args);
        case 'maintenance':
          return technician.maintenance(request.args);
        case 'rotate':
          return technician.rotate(request.args);
        case 'offline':
          return technician.goOffline(request.args);
        case 'online':
          return technician.goOnline(request.args);
        default:
          return { ok: false, code: 'BAD_USAGE', error: `unknown command ${request.command}` };
      }
    },
  };
}
