/**
 * Puts a virtual Bluetooth adapter under @abandonware/noble:
 *
 *   VOLTBAY_BLE_HCI=tcp://127.0.0.1:PORT node --require simulators/ble-preload.cjs …
 *
 * It answers require('@abandonware/bluetooth-hci-socket') with a socket that speaks H4 to that address, so noble's own
 * HCI, GAP and GATT code runs unchanged. The native module need not be built, or even be installed. Without the
 * variable nothing is changed.
 */
'use strict';

const { EventEmitter } = require('node:events');
const Module = require('node:module');
const net = require('node:net');

const MODULE_NAME = '@abandonware/bluetooth-hci-socket';
const RETRY_MS = 300;
const EVENT = 0x04;
const ACL = 0x02;
const COMMAND = 0x01;
const DISCONNECTED = 0x05;
const LE_META = 0x3e;
const LE_CONNECTED = 0x01;
const SUPERVISION_TIMEOUT = 0x08;

/** Length of the first H4 packet in a buffer; undefined while its header is incomplete. */
function packetLength(buffer) {
  if (buffer[0] === COMMAND && buffer.length >= 4) return 4 + buffer[3];
  if (buffer[0] === EVENT && buffer.length >= 3) return 3 + buffer[2];
  if (buffer[0] === ACL && buffer.length >= 5) return 5 + buffer.readUInt16LE(3);
  return undefined;
}

class VirtualHciSocket extends EventEmitter {
  constructor() {
    super();
    this.up = false;
    this.handles = new Set();
    this.connect();
  }

  connect() {
    const url = new URL(process.env.VOLTBAY_BLE_HCI);
    const target =
      url.protocol === 'unix:' ? { path: url.pathname } : { host: url.hostname, port: Number(url.port) };
    const socket = net.connect({ ...target, noDelay: true });
    socket.unref();
    this.socket = socket;
    let buffer = Buffer.alloc(0);
    socket.on('connect', () => {
      this.up = true;
    });
    socket.on('data', (bytes) => {
      buffer = Buffer.concat([buffer, bytes]);
      for (;;) {
        const length = packetLength(buffer);
        if (length === undefined || buffer.length < length) return;
        const packet = Buffer.from(buffer.subarray(0, length));
        buffer = buffer.subarray(length);
        this.deliver(packet);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => this.lost());
  }

  /** Follows which links exist, so that they can be ended when the adapter goes away. */
  deliver(packet) {
    if (packet[0] === EVENT) {
      const connected = packet[1] === LE_META && packet[3] === LE_CONNECTED && packet[4] === 0;
      if (connected) this.handles.add(packet.readUInt16LE(5));
      if (packet[1] === DISCONNECTED) this.handles.delete(packet.readUInt16LE(4));
    }
    this.emit('data', packet);
  }

  lost() {
    this.up = false;
    if (this.stopped) return;
    for (const handle of this.handles) {
      this.emit(
        'data',
        Buffer.from([EVENT, DISCONNECTED, 4, 0, handle & 0xff, handle >> 8, SUPERVISION_TIMEOUT]),
      );
    }
    this.handles.clear();
    setTimeout(() => {
      if (!this.stopped) this.connect();
    }, RETRY_MS).unref();
  }

  bindRaw() {}
  bindUser() {}
  bindControl() {}
  start() {}
  /** A host that is done leaves the adapter to the next one. */
  stop() {
    this.stopped = true;
    this.up = false;
    this.socket.destroy();
  }
  setFilter() {}
  getDeviceList() {
    return [
      { devId: 0, devUp: this.up, idVendor: null, idProduct: null, busNumber: null, deviceAddress: null },
    ];
  }
  isDevUp() {
    return this.up;
  }
  write(packet) {
    if (this.up) this.socket.write(Buffer.from(packet));
  }
}

if (process.env.VOLTBAY_BLE_HCI) {
  const load = Module._load;
  Module._load = function loadWithVirtualAdapter(request, ...rest) {
    return request === MODULE_NAME ? VirtualHciSocket : load.call(this, request, ...rest);
  };
  // Off Linux noble would pick the system's own Bluetooth stack; these make it use its HCI code.
  if (process.platform !== 'linux') {
    process.env.BLUETOOTH_HCI_SOCKET_USB_VID ??= '1';
    process.env.BLUETOOTH_HCI_SOCKET_USB_PID ??= '1';
  }
}
