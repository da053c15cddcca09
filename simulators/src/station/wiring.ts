import { join } from 'node:path';
import type { BluetoothAdapter } from '../ble/hci-server.js';
import { createPackPeripheral } from '../ble/pack-peripheral.js';
import { SimulatorError } from '../errors.js';
import { attachDevice } from '../pty/serial-link.js';
import type { VirtualPort } from '../pty/virtual-port.js';
import type { Random } from '../random.js';
import type { Bay } from './bay.js';
import type { ValidStationConfig } from './config.js';
import { createLineDevice } from './line-device.js';
import type { Media } from './media.js';
import type { StockedPack } from './pack-stock.js';

const DEFAULT_PACK_BAUD = 9_600;

export interface WiredPort {
  readonly port: VirtualPort;
  readonly baudRate: number;
  echo: boolean;
}

/** The station's cables and radio: everything through which the agent reaches the hardware. */
export interface Wiring {
  readonly ports: ReadonlyMap<string, WiredPort>;
  readonly bluetooth: BluetoothAdapter;
  sendCabinetLine(line: string): void;
  /** Throws SIM_NO_PORT for an unknown name. */
  requirePort(name: string): WiredPort;
  /** Brings the radio in line with which packs stand in the station. */
  refreshRadio(): void;
  setVanished(serial: string, vanished: boolean): void;
  vanished(serial: string): boolean;
  close(): Promise<void>;
}

export async function createWiring(options: {
  config: ValidStationConfig;
  bays: readonly Bay[];
  directory: string;
  media: Media;
  random: Random;
  onCabinetData: (bytes: Uint8Array) => void;
}): Promise<Wiring> {
  const { config, bays, directory, media, random } = options;
  const ports = new Map<string, WiredPort>();
  const vanished = new Set<string>();
  const onAir = new Map<string, string>();
  const linkOf = (name: string) => join(directory, `tty-${name}`);

  const bluetooth = await media.openRadio(stationAddress(config.device));
  try {
    const cabinet = media.openPort({
      link: linkOf('cabinet'),
      baudRate: config.cabinetBaudRate,
      onData: options.onCabinetData,
    });
    ports.set('cabinet', { port: cabinet, baudRate: config.cabinetBaudRate, echo: false });
    for (const name of packPorts(config)) {
      const baudRate = config.baudRates[name] ?? DEFAULT_PACK_BAUD;
      const device = createLineDevice({ name, bays, random, echo: () => ports.get(name)?.echo ?? false });
      ports.set(name, {
        port: attachDevice({ link: linkOf(name), baudRate, device, openPort: media.openPort }),
        baudRate,
        echo: false,
      });
    }
  } catch (error) {
    await close();
    throw error;
  }

  function radioPacks(): StockedPack[] {
    return bays.flatMap((bay) => {
      const here = bay.compartment.pack();
      return here?.pack.spec.languages.includes('ble') && !vanished.has(here.serial) ? [here] : [];
    });
  }

  function refreshRadio(): void {
    const wanted = new Map(radioPacks().map((stocked) => [stocked.serial, stocked]));
    for (const [serial, address] of onAir) {
      if (wanted.has(serial)) continue;
      bluetooth.remove(address);
      onAir.delete(serial);
    }
    for (const [serial, wired] of wanted) {
      if (onAir.has(serial)) continue;
      const address = packAddress(serial);
      const options = { address, name: serial, wired, random: random.fork(`ble-${serial}`) };
      bluetooth.add(createPackPeripheral(wired.make, options));
      onAir.set(serial, address);
    }
  }

  async function close(): Promise<void> {
    for (const { port } of ports.values()) port.close();
    await bluetooth.close();
  }

  refreshRadio();

  return {
    ports,
    bluetooth,
    sendCabinetLine: (line) => ports.get('cabinet')?.port.send(Buffer.from(line, 'latin1')),
    requirePort(name) {
      const port = ports.get(name);
      if (port) return port;
      throw new SimulatorError('SIM_NO_PORT', `no port ${name}; there are ${[...ports.keys()].join(', ')}`);
    },
    refreshRadio,
    setVanished(serial, gone) {
      if (gone) vanished.add(serial);
      else vanished.delete(serial);
      refreshRadio();
    },
    vanished: (serial) => vanished.has(serial),
    close,
  };
}

function packPorts(config: ValidStationConfig): Set<string> {
  return new Set(config.slots.flatMap(({ interface: wire }) => ('port' in wire ? [wire.port] : [])));
}

/** A stable address from a text: FNV-1a, 24 bits behind a vendor prefix. */
function addressFrom(prefix: string, text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  const tail = [16, 8, 0].map((shift) => ((hash >>> shift) & 0xff).toString(16).padStart(2, '0'));
  return `${prefix}:${tail.join(':')}`;
}

const packAddress = (serial: string) => addressFrom('a4:c1:38', serial);
const stationAddress = (device: string) => addressFrom('00:1b:dc', device);
