const SECRET_KEY = /secret|password|passwd|token|authorization|enrolcode|privatekey|credential/i;
const REMOVED = '[removed]';

/** A copy without secrets: values of telling keys, user information in addresses, and the given secrets wherever they stand. */
export function redact(value: unknown, secrets: readonly string[] = []): unknown {
  if (typeof value === 'string') return redactText(value, secrets);
  if (Array.isArray(value)) return value.map((one) => redact(one, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET_KEY.test(key) && (typeof inner === 'string' || typeof inner === 'number')
        ? REMOVED
        : redact(inner, secrets),
    ]),
  );
}

export function redactText(text: string, secrets: readonly string[] = []): string {
  let clean = text
    .replace(/(\w+:\/\/)[^\s/@:]+:[^\s/@]+@/g, `$1${REMOVED}@`)
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REMOVED}`);
  for (const secret of secrets) if (secret.length >= 4) clean = clean.replaceAll(secret, REMOVED);
  return clean;
}
