/** As many writes as go to the store at once: it does them without looking at what others ask meanwhile, some tens of milliseconds. */
const PIECE = 500;

/** A long list of writes in pieces, between which others have their turn. */
export function* pieces<T>(writes: readonly T[], size = PIECE): Generator<T[]> {
  for (let at = 0; at < writes.length; at += size) yield writes.slice(at, at + size);
}
