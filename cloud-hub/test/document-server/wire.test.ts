import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { BSON, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInProcess, type TestServer } from './start-in-process.js';

const OP_MSG = 2013;
const OP_QUERY = 2004;

function message(opcode: number, body: Buffer, requestId = 7): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(16 + body.length, 0);
  header.writeInt32LE(requestId, 4);
  header.writeInt32LE(opcode, 12);
  return Buffer.concat([header, body]);
}

function section(kind: 0 | 1, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([kind]), payload]);
}

function sequence(name: string, documents: readonly Document[]): Buffer {
  const body = Buffer.concat([
    Buffer.from(`${name}\0`),
    ...documents.map((d) => Buffer.from(BSON.serialize(d))),
  ]);
  const size = Buffer.alloc(4);
  size.writeInt32LE(body.length + 4);
  return section(1, Buffer.concat([size, body]));
}

function opMsg(command: Document, ...sequences: Buffer[]): Buffer {
  const flags = Buffer.alloc(4);
  return message(
    OP_MSG,
    Buffer.concat([flags, section(0, Buffer.from(BSON.serialize(command))), ...sequences]),
  );
}

describe('wire protocol', () => {
  let server: TestServer;
  let port: number;
  beforeAll(async () => {
    server = await startInProcess();
    port = Number(new URL(server.uri).port);
  });
  afterAll(() => server.close());

  /** Sends bytes in the given pieces; resolves with what came back once `enough` says so or the server hangs up. */
  function exchange(
    pieces: readonly Buffer[],
    enough: (received: Buffer) => boolean,
  ): Promise<Buffer | 'closed'> {
    return new Promise((resolve) => {
      let received = Buffer.alloc(0);
      const socket: Socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => resolve('closed'));
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (!enough(received)) return;
        resolve(received);
        socket.destroy();
      });
      socket.on('connect', async () => {
        for (const piece of pieces) await new Promise<void>((sent) => socket.write(piece, () => sent()));
      });
    });
  }

  const whole = (received: Buffer) => received.length >= 4 && received.length >= received.readInt32LE(0);

  async function reply(bytes: Buffer): Promise<Document> {
    const answer = await exchange([bytes], whole);
    if (answer === 'closed') throw new Error('the server closed the connection');
    return BSON.deserialize(answer.subarray(21));
  }

  it('answers the legacy OP_QUERY hello of a first connection', async () => {
    const query = Buffer.concat([
      Buffer.alloc(4),
      Buffer.from('admin.$cmd\0'),
      Buffer.from([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from(BSON.serialize({ isMaster: 1, helloOk: true })),
    ]);
    const answer = await exchange([message(OP_QUERY, query, 41)], whole);
    if (answer === 'closed') throw new Error('the server closed the connection');
    expect([answer.readInt32LE(8), answer.readInt32LE(12)]).toEqual([41, 1]);
    expect(BSON.deserialize(answer.subarray(36))).toMatchObject({ helloOk: true, maxWireVersion: 21, ok: 1 });
  });

  it('takes documents from a document sequence', async () => {
    const documents = [{ _id: 1 }, { _id: 2 }];
    const insert = { insert: 'sequenced', $db: 'test' };
    expect(await reply(opMsg(insert, sequence('documents', documents)))).toMatchObject({ n: 2, ok: 1 });
  });

  it('understands a message however it is cut into packets, and two in one packet', async () => {
    const ping = opMsg({ ping: 1, $db: 'admin' });
    for (let cut = 1; cut < ping.length; cut++) {
      expect(await exchange([ping.subarray(0, cut), ping.subarray(cut)], whole)).not.toBe('closed');
    }
    const both = await exchange(
      [Buffer.concat([ping, ping])],
      (received) => whole(received) && received.length === 2 * received.readInt32LE(0),
    );
    expect(both).not.toBe('closed');
  });

  it('answers a broken BSON body with InvalidBSON and goes on', async () => {
    const body = Buffer.from(BSON.serialize({ ping: 1, name: 'abc', $db: 'admin' }));
    body[body.indexOf('abc') + 3] = 0x41;
    const bytes = message(OP_MSG, Buffer.concat([Buffer.alloc(4), section(0, body)]));
    expect(await reply(bytes)).toMatchObject({ ok: 0, code: 22, codeName: 'InvalidBSON' });
  });

  it('hangs up on bytes that are not the protocol', async () => {
    const impossible = Buffer.alloc(16);
    impossible.writeInt32LE(48_000_001, 0);
    const ping = opMsg({ ping: 1, $db: 'admin' });
    const unknownFlag = Buffer.from(ping);
    unknownFlag.writeUInt32LE(1 << 5, 16);
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      impossible,
      message(2012, Buffer.alloc(8)),
      unknownFlag,
    ]) {
      expect(await exchange([bytes], whole)).toBe('closed');
    }
  });

  it('survives any damage to valid messages: it answers or hangs up, and serves the next client', async () => {
    const insert = opMsg(
      { insert: 'fuzzed', ordered: true, $db: 'test', lsid: { id: new BSON.UUID() } },
      sequence('documents', [{ a: [1, { b: 'text' }], when: new Date(0), id: new BSON.ObjectId() }]),
    );
    const update = opMsg({
      update: 'fuzzed',
      updates: [{ q: { a: 1 }, u: { $set: { 'a.0': 2 } }, upsert: true }],
      $db: 'test',
    });
    const damage = fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(insert, update),
        damage,
        fc.option(fc.nat({ max: 200 })),
        async (good, changes, cut) => {
          const bytes = Buffer.from(good);
          // The length stays true, or the server would rightly wait for more.
          for (const [at, value] of changes) bytes[4 + (at % (bytes.length - 4))] = value;
          const sent =
            cut === null ? bytes : Buffer.concat([bytes.subarray(0, 4), bytes.subarray(4 + (cut % 40))]);
          if (cut !== null) sent.writeInt32LE(sent.length, 0);
          const flags = sent.length >= 20 ? sent.readUInt32LE(16) : 0;
          // A message that asks for no reply gets none; a ping behind it shows the connection lives.
          const ping = (flags & 2) !== 0 ? opMsg({ ping: 1, $db: 'admin' }) : Buffer.alloc(0);
          const answer = await exchange([Buffer.concat([sent, ping])], whole);
          if (answer !== 'closed') expect(answer.readInt32LE(0)).toBeGreaterThan(16);
        },
      ),
      { numRuns: 300 },
    );
    expect(await server.client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 });
  }, 60_000);

  it('survives random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 16, maxLength: 200 }), async (random) => {
        const bytes = Buffer.from(random);
        bytes.writeInt32LE(bytes.length, 0);
        bytes.writeInt32LE(OP_MSG, 12);
        if (bytes.length >= 20) bytes.writeUInt32LE(0, 16);
        await exchange([bytes], whole);
      }),
      { numRuns: 200 },
    );
    expect(await server.client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 });
  }, 60_000);
});
