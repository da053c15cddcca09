import { MAX_DOCUMENT_BYTES } from '../storage/records.js';
import type { Command } from './context.js';

/** Largest OP_MSG accepted, in bytes (MongoDB's own limit). */
export const MAX_MESSAGE_BYTES = 48_000_000;
/** Most statements of one insert, update or delete. */
export const MAX_WRITE_BATCH = 100_000;
/** MongoDB 7.0, whose commands and messages this server follows. */
const WIRE_VERSION = 21;
const VERSION = '7.0.0';

const hello: Command = {
  writes: false,
  fields: [
    'helloOk',
    'client',
    'compression',
    'loadBalanced',
    'topologyVersion',
    'maxAwaitTimeMS',
    'hello',
    'ismaster',
    'backpressure',
  ],
  run: (context) => ({
    helloOk: true,
    isWritablePrimary: true,
    ismaster: true,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: MAX_WRITE_BATCH,
    localTime: context.now(),
    logicalSessionTimeoutMinutes: 30,
    minWireVersion: 0,
    maxWireVersion: WIRE_VERSION,
    readOnly: false,
    ok: 1,
  }),
};

const ok: Command = { writes: false, fields: [], run: () => ({ ok: 1 }) };

const buildInfo: Command = {
  writes: false,
  fields: [],
  run: () => ({
    version: VERSION,
    versionArray: VERSION.split('.').map(Number).concat(0),
    gitVersion: 'voltbay',
    modules: ['voltbay-document-server'],
    bits: 64,
    debug: false,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    ok: 1,
  }),
};

/** Commands of connection set-up and health. */
export const HANDSHAKE_COMMANDS: Record<string, Command> = {
  hello,
  isMaster: hello,
  ping: ok,
  endSessions: ok,
  refreshSessions: ok,
  buildInfo,
};
