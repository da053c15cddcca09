/** A reading as a 16-cell pack gives it; `n` makes it differ from the next one. */
export const reading = (n: number): object => ({
  slot: (n % 16) + 1,
  voltageMv: 52_000 + (n % 500),
  currentMa: 9_800,
  socPct: 50 + (n % 50),
  cellMv: Array.from({ length: 16 }, (_, cell) => 3_280 + ((n + cell) % 40)),
  temperaturesDeciC: [251, 253, 249, 260],
  alarms: [],
  packId: `VB-A-${1_000 + (n % 16)}`,
  time: '2026-11-22T08:00:00.000Z',
});
