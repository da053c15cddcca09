import type { FaultCase } from '../case.js';
import { agentKilled } from './f01-agent-killed.js';
import { killedAfterAck } from './f02-killed-after-ack.js';
import { hubKilled } from './f03-hub-killed.js';
import { brokerRestarted } from './f04-broker-restarted.js';
import { halfOpen } from './f05-half-open.js';
import { slowBroker } from './f06-slow-broker.js';
import { diskFull } from './f07-disk-full.js';
import { fileLimit } from './f08-file-limit.js';
import { fsyncFails } from './f09-fsync-fails.js';
import { damagedDatabase } from './f10-damaged-database.js';
import { powerLoss } from './f11-power-loss.js';
import { clockJumps } from './f12-clock-jumps.js';
import { bootIn1970 } from './f13-boot-in-1970.js';
import { acksDropped } from './f14-acks-dropped.js';
import { outOfOrder } from './f15-out-of-order.js';
import { malformed } from './f16-malformed.js';
import { refusedRow } from './f17-refused-row.js';
import { serialUnplugged } from './f22-serial-unplugged.js';
import { networkLost } from './f28-network-lost.js';

/** The matrix, one case for each row of docs/runbooks/faults.md. */
export const faultCases: readonly FaultCase[] = [
  agentKilled,
  killedAfterAck,
  hubKilled,
  brokerRestarted,
  halfOpen,
  slowBroker,
  diskFull,
  fileLimit,
  fsyncFails,
  damagedDatabase,
  powerLoss,
  clockJumps,
  bootIn1970,
  acksDropped,
  outOfOrder,
  malformed,
  refusedRow,
  serialUnplugged,
  networkLost,
];
