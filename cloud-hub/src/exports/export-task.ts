import { Binary } from 'mongodb';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import type { Clock } from '../ports.js';
import { defineTask, handleTask, PermanentTaskError, type TaskHandler } from '../tasks/index.js';
import { createChunkWriter } from './chunk-writer.js';
import {
  chunkId,
  type ExportDocument,
  exportChunksCollection,
  exportsCollection,
} from './export-document.js';
import { reportOf, rowsFilter } from './reports.js';
import { createRowWriter, rowsMax } from './row-writers.js';

export const exportTask = defineTask({
  kind: 'exports.make',
  summary: 'Write a report to a CSV or XLSX file',
  input: z.object({ exportId: z.string() }),
  retry: { maxAttempts: 4, baseMs: 2_000 },
  leaseMs: 60_000,
});

const MAX_BYTES = 200 * 1024 * 1024;
const BATCH = 500;

/** Each run writes its own chunks under its fence; the document names the run that ended, so a half-written file is never served. */
export function createExportHandler(deps: {
  database: Database;
  clock: Clock;
  maxBytes?: number;
}): TaskHandler {
  const files = deps.database.collection(exportsCollection);
  const chunks = deps.database.collection(exportChunksCollection);

  const set = (id: string, filter: object, fields: Partial<ExportDocument>) =>
    files.updateOne(
      { _id: id, ...filter },
      { $set: { ...fields, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
    );

  return handleTask(
    exportTask,
    async ({ input, fence, signal, progress }) => {
      const file = await files.findOne({ _id: input.exportId });
      if (!file) return;
      const report = reportOf(file.report);
      if (!report) throw new PermanentTaskError('NO_REPORT', `there is no report ${file.report}`);
      const source = deps.database.collection(report.collection);
      const filter = rowsFilter(report, file);
      const total = await source.countDocuments(filter);
      const max = rowsMax(file.format);
      if (total > max)
        throw new PermanentTaskError('TOO_MANY_ROWS', `${total} rows; at most ${max}: choose a shorter span`);

      const output = createChunkWriter({
        maxBytes: deps.maxBytes ?? MAX_BYTES,
        async store(number, data) {
          signal.throwIfAborted();
          await chunks.replaceOne(
            { _id: chunkId(file._id, fence, number) },
            { exportId: file._id, fence, data: new Binary(data), expireAt: file.expireAt },
            { upsert: true },
          );
        },
      });
      const writer = createRowWriter(file.format, report, file.locale, output);
      let rows = 0;
      try {
        const found = source.find(filter, { sort: { [report.timeField]: 1, _id: 1 }, batchSize: BATCH });
        for await (const row of found) {
          await writer.write(row as Record<string, unknown>);
          rows += 1;
          if (rows % BATCH === 0)
            await progress((rows / Math.max(1, total)) * 99, `${rows} of ${total} rows`);
        }
        await progress(99, `${rows} rows`);
        await writer.end();
      } catch (error) {
        output.destroy();
        if (error instanceof RangeError) throw new PermanentTaskError('FILE_TOO_LARGE', error.message);
        throw error;
      }
      await set(
        file._id,
        { $or: [{ fence: null }, { fence: { $lte: fence } }] },
        {
          state: 'done',
          fence,
          rows,
          error: null,
          bytes: output.total.bytes,
          chunks: output.total.chunks,
        },
      );
      await chunks.deleteMany({ exportId: file._id, fence: { $lt: fence } });
      return { rows, bytes: output.total.bytes };
    },
    {
      async onDead({ input }) {
        await set(
          input.exportId,
          { state: 'pending' },
          { state: 'failed', error: 'the task failed; see its error' },
        );
      },
    },
  );
}
