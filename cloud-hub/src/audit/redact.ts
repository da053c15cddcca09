const SECRET =
  /pass(word|code)|secret|token|totp|otp|^code$|privatekey|signature|authorization|enrolcode|^key$/i;
const MAX_TEXT = 300;
const MAX_ITEMS = 30;
const MAX_DEPTH = 5;

/** What was sent, fit for a log that is kept for ever: secrets replaced, long texts and lists cut, depth bounded. */
export function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value !== 'object') return null;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redacted(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [
        // Dots and dollars mean something in stored field names.
        key.replace(/[.$]/g, '_').slice(0, 64),
        SECRET.test(key) ? '[redacted]' : redacted(item, depth + 1),
      ]),
  );
}
