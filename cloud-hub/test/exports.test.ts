import exceljs from 'exceljs';
import { uuidv7 } from 'uuidv7';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../src/db/index.js';
import { exportChunksCollection } from '../src/exports/export-document.js';
import { createExportHandler } from '../src/exports/export-task.js';
import { alarmsCollection } from '../src/stations/station-documents.js';
import { chargesCollection } from '../src/wallets/wallets.js';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { openTestStore } from './support/store.js';

type Export = {
  id: string;
  state: string;
  rows: number;
  bytes: number;
  fileName: string;
  error: string | null;
  progress: { percent: number } | null;
};
const CHARGES = 6_000;
const SPAN = { from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' };

describe('exports', () => {
  let hub: HubFixture;
  let database: Database;
  let admin: string;
  let sumFen = 0;
  beforeAll(async () => {
    database = await openTestStore();
    hub = await startHub({ overrides: { database } });
    admin = await hub.operator();
    const charges = Array.from({ length: CHARGES }, (_, n) => {
      sumFen += 600 + n;
      const createdAt = new Date(Date.parse(SPAN.from) + n * 60_000).toISOString();
      const _id = `ch-${uuidv7()}`;
      return {
        _id,
        tenantId: n === 7 ? 'elsewhere' : 'demo',
        version: 1,
        createdAt,
        updatedAt: createdAt,
        orderId: `o-${n}`,
        userId: n === 3 ? '=HYPERLINK("http://x")' : 'u-demo',
        amountFen: 600 + n,
        currency: 'CNY' as const,
      };
    });
    sumFen -= 607;
    await database.collection(chargesCollection).insertMany(charges);
  }, 60_000);
  afterAll(async () => {
    await hub?.stop();
    await database?.close();
  });

  const make = async (body: Record<string, unknown>, token = admin) => {
    const made = await hub.call<Export>('POST', '/core/v0/exports', { token, body: { ...SPAN, ...body } });
    expect(made.status, JSON.stringify(made.body)).toBe(202);
    return eventually(
      async () => {
        const { body: now } = await hub.call<Export>('GET', `/core/v0/exports/${made.body.id}`, { token });
        return now.state !== 'pending' && now;
      },
      'the export',
      60_000,
    );
  };
  const download = async (id: string, token = admin) => {
    const response = await fetch(`${hub.apiUrl}/core/v0/exports/${id}/download`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    return {
      status: response.status,
      headers: response.headers,
      bytes: Buffer.from(await response.arrayBuffer()),
    };
  };

  it('CSV: every row of the tenant to the fen, both languages, no formula', async () => {
    const done = await make({ report: 'charges', format: 'csv' });
    expect(done).toMatchObject({ state: 'done', rows: CHARGES - 1, progress: { percent: 100 } });
    const file = await download(done.id);
    expect(file.status).toBe(200);
    expect(file.headers.get('content-disposition')).toContain('voltbay-charges-2026-11-01-2026-12-01.csv');
    expect(file.bytes.length).toBe(done.bytes);
    expect([...file.bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const lines = file.bytes.subarray(3).toString('utf8').trimEnd().split('\r\n');
    expect(lines[0]).toBe('编号,时间,订单号,用户,金额(分),币种');
    expect(lines.length).toBe(CHARGES);
    const fen = lines.slice(1).map((line) => Number(line.split(',').at(-2)));
    expect(fen.reduce((sum, amount) => sum + amount, 0)).toBe(sumFen);
    expect(lines.find((line) => line.includes('HYPERLINK'))).toContain(`"'=HYPERLINK`);
    expect(file.bytes.length).toBeGreaterThan(256 * 1024);
  }, 90_000);

  it('XLSX: a workbook that opens, with numbers as numbers', async () => {
    const done = await make({ report: 'charges', format: 'xlsx', locale: 'en' });
    expect(done).toMatchObject({ state: 'done', rows: CHARGES - 1 });
    const book = new exceljs.Workbook();
    await book.xlsx.load((await download(done.id)).bytes as unknown as ArrayBuffer);
    const sheet = book.getWorksheet('Charges');
    expect(sheet?.rowCount).toBe(CHARGES);
    expect(sheet?.getRow(1).getCell(5).value).toBe('Amount (fen)');
    let sum = 0;
    sheet?.eachRow((row, number) => {
      if (number > 1) sum += Number(row.getCell(5).value);
    });
    expect(sum).toBe(sumFen);
  }, 120_000);

  it('a run that was taken over leaves the file of the newer run', async () => {
    const done = await make({ report: 'alarms', format: 'csv' });
    const handler = createExportHandler({ database, clock: { now: () => Date.now() } });
    const again = (fence: number) =>
      handler.work({
        id: 'x',
        tenantId: 'demo',
        input: { exportId: done.id },
        attempt: 1,
        maxAttempts: 1,
        fence,
        signal: new AbortController().signal,
        progress: async () => undefined,
      });
    await database.collection(alarmsCollection).insertOne({
      _id: '1231:smoke:-:-',
      tenantId: 'demo',
      version: 1,
      createdAt: SPAN.from,
      updatedAt: '2026-11-05T00:00:00.000Z',
      stationId: '1231',
      code: 'smoke',
      state: 'raised',
      severity: 'critical',
      slot: null,
      packId: null,
      detail: null,
      raisedAt: SPAN.from,
      clearedAt: null,
      count: 1,
      acknowledgedBy: null,
      acknowledgedAt: null,
      order: 'x',
    });
    await again(9);
    await again(5);
    expect((await download(done.id)).bytes.toString()).toContain('smoke');
    const fences = await database.collection(exportChunksCollection).distinct('fence', { exportId: done.id });
    expect(Math.max(...fences)).toBe(9);
  }, 60_000);

  it('a file that would be too large fails for good and says why', async () => {
    const done = await make({ report: 'charges', format: 'csv' });
    const tiny = createExportHandler({ database, clock: { now: () => Date.now() }, maxBytes: 10_000 });
    await expect(
      tiny.work({
        id: 'x',
        tenantId: 'demo',
        input: { exportId: done.id },
        attempt: 1,
        maxAttempts: 1,
        fence: 99,
        signal: new AbortController().signal,
        progress: async () => undefined,
      }),
    ).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  }, 60_000);

  it('is for its maker, and for reports that the maker may read', async () => {
    const done = await make({ report: 'days', format: 'csv' });
    expect((await download(done.id, await hub.operator('viewer'))).status).toBe(403);
    const missing = await hub.call('GET', '/core/v0/exports/ex-nothing/download', { token: admin });
    expect(missing.status).toBe(404);
    const rider = await hub.rider();
    const answer = await hub.call('POST', '/core/v0/exports', {
      token: rider,
      body: { ...SPAN, report: 'audit', format: 'csv' },
    });
    expect(answer.status).toBe(403);
    const bad = await hub.call('POST', '/core/v0/exports', {
      token: admin,
      body: { report: 'charges', format: 'csv', from: SPAN.to, to: SPAN.from },
    });
    expect([bad.status, problemOf(bad).errors?.[0]?.path]).toEqual([400, 'body.to']);
  }, 60_000);
});
