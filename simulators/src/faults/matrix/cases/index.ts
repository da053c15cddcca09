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
import { reconnectStorm } from './f18-reconnect-storm.js';
import { staleCommand } from './f19-stale-command.js';
import { killedAfterStarted } from './f20-killed-after-started.js';
import { retainedCommand } from './f21-retained-command.js';
import { serialUnplugged } from './f22-serial-unplugged.js';
import { badFrames } from './f23-bad-frames.js';
import { bluetoothGone } from './f24-bluetooth-gone.js';
import { twoAgents } from './f25-two-agents.js';
import { authDown } from './f26-auth-down.js';
import { credentialRevoked } from './f27-credential-revoked.js';
import { networkLost } from './f28-network-lost.js';
import { aDayWithoutHub } from './f29-a-day-without-hub.js';
import { paymentCallbacks } from './f30-payment-callbacks.js';
import { doorsAndLocks } from './f31-doors-and-locks.js';
import { offlinePass } from './f32-offline-pass.js';

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
  reconnectStorm,
  staleCommand,
  killedAfterStarted,
  retainedCommand,
  serialUnplugged,
  badFrames,
  bluetoothGone,
  twoAgents,
  authDown,
  credentialRevoked,
  networkLost,
  aDayWithoutHub,
  paymentCallbacks,
  doorsAndLocks,
  offlinePass,
];
