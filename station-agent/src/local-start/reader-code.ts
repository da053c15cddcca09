/** What a code at the station's reader says. Format: docs/protocol/reader-codes.md. */
export type ReaderCode =
  | { kind: 'rider'; user: string; vehicle: string }
  | { kind: 'card'; cardId: string }
  | { kind: 'unreadable'; detail: string };

const ID = /^[A-Za-z0-9_.:-]{1,64}$/;
const PREFIX = 'voltbay:v1:';

/** Reads a QR or RFID payload. Unknown fields are ignored; nothing throws. */
export function parseReaderCode(payload: string): ReaderCode {
  const text = payload.trim();
  if (text.length > 200) return { kind: 'unreadable', detail: 'longer than 200 characters' };
  if (!text.startsWith(PREFIX)) {
    const cardId = normalCardId(text);
    return cardId ? { kind: 'card', cardId } : { kind: 'unreadable', detail: 'not a Voltbay code' };
  }
  const fields = new Map<string, string>();
  for (const pair of text.slice(PREFIX.length).split(';')) {
    const cut = pair.indexOf('=');
    if (cut <= 0) continue;
    const value = decode(pair.slice(cut + 1));
    if (value === null)
      return { kind: 'unreadable', detail: `bad percent-encoding in ${pair.slice(0, cut)}` };
    fields.set(pair.slice(0, cut), value);
  }
  const card = fields.get('card');
  if (card !== undefined) {
    const cardId = normalCardId(card);
    return cardId ? { kind: 'card', cardId } : { kind: 'unreadable', detail: 'card: 8 to 32 hex digits' };
  }
  const [user, vehicle] = [fields.get('user'), fields.get('vehicle')];
  if (!user || !ID.test(user)) return { kind: 'unreadable', detail: 'user is missing or not an id' };
  if (!vehicle || !ID.test(vehicle)) return { kind: 'unreadable', detail: 'vehicle is missing or not an id' };
  return { kind: 'rider', user, vehicle };
}

/** `04:a1:b2:c3` and `04A1B2C3` are one card. */
export function normalCardId(text: string): string | null {
  const compact = text.replaceAll(/[:\s-]/g, '').toUpperCase();
  return /^[0-9A-F]{8,32}$/.test(compact) ? compact : null;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
