/** A station's number as printed on the cabinet. */
const NUMBER = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The station that a scanned or typed code means: the bare number, `voltbay://s/<number>`, or a link that ends in
 * `/s/<number>` or carries `?station=<number>`. Null for any other text, so that a foreign code starts nothing.
 */
export function parseStationCode(text: string): string | null {
  const code = text.trim();
  if (NUMBER.test(code)) return code;
  const own = /^voltbay:\/\/s\/([A-Za-z0-9_-]{1,64})\/?$/.exec(code);
  if (own?.[1]) return own[1];
  const link = /^https?:\/\/[^\s/]+(\/[^\s?#]*)?(?:\?([^\s#]*))?$/.exec(code);
  if (!link) return null;
  const byPath = /\/s\/([A-Za-z0-9_-]{1,64})\/?$/.exec(link[1] ?? '');
  if (byPath?.[1]) return byPath[1];
  const byQuery = /(?:^|&)station=([A-Za-z0-9_-]{1,64})(?:&|$)/.exec(link[2] ?? '');
  return byQuery?.[1] ?? null;
}
