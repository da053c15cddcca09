import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { toXlsx } from '../src/lib/lists/xlsx.js';

type Row = { name: string; fen: number | null };
const COLUMNS = [
  { title: '名称', value: (row: Row) => row.name },
  { title: 'Fen', value: (row: Row) => row.fen },
];

/** Entries of a stored archive by its local headers; fails where a checksum is wrong. */
function unpack(bytes: Uint8Array): Map<string, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const files = new Map<string, string>();
  for (let at = 0; view.getUint32(at, true) === 0x04034b50; ) {
    const size = view.getUint32(at + 18, true);
    const nameEnd = at + 30 + view.getUint16(at + 26, true);
    const content = bytes.subarray(nameEnd, nameEnd + size);
    expect(crc32(content)).toBe(view.getUint32(at + 14, true));
    files.set(new TextDecoder().decode(bytes.subarray(at + 30, nameEnd)), new TextDecoder().decode(content));
    at = nameEnd + size;
  }
  return files;
}

test('numbers stay numbers; texts are texts, never formulas, without what XML cannot hold', () => {
  const files = unpack(
    toXlsx(COLUMNS, [
      { name: '=1+1 <&"> 换电', fen: 550 },
      { name: 'a\u0000b', fen: null },
    ]),
  );
  const sheet = files.get('xl/worksheets/sheet1.xml') ?? '';
  expect(sheet).toContain('<t xml:space="preserve">名称</t>');
  expect(sheet).toContain('=1+1 &lt;&amp;&quot;&gt; 换电');
  expect(sheet).toContain('<c><v>550</v></c>');
  expect(sheet).toContain('>ab</t></is></c><c/></row>');
  expect(sheet).not.toContain('<f>');
  expect([...files.keys()]).toContain('[Content_Types].xml');
});

test('the directory at the end names every entry where it is', () => {
  const bytes = toXlsx(COLUMNS, []);
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  let at = view.getUint32(end + 16, true);
  for (let entry = 0; entry < view.getUint16(end + 8, true); entry += 1) {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    expect(view.getUint32(view.getUint32(at + 42, true), true)).toBe(0x04034b50);
    at += 46 + view.getUint16(at + 28, true);
  }
  expect(at).toBe(end);
});
