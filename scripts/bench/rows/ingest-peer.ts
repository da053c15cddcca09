import { needsMosquitto, startPeer } from '../processes.js';
import type { Row } from '../row.js';
import { againstStoringPeer } from './ingest.js';

/** The hub against what a user would draw in Node-RED 4 for the same job. */
export const ingestPeer: Row = {
  name: 'ingest-peer',
  title: 'MQTT in → durable → SERVER_ACK, against a Node-RED 4 flow that stores the same in the same store',
  unit: 'messages/s',
  target: { atLeast: 3 },
  rounds: 5,
  warmUps: 4,
  unavailable: needsMosquitto,
  prepare: (context) =>
    againstStoringPeer(context, (root, dir, settings) =>
      startPeer(root, dir, 'node-red-ingest.mjs', { ...settings, dir }),
    ),
};
