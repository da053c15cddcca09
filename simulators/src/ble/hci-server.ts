import { createServer, type Socket } from 'node:net';
import { createH4Splitter } from './h4.js';
import { createHciController, type HciController } from './hci-controller.js';

/** A virtual Bluetooth adapter that one host at a time reaches over H4 on a loopback TCP port. */
export interface BluetoothAdapter extends Pick<HciController, 'add' | 'remove' | 'connected'> {
  /** What the host needs in VOLTBAY_BLE_HCI. */
  readonly url: string;
  /** Adapter goes away (hosts see it down), and comes back on the same address. */
  setPowered(on: boolean): Promise<void>;
  powered(): boolean;
  close(): Promise<void>;
}

export async function startBluetoothAdapter(options: {
  address: string;
  port?: number;
}): Promise<BluetoothAdapter> {
  let host: Socket | undefined;
  let powered = true;
  let closed = false;
  const controller = createHciController({
    address: options.address,
    send: (packet) => {
      if (host?.writable) host.write(packet);
    },
  });

  const server = createServer({ noDelay: true }, (socket) => {
    // A second host takes over, as a second process that opens a real adapter exclusively would.
    host?.destroy();
    controller.reset();
    host = socket;
    const split = createH4Splitter((packet) => {
      if (host === socket) controller.receive(packet);
    });
    socket.on('data', (bytes) => {
      if (!split(bytes)) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (host !== socket) return;
      host = undefined;
      controller.reset();
    });
  });

  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        const bound = server.address();
        resolve(typeof bound === 'object' && bound ? bound.port : port);
      });
    });
  const stopListening = () =>
    new Promise<void>((resolve) => {
      host?.destroy();
      if (server.listening) server.close(() => resolve());
      else resolve();
    });

  const port = await listen(options.port ?? 0);

  return {
    url: `tcp://127.0.0.1:${port}`,
    add: controller.add,
    remove: controller.remove,
    connected: controller.connected,
    powered: () => powered,
    async setPowered(on) {
      if (closed || on === powered) return;
      powered = on;
      if (on) await listen(port);
      else await stopListening();
    },
    async close() {
      closed = true;
      await stopListening();
      controller.reset();
    },
  };
}
