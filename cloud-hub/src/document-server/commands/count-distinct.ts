import { mapKey } from '../bson/key-encoding.js';
import { readFields } from '../bson/raw-document.js';
import { isNumeric, toNumber } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { valuesAtPath } from '../query/paths.js';
import { type Command, expressionsFor, refuseCollation } from './context.js';
import { countOption, documentOption } from './request.js';

export const countCommand: Command = {
  writes: false,
  fields: ['query', 'limit', 'skip', 'hint', 'collation', 'rawData'],
  run(context, request) {
    const { body } = request;
    refuseCollation(body.collation);
    const read = context.reader.prepare(context.catalog.find(request.db, request.collection()), {
      filter: documentOption(body.query, 'count.query'),
      sort: [],
      skip: countOption(body.skip, 'count.skip') ?? 0,
      limit: isNumeric(body.limit) ? Math.abs(toNumber(body.limit)) : 0,
      hint: body.hint,
      compileExpression: context.expressions.compileTest,
    });
    return { n: read.count(), ok: 1 };
  },
};

/** Most bytes of one distinct reply (it is a single document). */
const DISTINCT_BYTES = 16_000_000;

export const distinctCommand: Command = {
  writes: false,
  fields: ['key', 'query', 'hint', 'collation', 'let', 'rawData'],
  run(context, request) {
    const { body } = request;
    refuseCollation(body.collation);
    const { key } = body;
    if (typeof key !== 'string' || key === '') {
      throw new CommandError('TypeMismatch', "BSON field 'distinct.key' must be a non-empty string");
    }
    const { records } = context.reader.prepare(context.catalog.find(request.db, request.collection()), {
      filter: documentOption(body.query, 'distinct.query'),
      sort: [],
      skip: 0,
      limit: 0,
      hint: body.hint,
      compileExpression: expressionsFor(context, body.let).compileTest,
    });
    const top = [Buffer.from(key.split('.', 1)[0] as string, 'utf8')];
    const found = new Map<string, unknown>();
    let bytes = 0;
    for (const record of records()) {
      for (const value of valuesAtPath(readFields(record.bytes, top, 'native'), key).values) {
        if (value === undefined) continue;
        const mapped = mapKey(value);
        if (found.has(mapped)) continue;
        found.set(mapped, value);
        bytes += mapped.length;
        if (bytes > DISTINCT_BYTES) throw new CommandError('Overflow', 'distinct too big, 16mb cap');
      }
    }
    const values = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
    return { values, ok: 1 };
  },
};
