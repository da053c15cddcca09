import type { CabinetHardware, CabinetOptions, CabinetSlotHardware, LedColour } from './hardware.js';
import { percentEncode } from './line.js';

/** Error codes of docs/protocol/cabinet.md. */
export type CabinetErrorCode =
  | 'VERB'
  | 'ARGS'
  | 'SLOT'
  | 'BUSY'
  | 'JAM'
  | 'DOOROPEN'
  | 'NOPACK'
  | 'POWER'
  | 'MAINT'
  | 'INTERNAL';

export type CabinetReply =
  | { ok: true; keys: readonly (readonly [string, string | number])[] }
  | { ok: false; code: CabinetErrorCode; text?: string };

/** What a request may do to the controller's own state. */
export interface ControllerState {
  readonly hardware: CabinetHardware;
  readonly options: CabinetOptions;
  readonly boot: number;
  lastSeq(): number;
  maintenance(): boolean;
  /** Slot (1-based) that keeps the interlock from releasing `slot`, if any. */
  blockedBy(slot: number): number | undefined;
  tokenSeen(token: string): boolean;
  rememberToken(token: string): void;
  noteReleased(slot: number): void;
  noteEngaged(slot: number): void;
  setLed(slot: number, colour: LedColour): void;
  restart(): void;
}

/** A request is answered at once, or after the motor has run. */
export type Work = { afterMs: number; finish(): CabinetReply };

const READ_MS = 2;
const LED_COLOURS: readonly string[] = ['off', 'green', 'red', 'blue', 'blink'];

const ok = (...keys: (readonly [string, string | number])[]): CabinetReply => ({ ok: true, keys });
const err = (code: CabinetErrorCode, text?: string): CabinetReply => ({ ok: false, code, text });
const now = (reply: CabinetReply): Work => ({ afterMs: READ_MS, finish: () => reply });

type Handler = (state: ControllerState, args: readonly string[]) => Work;

function isLed(text: string | undefined): text is LedColour {
  return text !== undefined && LED_COLOURS.includes(text);
}

/** Runs `then` with the slot that the first argument names. */
function withSlot(
  then: (
    state: ControllerState,
    slot: number,
    hardware: CabinetSlotHardware,
    args: readonly string[],
  ) => Work,
): Handler {
  return (state, args) => {
    const text = args[0];
    if (text === undefined || !/^\d{1,5}$/.test(text)) return now(err('ARGS', 'slot'));
    const slot = Number(text);
    const hardware = state.hardware.slots[slot - 1];
    return hardware ? then(state, slot, hardware, args) : now(err('SLOT', text));
  };
}

const CHARS = {
  door: { open: 'O', closed: 'C', unknown: '?' },
  lock: { locked: 'L', unlocked: 'U', jam: 'J', unknown: '?' },
  pack: { in: 'I', out: '-', unknown: '?' },
  chg: { off: '0', on: '1', fault: 'F' },
} as const;

const hello: Handler = ({ hardware, options, boot, lastSeq }) =>
  now(
    ok(
      ['proto', 1],
      ['model', percentEncode(options.identity.model)],
      ['fw', percentEncode(options.identity.firmware)],
      ['serial', percentEncode(options.identity.serial)],
      ['slots', hardware.slots.length],
      ['boot', boot],
      ['seq', lastSeq()],
    ),
  );

const scan: Handler = ({ hardware, boot, lastSeq }) => {
  const column = (pick: (slot: CabinetSlotHardware) => string) => hardware.slots.map(pick).join('');
  return now(
    ok(
      ['doors', column((slot) => CHARS.door[slot.sensors().door])],
      ['locks', column((slot) => CHARS.lock[slot.sensors().lock])],
      ['packs', column((slot) => CHARS.pack[slot.sensors().presence])],
      ['chg', column((slot) => CHARS.chg[slot.charger.state()])],
      ['boot', boot],
      ['seq', lastSeq()],
    ),
  );
};

const slotDetail = withSlot((_state, slot, hardware) => {
  const { door, lock, presence, tag } = hardware.sensors();
  const { charger } = hardware;
  const tagKey = tag === undefined ? [] : ([['tag', percentEncode(tag)]] as const);
  return now(
    ok(
      ['slot', slot],
      ['door', door],
      ['lock', lock],
      ['pack', presence],
      ...tagKey,
      ['chg', charger.state()],
      ['mv', charger.outputMv()],
      ['ma', charger.outputMa()],
      ['limit', charger.limitMa()],
    ),
  );
});

const stat: Handler = ({ hardware }) => {
  const { temperatureDeciC, humidityPerMille, smoke, water, tilt } = hardware.environment();
  return now(
    ok(
      ['mains', hardware.mains() ? 'on' : 'off'],
      ['wh', Math.floor(hardware.meterWh())],
      ['mv', hardware.mainsMv()],
      ['tdc', temperatureDeciC],
      ['rhpm', humidityPerMille],
      ['smoke', smoke ? 1 : 0],
      ['water', water ? 1 : 0],
      ['tilt', tilt ? 1 : 0],
    ),
  );
};

const open = withSlot((state, slot, hardware, args) => {
  const token = args[1];
  if (token === undefined || !/^[A-Za-z0-9-]{1,40}$/.test(token)) return now(err('ARGS', 'token'));
  if (state.tokenSeen(token)) return now(ok(['dup', 1]));
  if (state.maintenance()) return now(err('MAINT'));
  if (state.options.locksNeedMains && !state.hardware.mains()) return now(err('POWER'));
  const blocker = state.options.interlock ? state.blockedBy(slot) : undefined;
  if (blocker !== undefined) return now(err('BUSY', String(blocker)));
  if (hardware.sensors().door === 'open') return now(err('DOOROPEN'));
  return {
    afterMs: state.options.lockMotorMs,
    finish() {
      if (!hardware.releaseLock().ok) return err('JAM');
      // Remembered only once it has moved: a jammed lock may be tried again with the same token.
      state.rememberToken(token);
      state.noteReleased(slot);
      return ok(['dup', 0]);
    },
  };
});

const lock = withSlot((state, slot, hardware) => {
  if (state.maintenance()) return now(err('MAINT'));
  if (state.options.locksNeedMains && !state.hardware.mains()) return now(err('POWER'));
  if (hardware.sensors().door === 'open') return now(err('DOOROPEN'));
  return {
    afterMs: state.options.lockMotorMs,
    finish() {
      const outcome = hardware.engageLock();
      if (!outcome.ok) return err('JAM');
      state.noteEngaged(slot);
      return ok();
    },
  };
});

const charge = withSlot((state, _slot, hardware, args) => {
  const text = args[1];
  if (text === undefined || !/^\d{1,6}$/.test(text)) return now(err('ARGS', 'limitMa'));
  if (state.maintenance()) return now(err('MAINT'));
  if (hardware.sensors().presence === 'out') return now(err('NOPACK'));
  const limitMa = Number(text);
  if (limitMa > 0 && !state.hardware.mains()) return now(err('POWER'));
  hardware.charger.setLimit(limitMa);
  return now(ok(['limit', hardware.charger.limitMa()]));
});

const led = withSlot((state, slot, _hardware, args) => {
  const colour = args[1];
  if (!isLed(colour)) return now(err('ARGS', 'colour'));
  state.setLed(slot, colour);
  return now(ok());
});

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['HELLO', hello],
  ['PING', () => now(ok())],
  ['SCAN', scan],
  ['SLOT', slotDetail],
  ['STAT', stat],
  ['OPEN', open],
  ['LOCK', lock],
  ['CHG', charge],
  ['LED', led],
  [
    'RSTC',
    (state) => {
      if (state.maintenance()) return now(err('MAINT'));
      return {
        afterMs: READ_MS,
        finish() {
          state.restart();
          return ok();
        },
      };
    },
  ],
]);

/** The work that a verb asks for. */
export function workFor(state: ControllerState, verb: string, args: readonly string[]): Work {
  const handler = HANDLERS.get(verb);
  return handler ? handler(state, args) : now(err('VERB'));
}
