import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { normalCardId } from './reader-code.js';

const cardsSchema = z.record(
  z.string(),
  z.object({ user: z.string().min(1).max(64), vehicle: z.string().min(1).max(64) }),
);

/**
 * Who a registered card belongs to, from `cards.json` in dataDir: `{"04A1B2C3": {"user": "u-1", "vehicle": "v-1"}}`. Read at every use,
 * so that an edit counts at once. Null when the card, or the file, is not there; throws when the file is damaged.
 */
export function findCard(dataDir: string, cardId: string): { user: string; vehicle: string } | null {
  let text: string;
  try {
    text = readFileSync(join(dataDir, 'cards.json'), 'utf8');
  } catch {
    return null;
  }
  const cards = cardsSchema.parse(JSON.parse(text));
  for (const [key, owner] of Object.entries(cards)) if (normalCardId(key) === cardId) return owner;
  return null;
}
