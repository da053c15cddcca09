import type { PackReading } from '@voltbay/protocol';

/**
 * Who a pack is. The label that the slot read is the operator's asset number and comes first; the battery computer's own serial
 * number stands in for it where there is no label.
 */
export const packIdOf = (
  tag: string | null | undefined,
  reading: PackReading | null | undefined,
): string | undefined => tag || reading?.serial || undefined;

/** Label and serial number, whichever are known, without repeats. */
export function identitiesOf(
  tag: string | null | undefined,
  reading: PackReading | null | undefined,
): string[] {
  return [...new Set([tag, reading?.serial].filter((text): text is string => Boolean(text)))];
}

/** Class that an asset number `VB-<class>-<number>` names; null for any other identity. */
export function classOfIdentity(identity: string): string | null {
  return /^VB-([A-Za-z0-9]{1,8})-[A-Za-z0-9]+$/.exec(identity)?.[1] ?? null;
}
