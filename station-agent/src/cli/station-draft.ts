import type { SerialFinding } from '../discovery/serial-scan.js';
import type { BleFinding } from '../discovery/station-scan.js';

export type DraftAnswers = {
  device: string;
  apiUrl: string;
  mqttUrl: string;
  dataDir: string;
  enrolCode?: string;
  packClass: string;
};

type SlotDraft = { slot: number; packClass: string; pack?: Record<string, string | number> };

/** A config file's content: shaped like one, judged by the config schema. */
export type StationDraft = {
  device: string;
  hub: { apiUrl: string; mqttUrl: string };
  dataDir: string;
  enrolCode?: string;
  hardware: {
    ports: Record<string, { path: string; baudRate: number }>;
    cabinet: { driver: string; port: string };
    slots: SlotDraft[];
  };
};

/**
 * Makes a station's config of what a scan found. Packs go to slots in the order of bus and address, as cabinets are wired; slots beyond
 * the found packs have no reader yet. Null when no cabinet was found.
 */
export function draftStation(
  answers: DraftAnswers,
  serial: readonly SerialFinding[],
  ble: readonly BleFinding[],
): StationDraft | null {
  const cabinet = serial.find((one) => one.kind === 'cabinet');
  if (!cabinet) return null;
  const ports: StationDraft['hardware']['ports'] = {
    cabinet: { path: cabinet.path, baudRate: cabinet.baudRate },
  };
  const packs: Record<string, string | number>[] = [];
  for (const found of serial) {
    if (found.kind !== 'pack') continue;
    let name = Object.keys(ports).find((key) => ports[key]?.path === found.path);
    if (name === undefined) {
      name = `bus${Object.keys(ports).length}`;
      ports[name] = { path: found.path, baudRate: found.baudRate };
    }
    packs.push({
      driver: found.driver,
      port: name,
      ...(found.address !== undefined && { address: found.address }),
    });
  }
  for (const { driver, name, address } of ble)
    if (driver !== null) packs.push(name === undefined ? { driver, address } : { driver, name });
  const count = Math.max(cabinet.identity.slotCount, packs.length);
  const { device, apiUrl, mqttUrl, dataDir, enrolCode, packClass } = answers;
  return {
    device,
    hub: { apiUrl, mqttUrl },
    dataDir,
    ...(enrolCode && { enrolCode }),
    hardware: {
      ports,
      cabinet: { driver: cabinet.driver, port: 'cabinet' },
      slots: Array.from({ length: count }, (_, index): SlotDraft => {
        const pack = packs[index];
        return { slot: index + 1, packClass, ...(pack && { pack }) };
      }),
    },
  };
}
