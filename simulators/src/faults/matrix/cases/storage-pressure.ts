import { type FaultContext, mustHold } from '../case.js';
import { alarmAtHub, alarmAtStation, happening } from '../observe.js';

/**
 * The station's disk takes nothing more in the middle of a swap and without a network. The swap must end, its records must survive,
 * telemetry makes room, an alarm stands, and everything is well again by itself once there is room.
 */
export async function fullInTheMiddleOfASwap(
  { site, swap, within }: FaultContext,
  fault: { apply(): void; relieve(): void },
): Promise<string> {
  const since = (await site.truth()).at;
  const running = swap({ timeoutMs: 180_000 });
  await happening(site, 'latch released', since);
  site.offline(true);
  fault.apply();
  try {
    await happening(site, 'pack removed', since, 90_000);
    await alarmAtStation(site, 'disk-full', true, 120_000);
  } finally {
    fault.relieve();
    site.offline(false);
  }
  const relievedMs = performance.now();
  const { order, taken } = await running;
  mustHold(order?.state === 'completed' && taken !== null, `the swap: ${order?.state} ${order?.reason}`);
  await alarmAtStation(site, 'disk-full', false);
  const recovered = within('alarm cleared unaided after', performance.now() - relievedMs, 60_000);
  const alarm = await alarmAtHub(site, 'disk-full');
  return `swap finished on a full disk, ${recovered}, alarm counted ${alarm.count} times`;
}

/** Small and frequent reports fill a disk soon. */
export const BUSY_STATION = { uplink: { infoIntervalS: 1, keepaliveS: 30 }, polling: { idleMs: 1_000 } };
