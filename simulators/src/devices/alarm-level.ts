/** Level byte of one measured value in the `~…\r` family: 00 normal, 01 below its limit, 02 above it. */
export function alarmLevel(value: number, low: number, high: number): number {
  return value < low ? 1 : value > high ? 2 : 0;
}
