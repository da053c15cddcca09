import { z } from 'zod';

/**
 * Conditions that the hub attaches to a command; all must hold when it is about to act. A condition that this agent does not know is
 * one that it cannot keep: the command is refused.
 */
export const preconditionSchema = z.strictObject({
  /** No swap is running. */
  noSwap: z.boolean().optional(),
  /** The station is in service. */
  inService: z.boolean().optional(),
  /** The agent's start that the hub believes in. */
  epoch: z.number().int().optional(),
  /** The configuration that the hub believes in. */
  configHash: z.string().max(80).optional(),
  slotEmpty: z.number().int().optional(),
  slotOccupied: z.number().int().optional(),
  /** The pack that is believed to be in a slot. */
  packInSlot: z.strictObject({ slot: z.number().int(), packId: z.string().max(64) }).optional(),
});
export type Precondition = z.infer<typeof preconditionSchema>;

export type StationFacts = {
  swapRunning: boolean;
  inService: boolean;
  epoch: number;
  configHash: string;
  occupied(slot: number): boolean | null;
  packId(slot: number): string | undefined;
};

/** The first condition that does not hold, in words; null when all hold. */
export function failedPrecondition(precondition: unknown, facts: StationFacts): string | null {
  if (precondition === undefined) return null;
  const parsed = preconditionSchema.safeParse(precondition);
  if (!parsed.success)
    return `not understood: ${parsed.error.issues.map(({ message }) => message).join('; ')}`;
  const wanted = parsed.data;
  if (wanted.noSwap === true && facts.swapRunning) return 'noSwap: a swap is running';
  if (wanted.inService === true && !facts.inService) return 'inService: the station is out of service';
  if (wanted.epoch !== undefined && wanted.epoch !== facts.epoch) return `epoch: it is ${facts.epoch}`;
  if (wanted.configHash !== undefined && wanted.configHash !== facts.configHash)
    return `configHash: it is ${facts.configHash}`;
  if (wanted.slotEmpty !== undefined && facts.occupied(wanted.slotEmpty) !== false)
    return `slotEmpty: slot ${wanted.slotEmpty} is not known to be empty`;
  if (wanted.slotOccupied !== undefined && facts.occupied(wanted.slotOccupied) !== true)
    return `slotOccupied: slot ${wanted.slotOccupied} is not known to hold a pack`;
  const { packInSlot } = wanted;
  if (packInSlot && facts.packId(packInSlot.slot) !== packInSlot.packId)
    return `packInSlot: slot ${packInSlot.slot} holds ${facts.packId(packInSlot.slot) ?? 'no known pack'}`;
  return null;
}
