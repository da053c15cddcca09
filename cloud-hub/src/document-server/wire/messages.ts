/** Message header: length, request id, response to, opcode; four little-endian int32. */
export const HEADER_BYTES = 16;
export const OP_REPLY = 1;
export const OP_QUERY = 2004;
export const OP_MSG = 2013;

const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
/** Bits 0-15 must be understood, bits 16-31 may be ignored (MongoDB wire protocol, OP_MSG "Flag Bits"). */
const REQUIRED_FLAGS = 0xffff;

/** A message that is not the wire protocol: the connection is closed. */
export class WireError extends Error {
  readonly code = 'WIRE_PROTOCOL';

  constructor(message: string) {
    super(message);
    this.name = 'WireError';
  }
}

/** A request taken off the wire. */
export interface WireRequest {
  readonly requestId: number;
  readonly opcode: typeof OP_MSG | typeof OP_QUERY;
  /** Command document. */
  readonly body: Buffer;
  readonly sequences: ReadonlyMap<string, readonly Buffer[]>;
  /** False when the client wants no answer (an unacknowledged write). */
  readonly expectsReply: boolean;
  /** The whole message, in bytes. */
  readonly size: number;
}

/** Parses one whole message. @throws WireError */
export function parseMessage(message: Buffer): WireRequest {
  const requestId = message.readInt32LE(4);
  const opcode = message.readInt32LE(12);
  if (opcode === OP_MSG) return parseMsg(message, requestId);
  if (opcode === OP_QUERY) return parseQuery(message, requestId);
  throw new WireError(`opcode ${opcode} is not supported`);
}

function parseMsg(message: Buffer, requestId: number): WireRequest {
  if (message.length < HEADER_BYTES + 5) throw new WireError('OP_MSG is too short');
  const flags = message.readUInt32LE(HEADER_BYTES);
  if ((flags & REQUIRED_FLAGS & ~(CHECKSUM_PRESENT | MORE_TO_COME)) !== 0) {
    throw new WireError(`unknown OP_MSG flag bits 0x${flags.toString(16)}`);
  }
  // The checksum guards against a network; the socket below is local.
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  let body: Buffer | undefined;
  const sequences = new Map<string, Buffer[]>();
  let at = HEADER_BYTES + 4;
  while (at < end) {
    const kind = message[at++];
    if (kind === 0) {
      if (body !== undefined) throw new WireError('OP_MSG with two bodies');
      body = documentAt(message, at, end);
      at += body.length;
    } else if (kind === 1) {
      const size = sizeAt(message, at, end, 6);
      const section = message.subarray(at, at + size);
      const nul = section.indexOf(0, 4);
      if (nul < 0) throw new WireError('document sequence without a name');
      const name = section.toString('utf8', 4, nul);
      if (sequences.has(name)) throw new WireError(`document sequence ${name} appears twice`);
      sequences.set(name, documentsIn(section, nul + 1));
      at += size;
    } else {
      throw new WireError(`unknown OP_MSG section kind ${kind}`);
    }
  }
  if (body === undefined) throw new WireError('OP_MSG without a body');
  const expectsReply = (flags & MORE_TO_COME) === 0;
  return { requestId, opcode: OP_MSG, body, sequences, expectsReply, size: message.length };
}

function documentsIn(section: Buffer, from: number): Buffer[] {
  const documents: Buffer[] = [];
  let at = from;
  while (at < section.length) {
    const document = documentAt(section, at, section.length);
    documents.push(document);
    at += document.length;
  }
  return documents;
}

/** The legacy query of a driver's first hello: flags, collection name, skip, count, document. */
function parseQuery(message: Buffer, requestId: number): WireRequest {
  const nul = message.indexOf(0, HEADER_BYTES + 4);
  if (nul < 0) throw new WireError('OP_QUERY without a collection name');
  if (!message.toString('utf8', HEADER_BYTES + 4, nul).endsWith('.$cmd')) {
    throw new WireError('OP_QUERY is accepted for commands only');
  }
  const body = documentAt(message, nul + 9, message.length);
  return {
    requestId,
    opcode: OP_QUERY,
    body,
    sequences: new Map(),
    expectsReply: true,
    size: message.length,
  };
}

function sizeAt(bytes: Buffer, at: number, end: number, least: number): number {
  if (at + 4 > end) throw new WireError('a length reaches past its message');
  const size = bytes.readInt32LE(at);
  if (size < least || size > end - at) throw new WireError(`bad length ${size}`);
  return size;
}

function documentAt(bytes: Buffer, at: number, end: number): Buffer {
  return bytes.subarray(at, at + sizeAt(bytes, at, end, 5));
}

/** Reply message around a BSON document, in the form the request came in. */
export function encodeReply(request: WireRequest, document: Buffer, requestId: number): Buffer {
  const isQuery = request.opcode === OP_QUERY;
  const fixed = isQuery ? 20 : 5;
  const message = Buffer.alloc(HEADER_BYTES + fixed + document.length);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(requestId, 4);
  message.writeInt32LE(request.requestId, 8);
  message.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12);
  // OP_REPLY: flags, cursor id, starting from, number returned. OP_MSG: flags and section kind 0, all zero.
  if (isQuery) message.writeInt32LE(1, HEADER_BYTES + 16);
  document.copy(message, HEADER_BYTES + fixed);
  return message;
}

/** Length of the message that starts `bytes`. @throws WireError when no message may be that long */
export function messageLength(bytes: Buffer, maxBytes: number): number {
  const length = bytes.readInt32LE(0);
  if (length < HEADER_BYTES || length > maxBytes) throw new WireError(`bad message length ${length}`);
  return length;
}
