import { z } from 'zod';
import { SimulatorError } from '../errors.js';
import { packConfigSchema } from './config.js';
import type { VirtualStation } from './station.js';

/** Something that a person can do at the cabinet, by name, as the control API and scenario files offer it. */
export interface PersonAction {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodType;
  /** `ok: false` with a reason when the mechanics refuse. Throws SIM_BAD_REQUEST for a wrong body. */
  run(station: VirtualStation, body: unknown): object;
}

function action<T>(
  name: string,
  summary: string,
  schema: z.ZodType<T>,
  run: (station: VirtualStation, body: T) => object,
): PersonAction {
  return {
    name,
    summary,
    schema,
    run(station, body) {
      const result = schema.safeParse(body ?? {});
      if (!result.success) {
        const text = result.error.issues.map((i) => `${i.path.join('.') || 'body'}: ${i.message}`).join('; ');
        throw new SimulatorError('SIM_BAD_REQUEST', `action ${name}: ${text}`);
      }
      return run(station, result.data);
    },
  };
}

const slot = z.number().int().min(1);

const ACTIONS: readonly PersonAction[] = [
  action('open-door', 'pull the door of a released slot', z.strictObject({ slot }), (s, b) =>
    s.openDoor(b.slot),
  ),
  action('close-door', 'push the door shut', z.strictObject({ slot }), (s, b) => s.closeDoor(b.slot)),
  action(
    'insert-pack',
    'put a pack into an open slot: `serial` of one that is outside, or `pack`, a description of a new one',
    z.union([z.strictObject({ slot, serial: z.string() }), z.strictObject({ slot, pack: packConfigSchema })]),
    (s, b) => s.insertPack(b.slot, 'serial' in b ? b.serial : b.pack),
  ),
  action('remove-pack', 'take the pack out of an open slot', z.strictObject({ slot }), (s, b) =>
    s.removePack(b.slot),
  ),
  action(
    'scan',
    'hold a code before the reader',
    z.strictObject({ reader: z.enum(['qr', 'rfid']).default('qr'), payload: z.string().min(1).max(900) }),
    (s, b) =>
      s.scanCode(b.reader, b.payload) ? { ok: true } : { ok: false, reason: 'reader-off-or-code-too-long' },
  ),
  action(
    'ride',
    'use a pack that is outside until this state of charge',
    z.strictObject({ serial: z.string(), untilSocPct: z.number().min(0).max(100) }),
    (s, b) => {
      s.ride(b.serial, b.untilSocPct);
      return { ok: true };
    },
  ),
  action('bring-pack', 'a rider arrives with another pack', packConfigSchema, (s, b) => {
    s.addOutsidePack(b);
    return { ok: true };
  }),
  action(
    'advance',
    'move battery time on',
    z.strictObject({
      ms: z
        .number()
        .int()
        .min(0)
        .max(30 * 86_400_000),
    }),
    (s, b) => {
      s.advanceBatteries(b.ms);
      return { ok: true };
    },
  ),
];

export function personActions(): readonly PersonAction[] {
  return ACTIONS;
}
