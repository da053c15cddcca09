import type { FaultCase } from '../case.js';
import { agentKilled } from './f01-agent-killed.js';
import { killedAfterAck } from './f02-killed-after-ack.js';
import { hubKilled } from './f03-hub-killed.js';
import { brokerRestarted } from './f04-broker-restarted.js';
import { halfOpen } from './f05-half-open.js';
import { powerLoss } from './f11-power-loss.js';
import { acksDropped } from './f14-acks-dropped.js';
import { serialUnplugged } from './f22-serial-unplugged.js';
import { networkLost } from './f28-network-lost.js';

export const faultCases: readonly FaultCase[] = [
  agentKilled,
  killedAfterAck,
  hubKilled,
  brokerRestarted,
  halfOpen,
  powerLoss,
  acksDropped,
  serialUnplugged,
  networkLost,
];

/** Rows of the matrix that `npm run faults` does not inject, with what stands in for them. Never counted as passed. */
export const notInjected: readonly { id: string; name: string; why: string }[] = [
  ['F06', 'slow or paused broker'],
  ['F07', 'disk full'],
  ['F08', 'file-size limit'],
  ['F09', 'fsync fails'],
  ['F10', 'database page overwritten'],
  ['F12', 'clock jumps while running'],
  ['F13', 'boot in 1970, synced later'],
  ['F15', 'out-of-order and gapped seq'],
  ['F16', 'malformed and oversized messages'],
  ['F17', 'row the hub always refuses'],
  ['F18', '10 000 stations reconnect at once'],
  ['F19', 'stale command after an hour offline'],
  ['F20', 'killed after started, before done'],
  ['F21', 'retained command planted'],
  ['F23', 'garbage on the wire'],
  ['F24', 'Bluetooth pack vanishes, adapter restarts'],
  ['F25', 'two agents with one identity'],
  ['F26', 'auth endpoint down'],
  ['F27', 'credential revoked'],
  ['F29', 'hub down for 24 h of station life'],
  ['F30', 'payment callbacks'],
  ['F31', 'door jams, lock reports wrong'],
  ['F32', 'offline swap pass misused'],
].map(([id = '', name = '']) => ({ id, name, why: 'no case for the whole network yet' }));
