import { eventually } from '../../../network/eventually.js';
import { residentBytes } from '../../injectors/process-figures.js';
import { mqttPublishTopic } from '../../mqtt-packets.js';
import { type FaultCase, mustHold } from '../case.js';

const WINDOW = 4;
const STALL_MS = 15_000;
/** More than a garbage collector's mood, less than a queue that grows. */
const MOST_GROWTH_BYTES = 30 * 1_048_576;

export const slowBroker: FaultCase = {
  id: 'F06',
  name: 'slow or paused broker',
  network: { agentConfig: { uplink: { infoIntervalS: 1, window: WINDOW, keepaliveS: 120 } } },
  async run({ site, pause, long }) {
    const { pid } = site.network.agent;
    const before = residentBytes(pid);
    let sent = 0;
    site.filter((packet, direction) => {
      if (direction === 'to-server' && mqttPublishTopic(packet)?.startsWith('info/')) sent += 1;
      return 'pass';
    });
    site.proxy.pause();
    sent = 0;
    await pause(long ? 18 * STALL_MS : STALL_MS);
    const inFlight = sent;
    const rows = await eventually('more kept than the windows hold', 60_000, async () => {
      const waiting = (await site.status())?.outbox.rows ?? 0;
      return waiting > 2 * WINDOW ? waiting : null;
    });
    // Now a trickle: less than what arises.
    site.proxy.resume();
    site.proxy.throttle(1_500);
    await pause(6_000);
    const growth = residentBytes(pid) - before;
    site.proxy.throttle(0);
    site.filter(undefined);
    // A stall longer than the resend time sends the windows' content again, and no more than that.
    mustHold(
      inFlight <= 2 * WINDOW * (long ? 14 : 1),
      `${inFlight} messages sent without an acknowledgement`,
    );
    mustHold(growth <= MOST_GROWTH_BYTES, `memory grew by ${mib(growth)} MiB`);
    await site.drained(120_000);
    return {
      runs: 1,
      note: `${inFlight} in flight with windows of ${WINDOW} live and ${WINDOW} backlog, ${rows} kept on disk, memory ${growth < 0 ? '' : '+'}${mib(growth)} MiB`,
    };
  },
};

const mib = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
