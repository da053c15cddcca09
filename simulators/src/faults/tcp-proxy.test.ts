import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../test/support/wait.js';
import { MQTT_PACKET, mqttPacketType, mqttPublishTopic } from './mqtt-packets.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** An echo server behind a proxy, and a client in front of it. */
async function anEcho(mqtt = false): Promise<{ proxy: TcpProxy; client: () => Promise<Client> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  opened.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  const proxy = await startTcpProxy({ host: '127.0.0.1', port, mqtt });
  opened.push(() => proxy.close());
  return { proxy, client: () => aClient(proxy.port) };
}

interface Client {
  send(bytes: string | Buffer): void;
  received(): Buffer;
  closed(): boolean;
  end(): void;
}

function aClient(port: number): Promise<Client> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let received = Buffer.alloc(0);
    let closed = false;
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      closed = true;
    });
    opened.push(() => {
      socket.destroy();
    });
    const client = {
      send: (bytes: string | Buffer) => void socket.write(bytes),
      received: () => received,
      closed: () => closed,
      end: () => void socket.end(),
    };
    socket.once('connect', () => resolve(client));
    socket.once('close', () => resolve(client));
  });
}

describe('TCP proxy', () => {
  it('carries bytes both ways unchanged, a megabyte too, and ends when the client ends', async () => {
    const { client } = await anEcho();
    const one = await client();
    const big = Buffer.alloc(1_500_000, 'voltbay');
    one.send(big);
    await waitUntil('all is back', () => one.received().length === big.length);
    expect(one.received().equals(big)).toBe(true);
    one.end();
    await waitUntil('closed', () => one.closed());
  });

  it('holds everything while paused and loses nothing when resumed', async () => {
    const { proxy, client } = await anEcho();
    const one = await client();
    one.send('a');
    await waitUntil('first byte', () => one.received().length === 1);
    proxy.pause('to-client');
    one.send('bcd');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(one.received().toString()).toBe('a');
    expect(one.closed()).toBe(false);
    proxy.resume();
    await waitUntil('the rest', () => one.received().toString() === 'abcd');
  });

  it('cuts connections and refuses new ones until told otherwise', async () => {
    const { proxy, client } = await anEcho();
    const one = await client();
    one.send('x');
    await waitUntil('echo', () => one.received().length === 1);
    proxy.refuse(true);
    proxy.cut();
    await waitUntil('cut', () => one.closed());
    const refused = await client();
    await waitUntil('refused', () => refused.closed());
    proxy.refuse(false);
    const again = await client();
    again.send('y');
    await waitUntil('echo again', () => again.received().toString() === 'y');
    expect(proxy.connections()).toBe(1);
  });

  it('delays every byte, in order', async () => {
    const { proxy, client } = await anEcho();
    const one = await client();
    proxy.delay(80);
    const began = performance.now();
    one.send('1');
    one.send('2');
    await waitUntil('both', () => one.received().toString() === '12');
    expect(performance.now() - began).toBeGreaterThan(155);
  });

  it('keeps to its speed', async () => {
    const { proxy, client } = await anEcho();
    const one = await client();
    proxy.throttle(20_000);
    const began = performance.now();
    one.send(Buffer.alloc(10_000));
    await waitUntil('all', () => one.received().length === 10_000);
    expect(performance.now() - began).toBeGreaterThan(400);
  });

  it('loses and repeats the MQTT packets that it is told to, however they are cut up', async () => {
    const { proxy, client } = await anEcho(true);
    const publish = (topic: string, text: string) => {
      const body = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic), Buffer.from(text)]);
      return Buffer.concat([Buffer.from([0x30, body.length]), body]);
    };
    const [kept, twice, puback] = [
      publish('info/1', 'kept'),
      publish('info/2', 'twice'),
      Buffer.from([0x40, 2, 0, 7]),
    ];
    proxy.mqttFilter((packet, direction) => {
      if (direction === 'to-client') return 'pass';
      if (mqttPacketType(packet) === MQTT_PACKET.puback) return 'drop';
      return mqttPublishTopic(packet) === 'info/2' ? 'twice' : 'pass';
    });
    const one = await client();
    const stream = Buffer.concat([kept, puback, twice, puback, kept]);
    for (const byte of stream) one.send(Buffer.from([byte]));
    const want = Buffer.concat([kept, twice, twice, kept]);
    await waitUntil('all that shall pass', () => one.received().length >= want.length);
    expect(one.received().equals(want)).toBe(true);
  });

  it('lets packets overtake, replaces them, and puts in its own between whole ones', async () => {
    const { proxy, client } = await anEcho(true);
    const publish = (topic: string) => {
      const body = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic), Buffer.from('text')]);
      return Buffer.concat([Buffer.from([0x30, body.length]), body]);
    };
    const [a, b, c, other] = ['info/a', 'info/b', 'info/c', 'info/other'].map(publish) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    proxy.mqttFilter((packet, direction) => {
      if (direction === 'to-client') return 'pass';
      const topic = mqttPublishTopic(packet);
      return topic === 'info/a' ? 'after-next' : topic === 'info/c' ? other : 'pass';
    });
    const one = await client();
    one.send(Buffer.concat([a, b, c]));
    const want = Buffer.concat([b, a, other]);
    await waitUntil('all three', () => one.received().length >= want.length);
    expect(one.received().equals(want)).toBe(true);
    proxy.inject('to-client', c);
    await waitUntil('the one put in', () => one.received().length >= want.length + c.length);
    expect(one.received().subarray(want.length).equals(c)).toBe(true);
  });
});
