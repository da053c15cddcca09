import { expect, test } from 'vitest';
import { readAllRows, toCsv } from './csv.js';
import { parseListPreferences } from './list-preferences.js';

const columns = [
  { title: 'id', value: (row: { id: string; note: unknown }) => row.id },
  { title: 'note', value: (row: { id: string; note: unknown }) => row.note as string },
];

test('quotes, line breaks and commas stay in their cell; nothing becomes a formula', () => {
  const text = toCsv(columns, [
    { id: 'a', note: 'say "hi", then\nleave' },
    { id: 'b', note: '=HYPERLINK("http://x")' },
    { id: '-5.20', note: null },
    { id: '@cmd', note: '-5' },
  ]);
  expect(text).toBe(
    '\uFEFFid,note\r\na,"say ""hi"", then\nleave"\r\nb,"\'=HYPERLINK(""http://x"")"\r\n-5.20,\r\n\'@cmd,-5\r\n',
  );
});

test('an export reads every page, keeps a row that moved once, and says how far it is', async () => {
  const all = Array.from({ length: 250 }, (_, index) => ({ id: String(index) }));
  const seen: number[] = [];
  const rows = await readAllRows(
    async (page) => ({
      // A new row pushed all others down by one after the first page.
      items: page === 1 ? all.slice(0, 100) : all.slice((page - 1) * 100 - 1, page * 100 - 1),
      total: 251,
    }),
    (read) => seen.push(read),
    new AbortController().signal,
  );
  expect(rows.length).toBe(250);
  expect(seen).toEqual([100, 199, 250]);
});

test('an export that is stopped asks for no more pages', async () => {
  const controller = new AbortController();
  let asked = 0;
  const reading = readAllRows(
    async (page) => {
      asked += 1;
      controller.abort(new Error('stopped'));
      return { items: Array.from({ length: 100 }, (_, index) => ({ id: `${page}-${index}` })), total: 900 };
    },
    () => {},
    controller.signal,
  );
  await expect(reading).rejects.toThrow('stopped');
  expect(asked).toBe(1);
});

test('preferences that make no sense are left out', () => {
  expect(parseListPreferences('{oh')).toEqual({ hidden: [], views: [] });
  expect(
    parseListPreferences(
      JSON.stringify({
        hidden: ['a', 5],
        views: [{ name: 'x', search: { q: 'y', page: -1 } }, null, { name: 3 }],
      }),
    ),
  ).toMatchObject({ hidden: ['a'], views: [{ name: 'x', search: { q: 'y' } }] });
});
