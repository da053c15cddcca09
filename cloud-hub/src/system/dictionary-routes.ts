import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import {
  defineRoute,
  etagOf,
  type HttpRoute,
  missedUpdate,
  needs,
  noContent,
  ok,
  problem,
  signedIn,
  versioned,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import { type DictionaryDocument, dictionariesCollection } from './system-documents.js';

const stored = { version: z.number().int(), createdAt: isoTimeSchema, updatedAt: isoTimeSchema };
const entrySchema = z.strictObject({
  code: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
  labels: z.record(z.string().regex(/^[a-z]{2}(?:-[A-Z]{2})?$/), z.string().min(1).max(200)),
  enabled: z.boolean().default(true),
});
const dictionarySchema = z.object({ name: z.string(), entries: z.array(entrySchema), ...stored });
const dictionaryParams = z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9.-]{0,62}$/) });
const tags: [string] = ['system'];

/** Lists of codes and words that the operator keeps. */
export function createDictionaryRoutes(deps: { database: Database; clock: Clock }): HttpRoute[] {
  const dictionaries = deps.database.collection(dictionariesCollection);
  const view = ({ _id, tenantId: _tenantId, ...rest }: DictionaryDocument) => rest;
  const idOf = (tenantId: string, name: string) => `${tenantId}:${name}`;
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/dictionaries',
      operationId: 'getDictionaries',
      summary: "The tenant's lists of codes and words, for every client",
      tags,
      access: signedIn,
      responses: { 200: { description: 'By name', schema: z.array(dictionarySchema) } },
      handler: async ({ principal }) =>
        ok(
          (
            await dictionaries
              .find({ tenantId: principal.tenantId }, { sort: { name: 1 }, limit: 500 })
              .toArray()
          ).map(view),
        ),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/dictionaries/{name}',
      operationId: 'getDictionary',
      summary: 'One list of codes and words',
      tags,
      access: signedIn,
      params: dictionaryParams,
      responses: { 200: { description: 'The dictionary', schema: dictionarySchema } },
      problems: ['NOT_FOUND'],
      async handler({ params, principal, request }) {
        const found = await dictionaries.findOne({ _id: idOf(principal.tenantId, params.name) });
        if (!found) throw problem('NOT_FOUND', `no dictionary ${params.name}`);
        return versioned(request, found, view(found));
      },
    }),
    defineRoute({
      method: 'put',
      path: '/core/v0/dictionaries/{name}',
      operationId: 'putDictionary',
      summary: 'Makes or replaces a list (If-Match "0" makes one that must not exist yet)',
      tags,
      access: needs('system:write'),
      params: dictionaryParams,
      body: z.strictObject({ entries: z.array(entrySchema).max(500) }),
      ifMatch: 'required',
      maxBodyBytes: 524_288,
      responses: { 200: { description: 'The dictionary', schema: dictionarySchema } },
      async handler({ params, body, principal, request }) {
        const codes = body.entries.map(({ code }) => code);
        const twice = codes.find((code, index) => codes.indexOf(code) !== index);
        if (twice !== undefined) throw problem('VALIDATION', `body.entries: code ${twice} stands twice`);
        const [_id, now] = [idOf(principal.tenantId, params.name), isoNow(deps.clock)];
        if (request.ifMatch === 0) {
          const fresh: DictionaryDocument = {
            _id,
            tenantId: principal.tenantId,
            version: 1,
            createdAt: now,
            updatedAt: now,
            name: params.name,
            entries: body.entries,
          };
          try {
            await dictionaries.insertOne(fresh);
          } catch (error) {
            if (isDuplicateKey(error)) throw missedUpdate(await dictionaries.findOne({ _id }), 'dictionary');
            throw error;
          }
          return ok(view(fresh), { ETag: etagOf(1) });
        }
        const updated = await dictionaries.findOneAndUpdate(
          request.ifMatch === null ? { _id } : { _id, version: request.ifMatch },
          { $set: { entries: body.entries, updatedAt: now }, $inc: { version: 1 } },
          { returnDocument: 'after' },
        );
        if (!updated)
          throw missedUpdate((await dictionaries.findOne({ _id })) ?? { version: 0 }, 'dictionary');
        return ok(view(updated), { ETag: etagOf(updated.version) });
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/dictionaries/{name}',
      operationId: 'deleteDictionary',
      summary: 'Removes a list',
      tags,
      access: needs('system:write'),
      params: dictionaryParams,
      responses: { 204: { description: 'Removed' } },
      problems: ['NOT_FOUND'],
      async handler({ params, principal }) {
        const { deletedCount } = await dictionaries.deleteOne({
          _id: idOf(principal.tenantId, params.name),
        });
        if (deletedCount === 0) throw problem('NOT_FOUND', `no dictionary ${params.name}`);
        return noContent();
      },
    }),
  ];
}
