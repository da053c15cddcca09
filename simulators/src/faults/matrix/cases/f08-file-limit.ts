import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileLimitMissing, limitFileSize } from '../../injectors/file-limit.js';
import type { FaultCase } from '../case.js';
import { BUSY_STATION, fullInTheMiddleOfASwap } from './storage-pressure.js';

const ROOM_BYTES = 48 * 1024;

export const fileLimit: FaultCase = {
  id: 'F08',
  name: 'file-size limit',
  slow: true,
  missing: fileLimitMissing,
  network: { agentConfig: BUSY_STATION },
  async run(context) {
    const { site } = context;
    const { pid } = site.network.agent;
    const note = await fullInTheMiddleOfASwap(context, {
      // Measured by the database alone: its log may have grown well beyond that, and hitting the limit would be left to chance.
      apply: () => limitFileSize(pid, statSync(join(site.agentDir, 'agent.db')).size + ROOM_BYTES),
      relieve: () => limitFileSize(pid, null),
    });
    return { runs: 1, note: `RLIMIT_FSIZE: ${note}` };
  },
};
