import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM texts of one RSA-2048 pair: PKCS#8 and SPKI. */
export type KeyPair = { privateKey: string; publicKey: string };

/** Everything that merchant and providers sign with. Made on the first start in a folder, never part of the project. */
export type GatewayKeys = {
  alipayMerchant: KeyPair;
  alipayPlatform: KeyPair;
  wechatMerchant: KeyPair;
  wechatPlatform: KeyPair;
  /** 32 characters, the key of WeChat Pay's encrypted notifications. */
  wechatApiV3Key: string;
};

const PAIRS = ['alipayMerchant', 'alipayPlatform', 'wechatMerchant', 'wechatPlatform'] as const;
const fileOf = (directory: string, name: string) =>
  join(directory, `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.pem`);

/** The keys of a folder; those that are missing are made (files readable by their owner alone). */
export function loadGatewayKeys(directory: string): GatewayKeys {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const keep = (path: string, make: () => string): string => {
    if (!existsSync(path)) {
      writeFileSync(path, make(), { mode: 0o600, flag: 'wx' });
      chmodSync(path, 0o600);
    }
    return readFileSync(path, 'utf8');
  };
  const pairs = PAIRS.map((name): KeyPair => {
    const privateKey = keep(fileOf(directory, name), () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    });
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
    return { privateKey, publicKey };
  });
  const [alipayMerchant, alipayPlatform, wechatMerchant, wechatPlatform] = pairs as [
    KeyPair,
    KeyPair,
    KeyPair,
    KeyPair,
  ];
  const wechatApiV3Key = keep(join(directory, 'wechat-api-v3-key.txt'), () =>
    randomBytes(16).toString('hex'),
  );
  return { alipayMerchant, alipayPlatform, wechatMerchant, wechatPlatform, wechatApiV3Key };
}
