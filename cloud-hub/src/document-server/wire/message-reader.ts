import { messageLength } from './messages.js';

/** Cuts a byte stream into wire messages. Holds at most one unfinished message. */
export class MessageReader {
  private readonly maxBytes: number;
  private chunks: Buffer[] = [];
  private buffered = 0;
  /** Length of the message being received; 0 until its first four bytes are here. */
  private expected = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The messages that `chunk` completes. @throws WireError on an impossible length */
  push(chunk: Buffer): Buffer[] {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      if (this.expected === 0) {
        if (this.buffered < 4) return messages;
        this.expected = messageLength(this.joined(), this.maxBytes);
      }
      if (this.buffered < this.expected) return messages;
      const all = this.joined();
      messages.push(all.subarray(0, this.expected));
      const rest = all.subarray(this.expected);
      this.chunks = rest.length > 0 ? [rest] : [];
      this.buffered = rest.length;
      this.expected = 0;
    }
  }

  private joined(): Buffer {
    if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks, this.buffered)];
    return this.chunks[0] as Buffer;
  }
}
