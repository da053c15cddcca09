import type { HardwareConfig } from '../hardware/config.js';
import type { PackSourceStats } from '../hardware/ports.js';
import { judgeBle } from './ble-check.js';
import { type Finding, ok, problem, skipped } from './finding.js';
import { judgeCabinet } from './judge-devices.js';

/** The part of the running agent's `status` that doctor judges by. */
export type LiveStatus = {
  pid: number;
  device: string;
  epoch: number;
  hub: { state: string; lastError: string | null };
  cabinet: {
    up: boolean;
    identity: Parameters<typeof judgeCabinet>[0]['identity'];
  };
  hardware: PackSourceStats;
};
export type LiveSlot = { slot: number; occupied: boolean | null };

/** A pack that was read within this time answers, whatever failed before. */
const FRESH_MS = 30_000;

/** Ports that the agent holds. One that it does not hold is opened by doctor itself, to learn why. */
export function portsHeld(live: LiveStatus, config: HardwareConfig): Set<string> {
  const held = new Set(live.hardware.buses.filter(({ up }) => up).map(({ port }) => port));
  if (live.cabinet.up) held.add(config.cabinet.port);
  return held;
}

/** Cabinet and packs as the agent sees them: doctor does not take the ports from it. */
export function judgeLive(
  live: LiveStatus,
  slots: readonly LiveSlot[],
  config: HardwareConfig,
  minFirmware: string,
  nowMs: number,
): Finding[] {
  const { hardware } = live;
  const port = config.ports[config.cabinet.port];
  const subject = `${config.cabinet.port} (${port?.path ?? '?'})`;
  const cabinet =
    live.cabinet.identity && live.cabinet.up
      ? judgeCabinet({
          subject,
          baudRate: port?.baudRate ?? 0,
          identity: live.cabinet.identity,
          foundAt: null,
          minFirmware,
        })
      : [
          problem(
            'cabinet',
            'cabinet-silent',
            'the agent gets no answer; stop it and run doctor again to try other baud rates',
            subject,
          ),
        ];
  const ble = hardware.ble ? [judgeBle(hardware.ble.state, hardware.ble.detail)] : [];
  return [
    ...cabinet,
    ...config.slots.flatMap((slot) => judgeSlot(slot.slot, slots, hardware, nowMs)),
    ...ble,
  ];
}

function judgeSlot(
  slot: number,
  slots: readonly LiveSlot[],
  { slots: stats }: PackSourceStats,
  nowMs: number,
): Finding[] {
  const stat = stats.find((one) => one.slot === slot);
  if (!stat || slots.find((one) => one.slot === slot)?.occupied !== true) return [];
  const subject = `slot ${slot}`;
  const figures = `${stat.reads} read, ${stat.silent} silent, ${stat.badFrames} bad`;
  const why = stat.lastError ? `; ${stat.lastError}` : '';
  const fresh = stat.lastGoodAtMs !== undefined && nowMs - stat.lastGoodAtMs < FRESH_MS;
  if (!stat.lastError || fresh)
    return stat.reads > 0 ? [ok('packs', figures, subject)] : [skipped('packs', `${subject}: not read yet`)];
  const garbled = stat.badFrames > stat.silent;
  return [
    problem('packs', garbled ? 'bus-noise' : 'pack-silent', `${stat.driver}: ${figures}${why}`, subject),
  ];
}
