/** Ranges that terminals show two columns wide (Unicode East Asian Width W and F, as far as these texts use them). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe4f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
];

const widthOf = (character: string): number => {
  const code = character.codePointAt(0) ?? 0;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
};

/** Terminal columns of a text without control characters. */
export const displayWidth = (text: string): number =>
  [...text].reduce((sum, character) => sum + widthOf(character), 0);

export const padDisplay = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)));

/** The text, or as much of it as fits, ended by `…`. */
export function fitLine(text: string, widthChars: number): string {
  if (displayWidth(text) <= widthChars) return text;
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += widthOf(character);
    if (used > widthChars - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Breaks a paragraph at spaces (or anywhere between wide characters) so that no line exceeds the width. */
export function wrapText(text: string, widthChars: number, indent = ''): string {
  const room = Math.max(20, widthChars - displayWidth(indent));
  const lines: string[] = [];
  let line = '';
  for (const piece of text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+/g) ?? []) {
    const next = line === '' ? piece.trimStart() : line + piece;
    if (displayWidth(next.trimEnd()) <= room) line = next;
    else {
      lines.push(line.trimEnd());
      line = piece.trimStart();
    }
  }
  lines.push(line.trimEnd());
  return lines.map((one) => indent + one).join('\n');
}
