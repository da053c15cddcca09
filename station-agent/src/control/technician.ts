import { MSG_TYPE } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { type Clock, isoTime } from '../clock.js';
import { type CabinetPort, HardwareError, type PackSource } from '../hardware/ports.js';
import type { CredentialRotation } from '../rest/credential-rotation.js';
import type { Service } from '../station/service-mode.js';
import type { SlotBoard } from '../station/slot-board.js';
import type { Storage } from '../storage/storage.js';
import type { SwapService } from '../swap/service.js';
import type { Updater } from '../update/updater.js';
import type { UplinkSession } from '../uplink/session.js';
import type { ControlAnswer } from './control-socket.js';

/** The part of the updater that a technician uses. */
export type UpdateDesk = Pick<Updater, 'order' | 'status' | 'goBack' | 'isBusy'>;

export type TechnicianDeps = {
  updater: UpdateDesk;
  rotation: CredentialRotation;
  storage: Storage;
  board: SlotBoard;
  cabinet: CabinetPort;
  packs: PackSource;
  swaps: SwapService;
  service: Service;
  session: UplinkSession;
  clock: Clock;
  /** The next movements of this door are wanted. */
  expectDoor(slot: number): void;
  goOnline(): void;
};

type Args = Readonly<Record<string, unknown>>;

const localUpdateSchema = z.strictObject({
  file: z.string().min(1).max(1_000),
  version: z.string().max(40),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  signature: z.string().max(200),
});

const refuse = (code: string, error: string): ControlAnswer => ({ ok: false, code, error });
const READ_MS = 15_000;

/**
 * What a technician does at the station, through the running agent. Every act is written for the hub's audit before anything moves,
 * and reaches it whenever there is a network again.
 */
export function createTechnician(deps: TechnicianDeps) {
  const { storage, board, cabinet, packs, swaps, service, clock } = deps;

  function audit(action: string, who: string, reason: string, slot?: number): void {
    storage.outbox.enqueue([
      {
        lane: 'alarm',
        type: MSG_TYPE.STATION_EVENT,
        data: {
          kind: 'operator',
          action,
          who,
          ...(slot !== undefined && { slot }),
          detail: reason,
          at: isoTime(clock.nowMs()),
        },
      },
    ]);
  }

  async function moveDoor(action: 'open-slot' | 'lock-slot', args: Args): Promise<ControlAnswer> {
    const { slot, who, reason } = args;
    if (typeof slot !== 'number' || !board.has(slot))
      return refuse('BAD_USAGE', `slot ${String(slot)} is not in the configuration`);
    if (!isText(who, 64)) return refuse('BAD_USAGE', 'who: 1 to 64 characters are needed');
    if (!isText(reason, 300)) return refuse('BAD_USAGE', 'reason: 1 to 300 characters are needed');
    if (swaps.isBusy()) return refuse('STATION_BUSY', 'a swap is running: wait until the rider has finished');
    try {
      const views = await board.refresh();
      const other = views.find(
        (one) => one.slot !== slot && (one.door === 'open' || one.lock === 'unlocked'),
      );
      // In maintenance the doors are the technician's own business; the controller's interlock still has its say.
      if (action === 'open-slot' && other && service.mode() !== 'maintenance')
        return refuse('SLOT_UNSAFE', `the door of slot ${other.slot} is not shut; close it first`);
      // A rider may have started while the cabinet was asked.
      if (swaps.isBusy())
        return refuse('STATION_BUSY', 'a swap is running: wait until the rider has finished');
      audit(action, who, reason, slot);
      deps.expectDoor(slot);
      if (action === 'open-slot') await cabinet.open(slot, uuidv7());
      else await cabinet.lock(slot);
      const { door, lock } = await cabinet.slot(slot);
      return { ok: true, data: { slot, action, door, lock, audited: true } };
    } catch (error) {
      if (!(error instanceof HardwareError)) throw error;
      return refuse(error.code, error.message);
    }
  }

  async function read(args: Args): Promise<ControlAnswer> {
    const { slot } = args;
    if (typeof slot !== 'number' || !board.has(slot))
      return refuse('BAD_USAGE', `slot ${String(slot)} is not in the configuration`);
    const outcome = await packs.readNow(slot, { timeoutMs: READ_MS });
    if (!outcome.ok) return refuse(outcome.reason, outcome.detail);
    const { source, transport, quality, reading } = outcome.value;
    return { ok: true, data: { slot, driver: source, transport, quality, reading } };
  }

  async function serve(online: boolean, args: Args): Promise<ControlAnswer> {
    const { who, reason } = args;
    if (!isText(who, 64)) return refuse('BAD_USAGE', 'who: 1 to 64 characters are needed');
    if (!isText(reason, 300)) return refuse('BAD_USAGE', 'reason: 1 to 300 characters are needed');
    if (!online && swaps.isBusy())
      return refuse('STATION_BUSY', 'a swap is running: wait until the rider has finished');
    audit(online ? 'online' : 'offline', who, reason);
    if (online) deps.goOnline();
    else {
      service.leave(null);
      await deps.session.stop('disconnect-command');
    }
    return { ok: true, data: { mode: service.mode(), hub: deps.session.state() } };
  }

  function installUpdate(args: Args): ControlAnswer {
    const { who, reason } = args;
    if (!isText(who, 64)) return refuse('BAD_USAGE', 'who: 1 to 64 characters are needed');
    const parsed = localUpdateSchema.safeParse(args.update);
    if (!parsed.success) return refuse('BAD_USAGE', 'update: file, version, sha256 and signature are needed');
    const { file, ...update } = parsed.data;
    const answer = deps.updater.order({ ...update, url: '', commandId: null, localFile: file }, () =>
      audit('update-install', who, `${update.version}: ${isText(reason, 200) ? reason : 'local file'}`),
    );
    if (answer && answer.state !== 'done') return refuse(answer.reason ?? 'FAILED', answer.detail ?? '');
    return { ok: true, data: { version: update.version, state: answer ? 'installed' : 'begun' } };
  }

  function rollBackUpdate(args: Args): ControlAnswer {
    const { who, reason } = args;
    if (!isText(who, 64)) return refuse('BAD_USAGE', 'who: 1 to 64 characters are needed');
    if (!isText(reason, 300)) return refuse('BAD_USAGE', 'reason: 1 to 300 characters are needed');
    if (swaps.isBusy()) return refuse('STATION_BUSY', 'a swap is running: wait until the rider has finished');
    if (deps.updater.isBusy())
      return refuse('UPDATE_RUNNING', 'an update is under way: wait until it has ended');
    const to = deps.updater.goBack(() => audit('update-rollback', who, reason));
    if (to === null) return refuse('NO_OTHER_RELEASE', 'no other release is installed');
    return { ok: true, data: { to } };
  }

  async function rotate(args: Args): Promise<ControlAnswer> {
    const { who, reason } = args;
    if (!isText(who, 64)) return refuse('BAD_USAGE', 'who: 1 to 64 characters are needed');
    if (!isText(reason, 300)) return refuse('BAD_USAGE', 'reason: 1 to 300 characters are needed');
    audit('rotate-secret', who, reason);
    const rotation = await deps.rotation.rotate();
    if (!rotation.ok) return refuse(rotation.code, rotation.detail);
    return { ok: true, data: { rotated: true, oldValidUntil: rotation.oldValidUntil } };
  }

  /** Riders are turned away and doors are the technician's; the hub stays connected. */
  function maintenance(args: Args): ControlAnswer {
    const { who, reason, on } = args;
    if (!isText(who, 64)) return refuse('BAD_USAGE', 'who: 1 to 64 characters are needed');
    if (!isText(reason, 300)) return refuse('BAD_USAGE', 'reason: 1 to 300 characters are needed');
    if (typeof on !== 'boolean') return refuse('BAD_USAGE', 'on: true or false');
    if (swaps.isBusy()) return refuse('STATION_BUSY', 'a swap is running: wait until the rider has finished');
    if (service.mode() === 'out-of-service')
      return refuse('OUT_OF_SERVICE', 'the station is out of service; bring it `online` first');
    audit(on ? 'maintenance-on' : 'maintenance-off', who, reason);
    service.setMaintenance(on);
    return { ok: true, data: { mode: service.mode() } };
  }

  return {
    maintenance,
    rotate,
    installUpdate,
    rollBackUpdate,
    moveDoor,
    read,
    goOffline: (args: Args): Promise<ControlAnswer> => serve(false, args),
    goOnline: (args: Args): Promise<ControlAnswer> => serve(true, args),
  };
}

const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.trim().length > 0 && value.length <= max;
