import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { HubError } from '../errors.js';

/** Keyed hashes and sealed values under the hub's root secret, which never stands in the database. */
export interface Vault {
  /** HMAC-SHA-256 as base64url; `purpose` keeps hashes of different things apart. */
  mac(purpose: string, text: string): string;
  macMatches(purpose: string, text: string, mac: string): boolean;
  seal(purpose: string, plain: string): string;
  open(purpose: string, sealed: string): string;
}

export function createVault(rootSecret: Buffer): Vault {
  const derived = new Map<string, Buffer>();
  const keyFor = (purpose: string): Buffer => {
    let key = derived.get(purpose);
    if (!key) {
      key = Buffer.from(hkdfSync('sha256', rootSecret, 'voltbay-hub', purpose, 32));
      derived.set(purpose, key);
    }
    return key;
  };
  const mac = (purpose: string, text: string) =>
    createHmac('sha256', keyFor(`mac:${purpose}`))
      .update(text)
      .digest('base64url');
  return {
    mac,
    macMatches(purpose, text, expected) {
      const [a, b] = [Buffer.from(mac(purpose, text)), Buffer.from(expected)];
      return a.length === b.length && timingSafeEqual(a, b);
    },
    seal(purpose, plain) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', keyFor(`seal:${purpose}`), iv);
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(purpose, sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      try {
        const decipher = createDecipheriv('aes-256-gcm', keyFor(`seal:${purpose}`), bytes.subarray(0, 12));
        decipher.setAuthTag(bytes.subarray(12, 28));
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new HubError(
          'SECRET_MISMATCH',
          'a stored secret cannot be opened: VOLTBAY_SECRET (or the file hub.secret in VOLTBAY_DATA) is not the one it was sealed with',
          { cause },
        );
      }
    },
  };
}

/** 256 random bits as base64url. */
export const randomSecret = (): string => randomBytes(32).toString('base64url');
