import { InvalidArgumentError } from 'commander';

/** Option parser for counts and ports. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('must be a whole number, 0 or more');
  return Number(text);
}

/** Option parser for factors. */
export function factor(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('must be a number, 0 or more');
  }
  return value;
}
