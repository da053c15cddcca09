import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { SimulatorError } from '../errors.js';

const memorySchema = z.object({
  version: z.literal(1),
  boot: z.number().int().min(0),
  meterWh: z.number().min(0),
  packs: z.array(
    z.object({
      serial: z.string(),
      packClass: z.string(),
      make: z.enum(['jbd', 'jk', 'daly']).default('jbd'),
      designCapacityMah: z.number().positive(),
      slot: z.number().int().min(1).nullable(),
      memory: z.object({
        cells: z
          .array(
            z.object({
              chargeMah: z.number(),
              capacityMah: z.number().positive(),
              resistanceMohm: z.number().positive(),
            }),
          )
          .min(1),
        temperatureC: z.number(),
        throughputMah: z.number().min(0),
      }),
    }),
  ),
});

/** What a simulated station remembers over restarts: its packs, where they are, and the counters of the cabinet. */
export type StationMemory = z.infer<typeof memorySchema>;

/** Undefined when there is no file yet. Throws SIM_DIRECTORY when it is there and cannot be used. */
export function readStationMemory(path: string): StationMemory | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return memorySchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new SimulatorError('SIM_DIRECTORY', `${path} is damaged: delete it to start with fresh packs`, {
      cause,
    });
  }
}

/** Replaces the file in one step, so that a killed simulator leaves the old or the new state. */
export function writeStationMemory(path: string, memory: StationMemory): void {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.next`;
  writeFileSync(next, `${JSON.stringify(memory)}\n`);
  renameSync(next, path);
}
