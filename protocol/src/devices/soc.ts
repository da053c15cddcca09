/**
 * State of charge from capacities, percent with at most four decimals; undefined when a capacity is missing or zero.
 * A pack that reports more charge than capacity is full, not above full.
 */
export function socPctOf(
  remainingMah: number | undefined,
  capacityMah: number | undefined,
): number | undefined {
  if (remainingMah === undefined || capacityMah === undefined || capacityMah <= 0) return undefined;
  return Math.min(100, Math.round((remainingMah / capacityMah) * 1_000_000) / 10_000);
}
