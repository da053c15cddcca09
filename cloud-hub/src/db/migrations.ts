import type { CollectionSpec, Database } from './collections.js';

/** One change of what is stored, from `version - 1` to `version`. Must be safe to repeat: a killed run does it again. */
export type Migration = { version: number; name: string; run(): Promise<void> };

export type IndexWork = { collection: string; index: string; work: 'create' | 'differs' | 'unknown' };
export type MigrationPlan = {
  from: number;
  to: number;
  steps: { version: number; name: string }[];
  collections: string[];
  indexes: IndexWork[];
};

type SchemaDocument = { _id: string; value: number };
const SCHEMA_ID = 'schema-version';
const NAMESPACE_NOT_FOUND = 26;

/** What `migrate` would do. Reads only. `differs`: an index of that name with other keys; `unknown`: one that no code declares. */
export async function planMigration(
  database: Database,
  // biome-ignore lint/suspicious/noExplicitAny: the document type plays no part here
  specs: readonly CollectionSpec<any>[],
  migrations: readonly Migration[],
): Promise<MigrationPlan> {
  const from = await schemaVersion(database);
  const steps = migrations
    .filter(({ version }) => version > from)
    .map(({ version, name }) => ({ version, name }));
  const collections: string[] = [];
  const indexes: IndexWork[] = [];
  for (const spec of specs) {
    const known = await indexesOf(database, spec.name);
    if (known === null) collections.push(spec.name);
    const names = new Set(['_id_']);
    for (const index of spec.indexes) {
      names.add(index.name);
      const there = known?.find(({ name }) => name === index.name);
      const same =
        there &&
        JSON.stringify(there.key) === JSON.stringify(index.key) &&
        Boolean(there.unique) === Boolean(index.unique);
      if (!there) indexes.push({ collection: spec.name, index: index.name, work: 'create' });
      else if (!same) indexes.push({ collection: spec.name, index: index.name, work: 'differs' });
    }
    for (const { name } of known ?? [])
      if (!names.has(name)) indexes.push({ collection: spec.name, index: name, work: 'unknown' });
  }
  return { from, to: migrations.at(-1)?.version ?? from, steps, collections, indexes };
}

/** Builds what is missing and runs what is new, in order; each step is noted before the next begins. */
export async function migrate(
  database: Database,
  // biome-ignore lint/suspicious/noExplicitAny: as above
  specs: readonly CollectionSpec<any>[],
  migrations: readonly Migration[],
  progress: (text: string) => void,
): Promise<void> {
  const plan = await planMigration(database, specs, migrations);
  for (const { collection, index, work } of plan.indexes) {
    const spec = specs.find(({ name }) => name === collection);
    const wanted = spec?.indexes.find(({ name }) => name === index);
    if (!spec || !wanted || work === 'unknown') continue;
    progress(`${collection}: index ${index}`);
    if (work === 'differs') await database.db.collection(collection).dropIndex(index);
    await database.collection(spec).createIndexes([wanted]);
  }
  for (const step of migrations.filter(({ version }) => version > plan.from)) {
    progress(`version ${step.version}: ${step.name}`);
    await step.run();
    await database.db
      .collection<SchemaDocument>('settings')
      .updateOne({ _id: SCHEMA_ID }, { $max: { value: step.version } }, { upsert: true });
  }
}

/** 0 = from before versions were noted, or empty. */
export async function schemaVersion(database: Database): Promise<number> {
  const found = await database.db.collection<SchemaDocument>('settings').findOne({ _id: SCHEMA_ID });
  return found?.value ?? 0;
}

async function indexesOf(
  database: Database,
  name: string,
): Promise<{ name: string; key: Record<string, unknown>; unique?: boolean }[] | null> {
  try {
    return (await database.db.collection(name).listIndexes().toArray()) as never;
  } catch (error) {
    if ((error as { code?: unknown }).code === NAMESPACE_NOT_FOUND) return null;
    throw error;
  }
}
