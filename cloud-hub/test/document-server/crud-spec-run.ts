import { BSON, MongoBulkWriteError, type MongoClient, MongoServerError } from 'mongodb';
import type { SpecCase, SpecDocument, SpecEntity, SpecOperation } from './crud-spec-files.js';
import { mismatch, show } from './crud-spec-match.js';
import { SPEC_OPERATIONS } from './crud-spec-operations.js';

/** Runs one case; undefined when it passes, else what went wrong. */
export async function runCase(client: MongoClient, spec: SpecCase): Promise<string | undefined> {
  for (const { databaseName, collectionName, documents } of spec.initialData) {
    const collection = client.db(databaseName).collection(collectionName);
    await collection.deleteMany({});
    if (documents.length > 0) await collection.insertMany(documents.map((document) => copy(document)));
  }
  for (const operation of spec.operations) {
    const problem = await runOperation(client, operation, spec.entities);
    if (problem !== undefined) return `${operation.name}: ${problem}`;
  }
  for (const { databaseName, collectionName, documents } of spec.outcome) {
    const stored = await client
      .db(databaseName)
      .collection(collectionName)
      .find({})
      .sort({ _id: 1 })
      .toArray();
    if (show(stored) !== show(documents)) return `outcome: expected ${show(documents)}, got ${show(stored)}`;
  }
  return undefined;
}

async function runOperation(
  client: MongoClient,
  operation: SpecOperation,
  entities: ReadonlyMap<string, SpecEntity>,
): Promise<string | undefined> {
  const entity = entities.get(operation.object);
  const database = entities.get(entity?.database ?? '');
  const call = SPEC_OPERATIONS[operation.name];
  if (entity?.collectionName === undefined || database?.databaseName === undefined || call === undefined) {
    return 'the runner cannot resolve this operation';
  }
  const collection = client
    .db(database.databaseName)
    .collection(entity.collectionName, entity.collectionOptions);
  let result: unknown;
  try {
    result = await call(collection, copy(operation.arguments ?? {}));
  } catch (error) {
    if (operation.ignoreResultAndError) return undefined;
    if (operation.expectError === undefined) return `threw ${String(error)}`;
    return errorMismatch(operation.expectError, error, entities);
  }
  if (operation.ignoreResultAndError) return undefined;
  if (operation.expectError !== undefined) return 'expected an error';
  const unacknowledged = entity.collectionOptions?.writeConcern?.w === 0;
  if (!('expectResult' in operation) || unacknowledged) return undefined;
  return mismatch(operation.expectResult, plainResult(result), entities);
}

function errorMismatch(
  expected: NonNullable<SpecOperation['expectError']>,
  error: unknown,
  entities: ReadonlyMap<string, SpecEntity>,
): string | undefined {
  const fromServer = error instanceof MongoServerError;
  if (expected.isClientError !== undefined && expected.isClientError === fromServer) {
    return `expected a ${expected.isClientError ? 'client' : 'server'} error, got ${String(error)}`;
  }
  const { code, message } = error as { code?: unknown; message: string };
  if (expected.errorCode !== undefined && code !== expected.errorCode)
    return `code ${code}, not ${expected.errorCode}`;
  if (expected.errorContains && !message.toLowerCase().includes(expected.errorContains.toLowerCase())) {
    return `message "${message}" lacks "${expected.errorContains}"`;
  }
  if (expected.expectResult === undefined) return undefined;
  const result = error instanceof MongoBulkWriteError ? error.result : error;
  return mismatch(expected.expectResult, plainResult(result), entities);
}

const RESULT_FIELDS = [
  'insertedCount',
  'matchedCount',
  'modifiedCount',
  'deletedCount',
  'upsertedCount',
  'insertedIds',
  'upsertedIds',
];

/** Result objects of the driver as plain documents: their counts are getters. */
function plainResult(result: unknown): unknown {
  if (result === null || typeof result !== 'object' || Array.isArray(result) || '_bsontype' in result)
    return result;
  const source = result as SpecDocument;
  const plain: SpecDocument = {};
  for (const key of [...Object.keys(source), ...RESULT_FIELDS]) {
    if (source[key] !== undefined && typeof source[key] !== 'function') plain[key] = source[key];
  }
  if (plain.upsertedId === null) delete plain.upsertedId;
  return plain;
}

function copy(value: SpecDocument): SpecDocument {
  return BSON.deserialize(BSON.serialize(value));
}
