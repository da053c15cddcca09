import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CAUSES } from '../src/doctor/causes.js';
import { openDatabase } from '../src/storage/database.js';
import { look, NO_STATION, troubles, writeDoctorConfig } from './support/doctor-bench.js';
import { tempDir } from './support/test-agent.js';

let dir: ReturnType<typeof tempDir>;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => dir.remove());
const writeConfig = (hardware: unknown): string => writeDoctorConfig(dir.path, hardware);

describe('the machine', () => {
  it('with too little disk', async () => {
    const findings = await look(writeConfig(NO_STATION), { minFreeMiB: 2 ** 40 });
    expect(troubles(findings, 'disk')).toEqual(['disk: disk-low']);
    expect(troubles(await look(writeConfig(NO_STATION)), 'disk')).toEqual([]);
  });

  it('with a database that is damaged inside, and with one that is none', async () => {
    const file = writeConfig(NO_STATION);
    const data = join(dir.path, 'data');
    const { db, close } = openDatabase(data);
    for (let n = 0; n < 500; n++)
      db.prepare('INSERT INTO commands VALUES (?, 1, ?, ?, null, null, 1, 1, 1)').run(
        `c${n}`,
        'x'.repeat(300),
        'done',
      );
    db.pragma('wal_checkpoint(TRUNCATE)');
    close();
    expect(troubles(await look(file), 'database')).toEqual([]);
    const handle = openSync(join(data, 'agent.db'), 'r+');
    writeSync(handle, Buffer.alloc(40_000, 0xa5), 0, 40_000, 60_000);
    expect(troubles(await look(file), 'database')).toEqual(['database: database-damaged']);
    writeSync(handle, Buffer.alloc(4_096, 0xa5), 0, 4_096, 0);
    expect(troubles(await look(file), 'database')).toEqual(['database: database-damaged']);
  });

  it('with a config that is not valid stops there', async () => {
    const findings = await look(writeConfig({ ...NO_STATION, slots: [] }));
    expect(findings).toMatchObject([{ check: 'config', cause: 'config-invalid' }]);
  });
});

it('every cause has its words in both languages', () => {
  for (const { cause, cure } of Object.values(CAUSES))
    for (const words of [cause, cure]) {
      expect(words.en).toMatch(/^[\x20-\x7e’]+$/);
      expect(words.zh).toMatch(/[\u4e00-\u9fff]/);
    }
});
