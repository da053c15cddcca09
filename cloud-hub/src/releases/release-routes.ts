import { idSchema, isoTimeSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import type { BlobStore } from '../blobs/blob-store.js';
import { sha256Of } from '../blobs/blob-store.js';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import {
  created,
  defineRoute,
  etagOf,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  ok,
  type Principal,
  problem,
  readUpload,
  versioned,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import { RELEASE_STATES, type ReleaseDocument, releasesCollection } from './release-documents.js';
import { isSigned } from './update-keys.js';

const MAX_ARTIFACT_BYTES = 64 * 1024 * 1024;
const releaseSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  releaseVersion: z.string(),
  sha256: z.string(),
  signature: z.string(),
  notes: z.string(),
  state: z.enum(RELEASE_STATES),
  bytes: z.number().int().nullable(),
  createdBy: z.string(),
});
const LIST: ListSpec = {
  fields: {
    state: { kind: 'enum', values: RELEASE_STATES },
    releaseVersion: { kind: 'text' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt', 'releaseVersion'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const UPLOAD = { contentType: 'application/gzip', maxBytes: MAX_ARTIFACT_BYTES };
const params = z.strictObject({ id: idSchema });
const tags: [string] = ['releases'];

/** Signed versions of the agent. */
export function createReleaseRoutes(deps: {
  database: Database;
  clock: Clock;
  blobs: BlobStore;
  /** Who may sign: raw Ed25519 keys, base64url. */
  publicKeys: readonly string[];
}): HttpRoute[] {
  const releases = deps.database.collection(releasesCollection);
  const find = async (principal: Principal, id: string) => {
    const found = await releases.findOne({ _id: id, tenantId: principal.tenantId });
    if (!found) throw problem('NOT_FOUND', `no release ${id}`);
    return found;
  };
  const change = (filter: object, set: Partial<ReleaseDocument>) =>
    releases.findOneAndUpdate(
      filter,
      { $set: { ...set, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    );

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/releases',
      operationId: 'listReleases',
      summary: 'Signed versions of the agent, newest first',
      tags,
      access: needs('releases:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Releases', schema: z.array(releaseSchema) } },
      handler: ({ query, principal, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: { tenantId: principal.tenantId },
          source: releases,
          toResource: releaseView,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/releases',
      operationId: 'createRelease',
      summary: 'Announces a signed version; its file follows',
      description:
        'The signature is Ed25519 over `voltbay-update\\n{releaseVersion}\\n{sha256}\\n`, base64url, by a key of VOLTBAY_UPDATE_KEYS. Stations check it again with the keys of their own file.',
      tags,
      access: needs('releases:write'),
      body: z.strictObject({
        releaseVersion: z.string().regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}(?:-[0-9A-Za-z.-]{1,20})?$/, {
          error: 'a semantic version, for example 1.4.2',
        }),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/, { error: '64 bytes as base64url' }),
        notes: z.string().max(4_000).default(''),
      }),
      responses: { 201: { description: 'The release, a draft', schema: releaseSchema } },
      problems: ['DUPLICATE', 'CONFLICT'],
      async handler({ body, principal }) {
        if (deps.publicKeys.length === 0)
          throw problem('CONFLICT', 'this hub trusts no key: set VOLTBAY_UPDATE_KEYS', { reason: 'NO_KEYS' });
        const { releaseVersion, sha256, signature } = body;
        if (!isSigned({ version: releaseVersion, sha256, signature }, deps.publicKeys))
          throw problem('VALIDATION', 'body.signature: no trusted key signed this version and hash', {
            errors: [{ path: 'body.signature', message: 'sign it with a key of VOLTBAY_UPDATE_KEYS' }],
          });
        const now = isoNow(deps.clock);
        const release: ReleaseDocument = {
          _id: `rl-${uuidv7()}`,
          tenantId: principal.tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          ...body,
          state: 'draft',
          bytes: null,
          createdBy: principal.sub,
        };
        try {
          await releases.insertOne(release);
        } catch (error) {
          if (isDuplicateKey(error)) throw problem('DUPLICATE', `release ${releaseVersion} exists`);
          throw error;
        }
        return created(releaseView(release), {
          Location: `/core/v0/releases/${release._id}`,
          ETag: etagOf(1),
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/releases/{id}',
      operationId: 'getRelease',
      summary: 'One release',
      tags,
      access: needs('releases:read'),
      params,
      responses: { 200: { description: 'The release', schema: releaseSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, request }) {
        const found = await find(principal, id);
        return versioned(request, found, releaseView(found));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/releases/{id}/artifact',
      operationId: 'uploadRelease',
      summary: 'The file of a release: a .tgz with the hash that was signed',
      tags,
      access: needs('releases:write'),
      params,
      upload: UPLOAD,
      responses: { 200: { description: 'The release, ready', schema: releaseSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal, request, context }) {
        const release = await find(principal, id);
        if (release.state === 'withdrawn') throw problem('CONFLICT', 'the release was withdrawn');
        const bytes = await readUpload(context.req.raw, request, UPLOAD);
        if (sha256Of(bytes) !== release.sha256)
          throw problem('VALIDATION', 'body: the file has another hash than the one that was signed');
        await deps.blobs.put(id, bytes, null);
        const ready = await change(
          { _id: id, state: { $ne: 'withdrawn' } },
          { state: 'ready', bytes: bytes.length },
        );
        if (!ready) throw problem('CONFLICT', 'the release was withdrawn');
        return ok(releaseView(ready), { ETag: etagOf(ready.version) });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/releases/{id}/artifact',
      operationId: 'downloadRelease',
      summary: 'The file of a release, for stations',
      tags,
      access: needs('releases:download'),
      params,
      responses: {
        200: { description: '.tgz', contentType: UPLOAD.contentType },
        206: { description: 'The rest of it, after `Range: bytes=N-`', contentType: UPLOAD.contentType },
      },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal, request }) {
        const { state, bytes, sha256, releaseVersion } = await find(principal, id);
        if (state !== 'ready' || bytes === null) throw problem('CONFLICT', `the release is ${state}`);
        const from = rangeStart(request.header('range'), bytes);
        return new Response(deps.blobs.stream(id, bytes, request.signal, from ?? 0), {
          status: from === null ? 200 : 206,
          headers: {
            'Content-Type': UPLOAD.contentType,
            'Accept-Ranges': 'bytes',
            ...(from === null ? {} : { 'Content-Range': `bytes ${from}-${bytes - 1}/${bytes}` }),
            'Content-Length': String(bytes - (from ?? 0)),
            'Content-Disposition': `attachment; filename="voltbay-agent-${releaseVersion}.tgz"`,
            'Repr-Digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
            'Cache-Control': 'private, no-store',
          },
        });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/releases/{id}/withdraw',
      operationId: 'withdrawRelease',
      summary: 'No station gets it any more; rollouts of it pause',
      tags,
      access: needs('releases:write'),
      params,
      responses: { 200: { description: 'The release', schema: releaseSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const release = await find(principal, id);
        const withdrawn = await change({ _id: id, state: { $ne: 'withdrawn' } }, { state: 'withdrawn' });
        return ok(releaseView(withdrawn ?? release));
      },
    }),
  ];
}

/** Start of `bytes=N-`: all that a broken download needs. Any other range, and one beyond the end, gets the whole file (RFC 9110, 14.2). */
function rangeStart(header: string | undefined, bytes: number): number | null {
  const [, from] = /^bytes=(\d{1,12})-$/.exec(header ?? '') ?? [];
  return from === undefined || Number(from) >= bytes ? null : Number(from);
}

function releaseView({ _id, ...rest }: ReleaseDocument): z.infer<typeof releaseSchema> {
  return { id: _id, ...rest };
}
