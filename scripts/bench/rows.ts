import type { Row } from './row.js';
import { buffer } from './rows/buffer.js';
import { bus } from './rows/bus.js';
import { command } from './rows/command.js';
import { commandChain } from './rows/command-chain.js';
import { footprint } from './rows/footprint.js';
import { growth } from './rows/growth.js';
import { ingest } from './rows/ingest.js';
import { ingestPeer } from './rows/ingest-peer.js';
import { replay } from './rows/replay.js';
import { rest } from './rows/rest.js';
import { scale } from './rows/scale.js';
import { scaleOut, scaleOutKill } from './rows/scale-out.js';
import { storm } from './rows/storm.js';

/** The rows of design section 9, in its order, and the studies. */
export const rows: readonly Row[] = [
  ingest,
  ingestPeer,
  buffer,
  replay,
  command,
  footprint,
  rest,
  bus,
  storm,
  scale,
  scaleOut,
  scaleOutKill,
  growth,
  commandChain,
];
