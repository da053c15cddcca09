import { randomInt } from 'node:crypto';
import { isoAt } from '../clock.js';
import type { Database } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import { otpCollection } from './collections.js';
import type { Counters } from './counters.js';
import type { Vault } from './vault.js';

/** Sends a text to a phone. Providers are adapters; the console one is for a machine without any. */
export interface SmsSender {
  send(message: { phone: string; text: string }): Promise<void>;
}

/** Writes the text to the log instead of sending it. */
export const createConsoleSms = (logger: Logger): SmsSender => ({
  async send({ phone, text }) {
    logger.warn({ phone, text }, 'SMS (console provider: nothing was sent)');
  },
});

const CODE_TTL_MS = 5 * 60_000;
const ATTEMPTS = 5;
const PER_NUMBER = { max: 5, windowMs: 10 * 60_000 };
const PER_ADDRESS = { max: 30, windowMs: 10 * 60_000 };

export interface OneTimeCodes {
  /** Makes and sends a code; throws RATE_LIMITED. */
  send(request: { tenantId: string; phone: string; ip: string }): Promise<void>;
  /** True once for the right code; wrong ones use up its attempts. */
  redeem(request: { tenantId: string; phone: string; code: string }): Promise<boolean>;
  sweep(): Promise<void>;
}

export function createOneTimeCodes(deps: {
  database: Database;
  clock: Clock;
  vault: Vault;
  counters: Counters;
  sms: SmsSender;
  /** Demo phones with their fixed code; empty outside the demo. */
  fixedCodes: ReadonlyMap<string, string>;
}): OneTimeCodes {
  const codes = deps.database.collection(otpCollection);
  return {
    async send({ tenantId, phone, ip }) {
      const fixed = deps.fixedCodes.get(phone);
      if (fixed === undefined) {
        await deps.counters.take(`otp:address:${ip}`, PER_ADDRESS.max, PER_ADDRESS.windowMs);
        await deps.counters.take(`otp:number:${tenantId}:${phone}`, PER_NUMBER.max, PER_NUMBER.windowMs);
      }
      const code = fixed ?? String(randomInt(0, 1_000_000)).padStart(6, '0');
      const id = `${tenantId}:${phone}`;
      await codes.updateOne(
        { _id: id },
        {
          $set: {
            codeMac: deps.vault.mac('otp', `${id}:${code}`),
            attemptsLeft: ATTEMPTS,
            expiresAt: isoAt(deps.clock.now() + CODE_TTL_MS),
          },
        },
        { upsert: true },
      );
      await deps.sms.send({ phone, text: `Voltbay: ${code}` });
    },
    async redeem({ tenantId, phone, code }) {
      const id = `${tenantId}:${phone}`;
      const tried = await codes.findOneAndUpdate(
        { _id: id, attemptsLeft: { $gt: 0 }, expiresAt: { $gt: isoAt(deps.clock.now()) } },
        { $inc: { attemptsLeft: -1 } },
        { returnDocument: 'after' },
      );
      if (!tried) {
        if (await codes.findOne({ _id: id, attemptsLeft: { $lte: 0 } }))
          throw problem('RATE_LIMITED', 'too many wrong codes: ask for a new one', {
            headers: { 'Retry-After': '60' },
          });
        return false;
      }
      if (!deps.vault.macMatches('otp', `${id}:${code}`, tried.codeMac)) return false;
      // Of two requests with the right code, the one that deletes it wins.
      const { deletedCount } = await codes.deleteOne({ _id: id, codeMac: tried.codeMac });
      return deletedCount === 1;
    },
    async sweep() {
      await codes.deleteMany({ expiresAt: { $lte: isoAt(deps.clock.now()) } });
    },
  };
}
