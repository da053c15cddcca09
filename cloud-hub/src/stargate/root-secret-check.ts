import { type Database, isDuplicateKey } from '../db/index.js';
import { ConfigError } from '../errors.js';
import { settingsCollection } from './collections.js';
import type { Vault } from './vault.js';

/** All hub processes on one store must have the same root secret: the first one leaves a check value, the others compare. */
export async function checkRootSecret(database: Database, vault: Vault): Promise<void> {
  const settings = database.collection(settingsCollection);
  const value = vault.mac('root-secret-check', 'voltbay');
  try {
    await settings.insertOne({ _id: 'root-secret-check', value });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const known = await settings.findOne({ _id: 'root-secret-check' });
    if (known?.value !== value)
      throw new ConfigError(
        'VOLTBAY_SECRET: not the secret that this store was set up with; set VOLTBAY_SECRET to the same value in every hub process, or copy hub.secret from the first one into VOLTBAY_DATA',
      );
  }
}
