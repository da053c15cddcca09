/** A message whose `data` was read apart from what stands around it. */
export interface SplitMessage {
  /** The whole message, as `JSON.parse` would give it. */
  json: unknown;
  /** `data` as it was written. */
  dataText: string;
}

const BEFORE = '"data":';
/** In a string the quotes would be escaped: this stands only between two members. */
const BEHIND = ',"time":"';

/**
 * Reads a message that is written as stations write it, with `time` behind `data`, in two pieces, so that the text of `data` is known
 * and need not be written anew. Each piece is JSON by itself: what stands between them is one value. Null for any other way of writing it.
 */
export function splitData(text: string): SplitMessage | null {
  const at = text.indexOf(BEFORE);
  const end = text.lastIndexOf(BEHIND);
  const from = at + BEFORE.length;
  if (at < 0 || end < from) return null;
  const head = text.slice(0, from);
  const tail = text.slice(end);
  // A second `data` would be the one that counts.
  if (tail.includes(BEFORE)) return null;
  try {
    const dataText = text.slice(from, end);
    const data: unknown = JSON.parse(dataText);
    const json: unknown = JSON.parse(`${head}null${tail}`);
    // A member of that name further inside is not the one that was meant.
    if (typeof json !== 'object' || json === null || !('data' in json) || json.data !== null) return null;
    json.data = data;
    return { json, dataText };
  } catch {
    return null;
  }
}
