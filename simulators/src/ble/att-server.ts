import {
  type Attribute,
  type GattDatabase,
  hasProperty,
  PRIMARY_SERVICE,
  uuidBytes,
} from './gatt-database.js';
import type { GattCharacteristic, PeripheralLink } from './peripheral.js';

/** Opcodes and errors of the attribute protocol (Core 5.0, Vol 3, Part F, 3.4). */
const OP = {
  error: 0x01,
  mtuRequest: 0x02,
  mtuResponse: 0x03,
  findInfoRequest: 0x04,
  readByTypeRequest: 0x08,
  readRequest: 0x0a,
  readBlobRequest: 0x0c,
  readByGroupRequest: 0x10,
  writeRequest: 0x12,
  writeResponse: 0x13,
  prepareRequest: 0x16,
  prepareResponse: 0x17,
  executeRequest: 0x18,
  executeResponse: 0x19,
  notification: 0x1b,
  confirmation: 0x1e,
  writeCommand: 0x52,
} as const;
const ERR = {
  handle: 0x01,
  readForbidden: 0x02,
  writeForbidden: 0x03,
  pdu: 0x04,
  unsupported: 0x06,
  offset: 0x07,
  notFound: 0x0a,
};
const MIN_MTU = 23;
const MAX_PREPARED = 4096;
const COMMAND_FLAG = 0x40;

/** The attribute server of one connection. */
export interface AttServer extends PeripheralLink {
  receive(pdu: Buffer): void;
  close(): void;
}

export function createAttServer(options: {
  database: GattDatabase;
  maxMtu: number;
  send: (pdu: Buffer) => void;
}): AttServer {
  const { database, maxMtu, send } = options;
  let mtu = MIN_MTU;
  let alive = true;
  const subscriptions = new Map<GattCharacteristic, number>();
  let prepared: { handle: number; data: Buffer }[] = [];

  const handleBytes = (handle: number) => Buffer.from([handle & 0xff, handle >> 8]);
  const refuse = (opcode: number, handle: number, code: number) =>
    send(Buffer.from([OP.error, opcode, handle & 0xff, handle >> 8, code]));

  function encodedValue(attribute: Attribute): Buffer {
    switch (attribute.kind) {
      case 'service':
        return uuidBytes(attribute.uuid);
      case 'declaration':
        return attribute.value;
      case 'configuration':
        return handleBytes(subscriptions.get(attribute.characteristic) ?? 0);
      case 'value':
        return Buffer.from(attribute.characteristic.read?.() ?? []);
    }
  }

  /** Entries of equal length that fit one answer, as the list responses want them. */
  function listAnswer(opcode: number, start: number, entries: Buffer[]) {
    const length = entries[0]?.length;
    if (length === undefined) return refuse(opcode, start, ERR.notFound);
    const room = Math.floor((mtu - 2) / length);
    const fitting: Buffer[] = [];
    for (const entry of entries) {
      if (entry.length !== length || fitting.length >= room) break;
      fitting.push(entry);
    }
    send(Buffer.concat([Buffer.from([opcode + 1, length]), ...fitting]));
  }

  function readByType(opcode: number, pdu: Buffer) {
    const start = pdu.readUInt16LE(1);
    const end = pdu.readUInt16LE(3);
    const wanted = Buffer.from(pdu.subarray(5)).reverse().toString('hex');
    if (opcode === OP.readByGroupRequest && wanted !== PRIMARY_SERVICE) {
      return refuse(opcode, start, ERR.notFound);
    }
    const entries = database.attributes
      .filter((a) => a.handle >= start && a.handle <= end && a.type === wanted)
      .map((a) => {
        const group = a.kind === 'service' ? handleBytes(a.endHandle) : Buffer.alloc(0);
        return Buffer.concat([handleBytes(a.handle), group, encodedValue(a)]).subarray(
          0,
          Math.min(mtu - 2, 255),
        );
      });
    listAnswer(opcode, start, entries);
  }

  function findInformation(pdu: Buffer) {
    const start = pdu.readUInt16LE(1);
    const end = pdu.readUInt16LE(3);
    const found = database.attributes.filter((a) => a.handle >= start && a.handle <= end);
    const width = found[0] ? uuidBytes(found[0].type).length : 0;
    if (width === 0) return refuse(OP.findInfoRequest, start, ERR.notFound);
    const parts: Buffer[] = [];
    const room = Math.floor((mtu - 2) / (2 + width));
    for (const a of found) {
      const uuid = uuidBytes(a.type);
      if (uuid.length !== width || parts.length >= room) break;
      parts.push(Buffer.concat([handleBytes(a.handle), uuid]));
    }
    send(Buffer.concat([Buffer.from([OP.findInfoRequest + 1, width === 2 ? 1 : 2]), ...parts]));
  }

  function read(opcode: number, pdu: Buffer) {
    const handle = pdu.readUInt16LE(1);
    const attribute = database.at(handle);
    if (!attribute) return refuse(opcode, handle, ERR.handle);
    if (attribute.kind === 'value' && !hasProperty(attribute.properties, 'read')) {
      return refuse(opcode, handle, ERR.readForbidden);
    }
    const offset = opcode === OP.readBlobRequest ? pdu.readUInt16LE(3) : 0;
    const value = encodedValue(attribute);
    if (offset > value.length) return refuse(opcode, handle, ERR.offset);
    send(Buffer.concat([Buffer.from([opcode + 1]), value.subarray(offset, offset + mtu - 1)]));
  }

  function writable(attribute: Attribute, withResponse: boolean): boolean {
    if (attribute.kind === 'configuration') return withResponse;
    if (attribute.kind !== 'value') return false;
    return hasProperty(attribute.properties, withResponse ? 'write' : 'writeWithoutResponse');
  }

  function store(attribute: Attribute, data: Buffer): void {
    if (attribute.kind === 'configuration') {
      const bits = data.length >= 2 ? data.readUInt16LE(0) : 0;
      subscriptions.set(attribute.characteristic, bits);
      if (bits & 1) attribute.characteristic.subscribed?.(server);
    } else if (attribute.kind === 'value') attribute.characteristic.write?.(data, server);
  }

  function write(pdu: Buffer, withResponse: boolean) {
    const handle = pdu.readUInt16LE(1);
    const attribute = database.at(handle);
    if (!attribute || !writable(attribute, withResponse)) {
      if (withResponse) refuse(OP.writeRequest, handle, attribute ? ERR.writeForbidden : ERR.handle);
      return;
    }
    if (withResponse) send(Buffer.from([OP.writeResponse]));
    store(attribute, Buffer.from(pdu.subarray(3)));
  }

  function prepare(pdu: Buffer) {
    const size = prepared.reduce((sum, part) => sum + part.data.length, 0);
    const handle = pdu.readUInt16LE(1);
    if (size + pdu.length > MAX_PREPARED) return refuse(OP.prepareRequest, handle, ERR.offset);
    prepared.push({ handle, data: Buffer.from(pdu.subarray(5)) });
    const answer = Buffer.from(pdu);
    answer[0] = OP.prepareResponse;
    send(answer);
  }

  function execute(pdu: Buffer) {
    const parts = prepared;
    prepared = [];
    send(Buffer.from([OP.executeResponse]));
    const attribute = parts[0] && database.at(parts[0].handle);
    if (pdu[1] === 1 && attribute && writable(attribute, true)) {
      store(attribute, Buffer.concat(parts.map((part) => part.data)));
    }
  }

  /** Shortest valid PDU of each opcode; shorter ones are refused before they are read. */
  const MIN_LENGTH: Partial<Record<number, number>> = {
    [OP.mtuRequest]: 3,
    [OP.findInfoRequest]: 5,
    [OP.readByTypeRequest]: 7,
    [OP.readByGroupRequest]: 7,
    [OP.readRequest]: 3,
    [OP.readBlobRequest]: 5,
    [OP.writeRequest]: 3,
    [OP.writeCommand]: 3,
    [OP.prepareRequest]: 5,
    [OP.executeRequest]: 2,
  };

  const server: AttServer = {
    receive(pdu) {
      const opcode = pdu[0];
      if (opcode === undefined || !alive) return;
      if (pdu.length < (MIN_LENGTH[opcode] ?? 1)) return refuse(opcode, 0, ERR.pdu);
      switch (opcode) {
        case OP.mtuRequest: {
          mtu = Math.max(MIN_MTU, Math.min(pdu.readUInt16LE(1), maxMtu));
          return send(Buffer.concat([Buffer.from([OP.mtuResponse]), handleBytes(maxMtu)]));
        }
        case OP.readByTypeRequest:
        case OP.readByGroupRequest:
          return readByType(opcode, pdu);
        case OP.findInfoRequest:
          return findInformation(pdu);
        case OP.readRequest:
        case OP.readBlobRequest:
          return read(opcode, pdu);
        case OP.writeRequest:
          return write(pdu, true);
        case OP.writeCommand:
          return write(pdu, false);
        case OP.prepareRequest:
          return prepare(pdu);
        case OP.executeRequest:
          return execute(pdu);
        case OP.confirmation:
          return;
        default:
          // Commands want no answer, even when they are unknown.
          if ((opcode & COMMAND_FLAG) === 0) refuse(opcode, 0, ERR.unsupported);
      }
    },
    notify(characteristic, data) {
      const handle = database.valueHandle(characteristic);
      if (!alive || handle === undefined || !((subscriptions.get(characteristic) ?? 0) & 1)) return false;
      const value = Buffer.from(data).subarray(0, mtu - 3);
      send(Buffer.concat([Buffer.from([OP.notification]), handleBytes(handle), value]));
      return true;
    },
    alive: () => alive,
    close() {
      alive = false;
    },
  };
  return server;
}
