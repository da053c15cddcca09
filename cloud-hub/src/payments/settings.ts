import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.js';

const key = (name: string) => ({
  [name]: z.string().min(1).optional(),
  [`${name}File`]: z.string().min(1).optional(),
});
const url = z.url({ protocol: /^https?$/ });

const settingsSchema = z.strictObject({
  alipay: z
    .strictObject({
      appId: z.string().regex(/^\d{10,20}$/),
      gatewayUrl: url.default('https://openapi.alipay.com/gateway.do'),
      sellerId: z.string().optional(),
      ...key('privateKey'),
      ...key('alipayPublicKey'),
    })
    .optional(),
  wechat: z
    .strictObject({
      mchId: z.string().regex(/^\d{6,20}$/),
      appId: z.string().min(1),
      baseUrl: url.default('https://api.mch.weixin.qq.com'),
      serialNo: z.string().min(8),
      publicKeyId: z.string().min(8),
      ...key('privateKey'),
      ...key('publicKey'),
      ...key('apiV3Key'),
    })
    .optional(),
});

export type AlipaySettings = {
  appId: string;
  gatewayUrl: string;
  sellerId: string | null;
  /** PKCS#8 PEM. */
  privateKey: string;
  /** SPKI PEM. */
  alipayPublicKey: string;
};
export type WechatSettings = {
  mchId: string;
  appId: string;
  baseUrl: string;
  serialNo: string;
  publicKeyId: string;
  privateKey: string;
  publicKey: string;
  /** 32 characters. */
  apiV3Key: string;
};
export type PaymentSettings = { alipay: AlipaySettings | null; wechat: WechatSettings | null };

/** The file that VOLTBAY_PAYMENTS names; keys stand in it or in files beside it. Throws ConfigError naming the field and the fix. */
export async function readPaymentSettings(path: string): Promise<PaymentSettings> {
  const fail = (message: string) => new ConfigError(`VOLTBAY_PAYMENTS: ${path}: ${message}`);
  let raw: unknown;
  try {
    raw = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw fail(`cannot be read as JSON (${error instanceof Error ? error.message : error})`);
  }
  const checked = settingsSchema.safeParse(raw);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    throw fail(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
  }
  const secret = async (section: string, from: Record<string, unknown>, name: string): Promise<string> => {
    const inline = from[name];
    if (typeof inline === 'string') return inline;
    const file = from[`${name}File`];
    if (typeof file !== 'string') throw fail(`${section}.${name}: give it, or its file as ${name}File`);
    return readFile(resolve(dirname(path), file), 'utf8').then(
      (text) => text.trim(),
      () => {
        throw fail(`${section}.${name}File: ${file} cannot be read`);
      },
    );
  };
  const { alipay, wechat } = checked.data;
  const wechatKey = wechat ? await secret('wechat', wechat, 'apiV3Key') : '';
  if (wechat && Buffer.byteLength(wechatKey) !== 32) throw fail('wechat.apiV3Key: is 32 characters long');
  return {
    alipay: alipay
      ? {
          appId: alipay.appId,
          gatewayUrl: alipay.gatewayUrl,
          sellerId: alipay.sellerId ?? null,
          privateKey: await secret('alipay', alipay, 'privateKey'),
          alipayPublicKey: await secret('alipay', alipay, 'alipayPublicKey'),
        }
      : null,
    wechat: wechat
      ? {
          mchId: wechat.mchId,
          appId: wechat.appId,
          baseUrl: wechat.baseUrl.replace(/\/+$/, ''),
          serialNo: wechat.serialNo,
          publicKeyId: wechat.publicKeyId,
          privateKey: await secret('wechat', wechat, 'privateKey'),
          publicKey: await secret('wechat', wechat, 'publicKey'),
          apiV3Key: wechatKey,
        }
      : null,
  };
}
