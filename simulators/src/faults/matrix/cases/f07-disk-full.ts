import { join } from 'node:path';
import { mountSmallDisk, smallDiskMissing } from '../../injectors/small-disk.js';
import type { FaultCase } from '../case.js';
import { BUSY_STATION, fullInTheMiddleOfASwap } from './storage-pressure.js';

/** Enough for the database and the reserve that the agent sets aside. */
const DISK_BYTES = 32 * 1_048_576;

export const diskFull: FaultCase = {
  id: 'F07',
  name: 'disk full',
  slow: true,
  missing: smallDiskMissing,
  async open(folder) {
    const disk = mountSmallDisk(join(folder, 'agent-1231'), DISK_BYTES);
    return {
      network: { agentConfig: BUSY_STATION },
      close: disk.unmount,
      async run(context) {
        const note = await fullInTheMiddleOfASwap(context, {
          apply: () => disk.fill(0),
          relieve: disk.clear,
        });
        return { runs: 1, note: `tmpfs of ${DISK_BYTES / 1_048_576} MiB: ${note}` };
      },
    };
  },
};
