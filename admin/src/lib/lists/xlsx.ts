import type { CsvColumn } from './csv.js';

/** ECMA-376 without styles: one sheet, texts inline. */
const escapeXml = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 cannot hold them
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

function cellXml(value: ReturnType<CsvColumn<unknown>['value']>): string {
  if (value === null || value === undefined || value === '') return '<c/>';
  if (typeof value === 'number' && Number.isFinite(value)) return `<c><v>${value}</v></c>`;
  return `<c t="inlineStr"><is><t xml:space="preserve">${escapeXml(String(value))}</t></is></c>`;
}

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PKG = 'http://schemas.openxmlformats.org/package/2006';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const FIXED: readonly (readonly [string, string])[] = [
  [
    '[Content_Types].xml',
    `${HEAD}<Types xmlns="${PKG}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPE}.worksheet+xml"/></Types>`,
  ],
  [
    '_rels/.rels',
    `${HEAD}<Relationships xmlns="${PKG}/relationships"><Relationship Id="rId1" Type="${REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  ],
  [
    'xl/workbook.xml',
    `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${REL}"><sheets><sheet name="Voltbay" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  ],
  [
    'xl/_rels/workbook.xml.rels',
    `${HEAD}<Relationships xmlns="${PKG}/relationships"><Relationship Id="rId1" Type="${REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
  ],
];

/** A workbook with one sheet: heads, then one row each. Numbers stay numbers, everything else is text and never a formula. */
export function toXlsx<T>(columns: readonly CsvColumn<T>[], rows: readonly T[]): Uint8Array<ArrayBuffer> {
  const lines = [
    columns.map(({ title }) => cellXml(title)),
    ...rows.map((row) => columns.map((column) => cellXml(column.value(row)))),
  ];
  const sheet = `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>${lines.map((line) => `<row>${line.join('')}</row>`).join('')}</sheetData></worksheet>`;
  return zip([...FIXED, ['xl/worksheets/sheet1.xml', sheet]]);
}

const CRC_TABLE_SIZE = 256;
const CRC_POLYNOMIAL = 0xedb88320;

function crcTable(): Uint32Array {
  return Uint32Array.from({ length: CRC_TABLE_SIZE }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ CRC_POLYNOMIAL : value >>> 1;
    return value;
  });
}

/** PKZIP APPNOTE 4.3, entries stored as they are, names in UTF-8. */
function zip(files: readonly (readonly [name: string, text: string])[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const table = crcTable();
  const crc32 = (bytes: Uint8Array): number =>
    ~bytes.reduce((crc, byte) => (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0), -1) >>> 0;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const [name, text] of files) {
    const nameBytes = encoder.encode(name);
    const content = encoder.encode(text);
    // Version 2.0, UTF-8 names, stored, 1980-01-01 00:00: the fields that the local and the central header share.
    const shared = new DataView(new ArrayBuffer(26));
    for (const [at, value] of [
      [0, 20],
      [2, 0x0800],
      [8, 0x21],
      [22, nameBytes.length],
    ] as const)
      shared.setUint16(at, value, true);
    for (const [at, value] of [
      [10, crc32(content)],
      [14, content.length],
      [18, content.length],
    ] as const)
      shared.setUint32(at, value, true);
    const sharedBytes = new Uint8Array(shared.buffer);
    const local = Uint8Array.from([0x50, 0x4b, 3, 4, ...sharedBytes, ...nameBytes]);
    const tail = new DataView(new ArrayBuffer(14));
    tail.setUint32(10, offset, true);
    directory.push(
      Uint8Array.from([
        0x50,
        0x4b,
        1,
        2,
        20,
        0,
        ...sharedBytes,
        ...new Uint8Array(tail.buffer),
        ...nameBytes,
      ]),
    );
    parts.push(local, content);
    offset += local.length + content.length;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(
    12,
    directory.reduce((sum, entry) => sum + entry.length, 0),
    true,
  );
  end.setUint32(16, offset, true);
  const all = [...parts, ...directory, new Uint8Array(end.buffer)];
  const out = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
