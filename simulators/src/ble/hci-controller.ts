import { type AttServer, createAttServer } from './att-server.js';
import { createGattDatabase, type GattDatabase, uuidBytes } from './gatt-database.js';
import { H4 } from './h4.js';
import type { BlePeripheral, GattService } from './peripheral.js';

/** Command opcodes that a host uses (Core 5.0, Vol 4, Part E, 7). */
const CMD = {
  disconnect: 0x0406,
  setEventMask: 0x0c01,
  reset: 0x0c03,
  readLeHostSupport: 0x0c6c,
  writeLeHostSupport: 0x0c6d,
  readLocalVersion: 0x1001,
  readBufferSize: 0x1005,
  readBdAddr: 0x1009,
  readRssi: 0x1405,
  leSetEventMask: 0x2001,
  leReadBufferSize: 0x2002,
  leSetRandomAddress: 0x2005,
  leSetScanParameters: 0x200b,
  leSetScanEnable: 0x200c,
  leCreateConnection: 0x200d,
  leCancelConnection: 0x200e,
  leConnectionUpdate: 0x2013,
  leSetDefaultPhy: 0x2031,
} as const;
const EVT = { disconnected: 0x05, complete: 0x0e, status: 0x0f, completedPackets: 0x13, leMeta: 0x3e };
const LE = { connection: 0x01, advertisement: 0x02, connectionUpdate: 0x03 };
const STATUS = {
  ok: 0x00,
  unknownCommand: 0x01,
  unknownConnection: 0x02,
  supervisionTimeout: 0x08,
  disallowed: 0x0c,
  badParameters: 0x12,
  localEnd: 0x16,
};
const ATT_CHANNEL = 0x0004;
const ACL_LENGTH = 27;
const ACL_PACKETS = 8;
const ADVERTISING_MS = 150;
const CONNECT_MS = 20;
const BLUETOOTH_5_0 = 0x09;

export interface HciController {
  /** A packet from the host. */
  receive(packet: Buffer): void;
  /** Brings a device into range. */
  add(peripheral: BlePeripheral): void;
  /** Takes it out of range: its links die by supervision timeout. */
  remove(address: string): void;
  /** Peripherals that are connected now. */
  connected(): readonly string[];
  /** As a power cycle: links and scans are forgotten without a word. */
  reset(): void;
}

interface Link {
  readonly handle: number;
  readonly address: string;
  readonly server: AttServer;
  partial: Buffer;
}

interface Known {
  readonly peripheral: BlePeripheral;
  readonly database: GattDatabase;
}

const word = (value: number) => Buffer.from([value & 0xff, (value >> 8) & 0xff]);
const addressBytes = (address: string) => Buffer.from(address.split(':').reverse().join(''), 'hex');
const addressText = (bytes: Buffer) =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, '0'))
    .reverse()
    .join(':');

/**
 * A virtual Bluetooth LE controller: HCI commands in, events and data out, with the devices in range behind it. It
 * runs in real time; enough of HCI for a central such as noble's own HCI code.
 */
export function createHciController(options: {
  address: string;
  send: (packet: Buffer) => void;
}): HciController {
  const { address, send } = options;
  const known = new Map<string, Known>();
  const links = new Map<number, Link>();
  let nextHandle = 0x40;
  let scan: { timer: NodeJS.Timeout; filterDuplicates: boolean; seen: Set<string> } | undefined;
  let pending: { address: string; timer?: NodeJS.Timeout } | undefined;

  function event(code: number, ...parts: (number | Buffer)[]): void {
    const body = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));
    send(Buffer.concat([Buffer.from([H4.event, code, body.length]), body]));
  }
  const complete = (opcode: number, ...result: (number | Buffer)[]) =>
    event(EVT.complete, 1, word(opcode), ...result);
  const status = (opcode: number, code: number) => event(EVT.status, code, 1, word(opcode));

  const linkTo = (peripheral: string) => [...links.values()].find((link) => link.address === peripheral);

  function sendAcl(handle: number, payload: Buffer): void {
    const l2cap = Buffer.concat([word(payload.length), word(ATT_CHANNEL), payload]);
    for (let offset = 0; offset < l2cap.length; offset += ACL_LENGTH) {
      const part = l2cap.subarray(offset, offset + ACL_LENGTH);
      const boundary = offset === 0 ? 0b10 : 0b01;
      send(Buffer.concat([Buffer.from([H4.acl]), word(handle | (boundary << 12)), word(part.length), part]));
    }
  }

  function advertise(): void {
    for (const { peripheral } of known.values()) {
      if (!scan || !peripheral.connectable() || linkTo(peripheral.address)) continue;
      if (scan.filterDuplicates && scan.seen.has(peripheral.address)) continue;
      scan.seen.add(peripheral.address);
      const [data, response] = advertisingData(peripheral);
      report(peripheral, 0x00, data);
      report(peripheral, 0x04, response);
    }
  }

  function report(peripheral: BlePeripheral, type: number, data: Buffer): void {
    const addressType = peripheral.addressType === 'random' ? 1 : 0;
    const tail = [addressBytes(peripheral.address), data.length, data, peripheral.rssi() & 0xff];
    event(EVT.leMeta, LE.advertisement, 1, type, addressType, ...tail);
  }

  function setScan(enable: boolean, filterDuplicates: boolean): void {
    if (scan) clearInterval(scan.timer);
    scan = undefined;
    if (!enable) return;
    const timer = setInterval(advertise, ADVERTISING_MS);
    timer.unref();
    scan = { timer, filterDuplicates, seen: new Set() };
    setImmediate(advertise);
  }

  function connectionEvent(code: number, handle: number, peer: string, addressType: number): void {
    const parameters = [word(24), word(0), word(42), 0];
    event(EVT.leMeta, LE.connection, code, word(handle), 0, addressType, addressBytes(peer), ...parameters);
  }

  /** Completes a waiting connect once its device is there. A device out of range keeps it waiting, as a radio would. */
  function tryConnect(): void {
    const wanted = pending;
    const target = wanted && known.get(wanted.address);
    if (!wanted || !target || wanted.timer || !target.peripheral.connectable() || linkTo(wanted.address))
      return;
    wanted.timer = setTimeout(() => {
      wanted.timer = undefined;
      if (pending !== wanted || known.get(wanted.address) !== target || !target.peripheral.connectable())
        return;
      pending = undefined;
      openLink(target);
    }, CONNECT_MS);
  }

  function openLink({ peripheral, database }: Known): void {
    const handle = nextHandle;
    nextHandle = nextHandle >= 0xeff ? 0x40 : nextHandle + 1;
    const server = createAttServer({
      database,
      maxMtu: peripheral.maxMtu,
      send: (pdu) => sendAcl(handle, pdu),
    });
    links.set(handle, { handle, address: peripheral.address, server, partial: Buffer.alloc(0) });
    connectionEvent(STATUS.ok, handle, peripheral.address, peripheral.addressType === 'random' ? 1 : 0);
  }

  function dropLink(link: Link, reason: number): void {
    if (!links.delete(link.handle)) return;
    link.server.close();
    event(EVT.disconnected, STATUS.ok, word(link.handle), reason);
  }

  function receiveAcl(packet: Buffer): void {
    const flags = packet.readUInt16LE(1);
    const handle = flags & 0xfff;
    const link = links.get(handle);
    if (!link) return;
    // Without credit for each packet the host stops writing after a few.
    setImmediate(() => links.has(handle) && event(EVT.completedPackets, 1, word(handle), word(1)));
    const data = packet.subarray(5, 5 + packet.readUInt16LE(3));
    const continued = ((flags >> 12) & 0b11) === 0b01;
    link.partial = continued ? Buffer.concat([link.partial, data]) : Buffer.from(data);
    if (link.partial.length < 4) return;
    const length = link.partial.readUInt16LE(0);
    if (link.partial.length < 4 + length) return;
    const channel = link.partial.readUInt16LE(2);
    const payload = Buffer.from(link.partial.subarray(4, 4 + length));
    link.partial = Buffer.alloc(0);
    if (channel === ATT_CHANNEL) link.server.receive(payload);
  }

  function createConnection(opcode: number, args: Buffer) {
    if (args.length < 12) return status(opcode, STATUS.badParameters);
    if (pending) return status(opcode, STATUS.disallowed);
    pending = { address: addressText(args.subarray(6, 12)) };
    status(opcode, STATUS.ok);
    tryConnect();
  }

  function cancelConnection(opcode: number) {
    const cancelled = pending;
    if (!cancelled) return complete(opcode, STATUS.disallowed);
    clearTimeout(cancelled.timer);
    pending = undefined;
    complete(opcode, STATUS.ok);
    connectionEvent(STATUS.unknownConnection, 0, cancelled.address, 0);
  }

  function disconnect(opcode: number, args: Buffer) {
    const link = args.length >= 2 ? links.get(args.readUInt16LE(0)) : undefined;
    if (!link) return status(opcode, STATUS.unknownConnection);
    status(opcode, STATUS.ok);
    setImmediate(() => dropLink(link, STATUS.localEnd));
  }

  function readRssi(opcode: number, args: Buffer) {
    const handle = args.length >= 2 ? args.readUInt16LE(0) : 0;
    const peripheral = known.get(links.get(handle)?.address ?? '')?.peripheral;
    const code = peripheral ? STATUS.ok : STATUS.unknownConnection;
    complete(opcode, code, word(handle), (peripheral?.rssi() ?? 127) & 0xff);
  }

  function connectionUpdate(opcode: number, args: Buffer) {
    if (args.length < 10) return status(opcode, STATUS.badParameters);
    status(opcode, STATUS.ok);
    event(EVT.leMeta, LE.connectionUpdate, STATUS.ok, args.subarray(0, 2), args.subarray(4, 10));
  }

  function command(opcode: number, args: Buffer) {
    switch (opcode) {
      case CMD.reset:
        reset();
        return complete(opcode, STATUS.ok);
      case CMD.setEventMask:
      case CMD.leSetEventMask:
      case CMD.writeLeHostSupport:
      case CMD.leSetDefaultPhy:
      case CMD.leSetRandomAddress:
      case CMD.leSetScanParameters:
        return complete(opcode, STATUS.ok);
      case CMD.readLeHostSupport:
        return complete(opcode, STATUS.ok, 1, 0);
      case CMD.readLocalVersion:
        return complete(opcode, STATUS.ok, BLUETOOTH_5_0, word(0), BLUETOOTH_5_0, word(0xffff), word(0));
      case CMD.readBufferSize:
        return complete(opcode, STATUS.ok, word(1021), 64, word(ACL_PACKETS), word(0));
      case CMD.leReadBufferSize:
        return complete(opcode, STATUS.ok, word(ACL_LENGTH), ACL_PACKETS);
      case CMD.readBdAddr:
        return complete(opcode, STATUS.ok, addressBytes(address));
      case CMD.leSetScanEnable:
        setScan(args[0] === 1, args[1] === 1);
        return complete(opcode, STATUS.ok);
      case CMD.leCreateConnection:
        return createConnection(opcode, args);
      case CMD.leCancelConnection:
        return cancelConnection(opcode);
      case CMD.disconnect:
        return disconnect(opcode, args);
      case CMD.readRssi:
        return readRssi(opcode, args);
      case CMD.leConnectionUpdate:
        return connectionUpdate(opcode, args);
      default:
        return complete(opcode, STATUS.unknownCommand);
    }
  }

  function reset(): void {
    setScan(false, false);
    clearTimeout(pending?.timer);
    pending = undefined;
    for (const link of links.values()) link.server.close();
    links.clear();
  }

  return {
    receive(packet) {
      if (packet[0] === H4.command) command(packet.readUInt16LE(1), packet.subarray(4));
      else if (packet[0] === H4.acl) receiveAcl(packet);
    },
    add(peripheral) {
      const services: GattService[] = [deviceNameService(peripheral.name), ...peripheral.services];
      known.set(peripheral.address, { peripheral, database: createGattDatabase(services) });
      tryConnect();
    },
    remove(gone) {
      known.delete(gone);
      const link = linkTo(gone);
      if (link) dropLink(link, STATUS.supervisionTimeout);
    },
    connected: () => [...links.values()].map((link) => link.address),
    reset,
  };
}

/** Every device has the generic access service with its name. */
function deviceNameService(name: string): GattService {
  const value = Buffer.from(name, 'utf8');
  return { uuid: '1800', characteristics: [{ uuid: '2a00', properties: ['read'], read: () => value }] };
}

const field = (type: number, data: Buffer) => Buffer.concat([Buffer.from([data.length + 1, type]), data]);

/** Advertisement and scan response, 31 bytes each at most (Core 5.0, Vol 3, Part C, 11). */
function advertisingData(peripheral: BlePeripheral): [Buffer, Buffer] {
  const services = Buffer.concat(peripheral.advertisedServices.map(uuidBytes));
  const parts = [field(0x01, Buffer.from([0x06]))];
  if (services.length > 0) parts.push(field(0x03, services));
  if (peripheral.manufacturerData) parts.push(field(0xff, Buffer.from(peripheral.manufacturerData)));
  return [
    Buffer.concat(parts).subarray(0, 31),
    field(0x09, Buffer.from(peripheral.name, 'utf8').subarray(0, 29)),
  ];
}
