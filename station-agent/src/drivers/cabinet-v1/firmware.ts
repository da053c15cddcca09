/** Whether a dotted version is at least another one; parts that are no number count as 0. */
export function firmwareAtLeast(firmware: string, minimum: string): boolean {
  const [have, need] = [firmware, minimum].map((version) =>
    version.split('.').map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let i = 0; i < (need?.length ?? 0); i += 1) {
    const difference = (have?.[i] ?? 0) - (need?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
