/** Numbers that name a vehicle: VIN (ISO 3779) and plate. Pure. */

/** Values of the letters for the check digit; I, O and Q do not occur. */
const VIN_VALUES: Readonly<Record<string, number>> = Object.fromEntries([
  ...[...'0123456789'].map((digit) => [digit, Number(digit)] as const),
  ...[...'ABCDEFGH'].map((letter, n) => [letter, n + 1] as const),
  ...[...'JKLMN'].map((letter, n) => [letter, n + 1] as const),
  ['P', 7],
  ['R', 9],
  ...[...'STUVWXYZ'].map((letter, n) => [letter, n + 2] as const),
]);
const VIN_WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
/** Regions whose law asks for the check digit: China (GB 16735) and North America (49 CFR 565). */
const CHECKED_REGIONS = /^[L1-5]/;

/** The check character that belongs at position 9; null when a character may not stand in a VIN. */
export function vinCheckCharacter(vin: string): string | null {
  let sum = 0;
  for (const [position, weight] of VIN_WEIGHTS.entries()) {
    const value = VIN_VALUES[vin[position] ?? ''];
    if (value === undefined) return null;
    sum += value * weight;
  }
  const rest = sum % 11;
  return rest === 10 ? 'X' : String(rest);
}

/** What is wrong with a VIN, in words; null when nothing is. ISO 3779: 17 characters, the last four are digits. */
export function faultOfVin(vin: string): string | null {
  if (!/^[A-HJ-NPR-Z0-9]{17}$/.test(vin)) return '17 capital letters and digits without I, O and Q';
  if (!/[0-9]{4}$/.test(vin)) return 'the last four characters are digits';
  if (CHECKED_REGIONS.test(vin) && vin[8] !== vinCheckCharacter(vin))
    return `the check digit (position 9) should be ${vinCheckCharacter(vin)}: look for a mistyped character`;
  return null;
}

/** A plate as it is compared: capitals, without blanks, dots and dashes. `京A·D0001` → `京AD0001` */
export const normalPlate = (plate: string): string =>
  plate
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s·•・.\-_]/g, '');

/** Province or region, then letters and digits; or 2 to 10 letters and digits of another country's plate. */
const PLATE = /^(\p{Script=Han}{1,2}[A-Z0-9]{4,8}|[A-Z0-9]{2,10})$/u;
export const isPlate = (plate: string): boolean => PLATE.test(normalPlate(plate));
