import { hash, verify } from '@node-rs/argon2';
import { Secret, TOTP } from 'otpauth';
import { uuidv7 } from 'uuidv7';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import { type OperatorDocument, operatorsCollection } from './collections.js';
import type { Counters } from './counters.js';
import { createRoles } from './roles.js';
import type { Vault } from './vault.js';

/** OWASP's second choice for argon2id: 19 MiB, two passes. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const PER_NAME = { max: 10, windowMs: 15 * 60_000 };
const PER_ADDRESS = { max: 60, windowMs: 15 * 60_000 };
const MIN_PASSWORD = 10;

export interface Operators {
  /** Throws BAD_CREDENTIALS or RATE_LIMITED. The same answer for an unknown name and a wrong password. */
  signIn(attempt: {
    username: string;
    password: string;
    totp?: string;
    ip: string;
  }): Promise<OperatorDocument>;
  find(id: string): Promise<OperatorDocument | null>;
  list(tenantId: string): Promise<OperatorDocument[]>;
  create(operator: {
    tenantId: string;
    username: string;
    name: string;
    password: string;
    roles: string[];
    stationIds?: string[] | null;
    regionIds?: string[];
    id?: string;
  }): Promise<OperatorDocument>;
  /** Throws BAD_CREDENTIALS or RATE_LIMITED: for a change that a borrowed session must not make. */
  confirmPassword(id: string, password: string): Promise<OperatorDocument>;
  /** Makes a secret that counts once `confirmTotp` was given a code of it; answers its otpauth:// URI. */
  beginTotp(id: string): Promise<string>;
  confirmTotp(id: string, code: string): Promise<void>;
  setPassword(username: string, password: string): Promise<boolean>;
  setStatus(username: string, status: OperatorDocument['status']): Promise<OperatorDocument | null>;
  /** Turns TOTP on and answers the otpauth:// URI for the authenticator app, shown once. Null: no such operator. */
  enableTotp(username: string): Promise<string | null>;
  disableTotp(username: string): Promise<boolean>;
}

export function createOperators(deps: {
  database: Database;
  clock: Clock;
  vault: Vault;
  counters: Counters;
}): Operators {
  const operators = deps.database.collection(operatorsCollection);
  const customRoles = createRoles({ database: deps.database, clock: deps.clock });
  let decoyHash: Promise<string> | null = null;
  const wrong = () => problem('BAD_CREDENTIALS');

  const checkTotp = async (operator: OperatorDocument, totp: string | undefined) => {
    if (!operator.sealedTotp) return;
    if (!totp)
      throw problem('BAD_CREDENTIALS', 'this account needs the code of its authenticator app', {
        errors: [{ path: 'body.totp', message: 'required for this account' }],
      });
    const timestamp = deps.clock.now();
    const generator = new TOTP({ secret: Secret.fromBase32(deps.vault.open('totp', operator.sealedTotp)) });
    const delta = generator.validate({ token: totp, window: 1, timestamp });
    if (delta === null) throw wrong();
    const step = Math.floor(timestamp / 30_000) + delta;
    const spent = await operators.updateOne(
      { _id: operator._id, lastTotpStep: { $lt: step } },
      { $set: { lastTotpStep: step } },
    );
    if (spent.matchedCount === 0)
      throw problem('BAD_CREDENTIALS', 'this code was used: wait for the next one');
  };
  const update = (username: string, set: Partial<OperatorDocument>) =>
    operators.findOneAndUpdate(
      { username },
      { $set: { ...set, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    );

  return {
    async signIn({ username, password, totp, ip }) {
      await deps.counters.take(`password:address:${ip}`, PER_ADDRESS.max, PER_ADDRESS.windowMs);
      const operator = await operators.findOne({ username });
      if (operator?.status !== 'active') {
        decoyHash ??= hash('decoy', ARGON2ID);
        await verify(await decoyHash, password);
        await deps.counters.take(`password:name:${username}`, PER_NAME.max, PER_NAME.windowMs);
        throw wrong();
      }
      if (!(await verify(operator.passwordHash, password))) {
        await deps.counters.take(`password:name:${username}`, PER_NAME.max, PER_NAME.windowMs);
        throw wrong();
      }
      await checkTotp(operator, totp);
      return operator;
    },
    find: (id) => operators.findOne({ _id: id }),
    list: (tenantId) => operators.find({ tenantId }, { sort: { username: 1 } }).toArray(),
    async create({ tenantId, username, name, password, roles, stationIds, regionIds, id }) {
      if (password.length < MIN_PASSWORD)
        throw problem('VALIDATION', `password: at least ${MIN_PASSWORD} characters`);
      const unknown = await customRoles.unknownRole(tenantId, roles);
      if (unknown !== undefined || roles.length === 0)
        throw problem(
          'VALIDATION',
          `roles: ${unknown ?? '(none)'} is not viewer, operator, admin or a role of the tenant`,
        );
      const now = isoNow(deps.clock);
      const document: OperatorDocument = {
        _id: id ?? uuidv7(),
        tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        username,
        name,
        passwordHash: await hash(password, ARGON2ID),
        roles,
        stationIds: stationIds ?? null,
        regionIds: regionIds ?? [],
        status: 'active',
        sealedTotp: null,
        pendingTotp: null,
        lastTotpStep: 0,
      };
      try {
        await operators.insertOne(document);
      } catch (error) {
        if (isDuplicateKey(error)) throw problem('DUPLICATE', `operator ${username} exists`);
        throw error;
      }
      return document;
    },
    async confirmPassword(id, password) {
      const operator = await operators.findOne({ _id: id });
      if (!operator) throw wrong();
      if (await verify(operator.passwordHash, password)) return operator;
      const { max, windowMs } = PER_NAME;
      await deps.counters.take(`password:name:${operator.username}`, max, windowMs);
      throw wrong();
    },
    async beginTotp(id) {
      const secret = new Secret({ size: 20 });
      const operator = await operators.findOneAndUpdate(
        { _id: id },
        { $set: { pendingTotp: deps.vault.seal('totp', secret.base32), updatedAt: isoNow(deps.clock) } },
        { returnDocument: 'after' },
      );
      if (!operator) throw problem('NOT_FOUND', 'no such operator');
      return new TOTP({ issuer: 'Voltbay', label: operator.username, secret }).toString();
    },
    async confirmTotp(id, code) {
      const operator = await operators.findOne({ _id: id });
      if (!operator?.pendingTotp) throw problem('CONFLICT', 'begin with POST /auth/v1/me/totp');
      await deps.counters.take(`totp:${id}`, PER_NAME.max, PER_NAME.windowMs);
      const timestamp = deps.clock.now();
      const secret = Secret.fromBase32(deps.vault.open('totp', operator.pendingTotp));
      const delta = new TOTP({ secret }).validate({ token: code, window: 1, timestamp });
      if (delta === null)
        throw problem('BAD_CREDENTIALS', 'the code does not fit: check the clock of the phone');
      // The code that turns it on is spent with it.
      const lastTotpStep = Math.floor(timestamp / 30_000) + delta;
      const { matchedCount } = await operators.updateOne(
        { _id: id, pendingTotp: operator.pendingTotp },
        {
          $set: {
            sealedTotp: operator.pendingTotp,
            pendingTotp: null,
            lastTotpStep,
            updatedAt: isoNow(deps.clock),
          },
          $inc: { version: 1 },
        },
      );
      if (matchedCount === 0) throw problem('CONFLICT', 'another enrolment was begun meanwhile');
    },
    async setPassword(username, password) {
      if (password.length < MIN_PASSWORD)
        throw problem('VALIDATION', `password: at least ${MIN_PASSWORD} characters`);
      return (await update(username, { passwordHash: await hash(password, ARGON2ID) })) !== null;
    },
    setStatus: (username, status) => update(username, { status }),
    async enableTotp(username) {
      const secret = new Secret({ size: 20 });
      const updated = await update(username, {
        sealedTotp: deps.vault.seal('totp', secret.base32),
        lastTotpStep: 0,
      });
      return updated ? new TOTP({ issuer: 'Voltbay', label: username, secret }).toString() : null;
    },
    disableTotp: async (username) =>
      (await update(username, { sealedTotp: null, pendingTotp: null })) !== null,
  };
}
