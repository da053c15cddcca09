import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BSON, type CollectionOptions } from 'mongodb';

export type SpecDocument = Record<string, unknown>;

export interface SpecOperation {
  readonly object: string;
  readonly name: string;
  readonly arguments?: SpecDocument;
  readonly expectResult?: unknown;
  readonly expectError?: {
    readonly isClientError?: boolean;
    readonly errorCode?: number;
    readonly errorContains?: string;
    readonly expectResult?: unknown;
  };
  readonly ignoreResultAndError?: boolean;
}

export interface SpecEntity {
  readonly kind: string;
  readonly database?: string;
  readonly databaseName?: string;
  readonly collectionName?: string;
  readonly collectionOptions?: CollectionOptions;
}

export interface SpecData {
  readonly databaseName: string;
  readonly collectionName: string;
  readonly documents: SpecDocument[];
}

interface Requirement {
  readonly minServerVersion?: string;
  readonly maxServerVersion?: string;
  readonly topologies?: readonly string[];
  readonly serverless?: string;
  readonly auth?: boolean;
  readonly csfle?: unknown;
  readonly serverParameters?: unknown;
}

interface RawTest {
  readonly description: string;
  readonly skipReason?: string;
  readonly runOnRequirements?: readonly Requirement[];
  readonly operations: readonly SpecOperation[];
  readonly outcome?: readonly SpecData[];
}

interface RawFile {
  readonly createEntities?: readonly Record<string, { id: string }>[];
  readonly initialData?: readonly SpecData[];
  readonly runOnRequirements?: readonly Requirement[];
  readonly tests: readonly RawTest[];
}

export interface SpecCase {
  readonly id: string;
  readonly entities: ReadonlyMap<string, SpecEntity>;
  readonly initialData: readonly SpecData[];
  readonly operations: readonly SpecOperation[];
  readonly outcome: readonly SpecData[];
}

/** The MongoDB CRUD specification tests (mongodb/specifications, source/crud/tests/unified), beside the project. */
export const SPEC_DIRECTORY = fileURLToPath(new URL('../../../../shared/mongo-crud-spec/', import.meta.url));
export const specIsPresent = existsSync(SPEC_DIRECTORY);

/** Server version whose cases are run, and the deployments a single-document case may name. */
const SERVER_VERSION = '8.2.0';
const TOPOLOGIES = ['single', 'replicaset'];

/**
 * The cases that apply to collection CRUD through a driver on one server. Left out: cases for other versions or
 * deployments, fail points of the test runner, client-level bulkWrite, database-level aggregates.
 */
export function applicableCases(operationNames: ReadonlySet<string>): SpecCase[] {
  const files = readdirSync(SPEC_DIRECTORY).filter((name) => name.endsWith('.json'));
  return files.sort().flatMap((name) => {
    const file = BSON.EJSON.parse(readFileSync(`${SPEC_DIRECTORY}${name}`, 'utf8'), {
      relaxed: true,
    }) as RawFile;
    const entities = entitiesOf(file);
    return file.tests
      .filter(
        (test) =>
          test.skipReason === undefined && meets(file.runOnRequirements) && meets(test.runOnRequirements),
      )
      .filter((test) => test.operations.every((operation) => isCrud(operation, entities, operationNames)))
      .map((test) => ({
        id: `${name.replace('.json', '')} :: ${test.description}`,
        entities,
        initialData: file.initialData ?? [],
        operations: test.operations,
        outcome: test.outcome ?? [],
      }));
  });
}

function entitiesOf(file: RawFile): Map<string, SpecEntity> {
  const entities = new Map<string, SpecEntity>();
  for (const entry of file.createEntities ?? []) {
    for (const [kind, entity] of Object.entries(entry)) entities.set(entity.id, { ...entity, kind });
  }
  return entities;
}

function isCrud(
  operation: SpecOperation,
  entities: ReadonlyMap<string, SpecEntity>,
  operationNames: ReadonlySet<string>,
): boolean {
  return entities.get(operation.object)?.kind === 'collection' && operationNames.has(operation.name);
}

function meets(requirements: readonly Requirement[] | undefined): boolean {
  return (
    requirements?.some(
      (r) =>
        (r.minServerVersion === undefined || compareVersions(SERVER_VERSION, r.minServerVersion) >= 0) &&
        (r.maxServerVersion === undefined || compareVersions(SERVER_VERSION, r.maxServerVersion) <= 0) &&
        (r.topologies === undefined || r.topologies.some((topology) => TOPOLOGIES.includes(topology))) &&
        r.serverless !== 'require' &&
        r.auth !== true &&
        r.csfle === undefined &&
        r.serverParameters === undefined,
    ) ?? true
  );
}

function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
