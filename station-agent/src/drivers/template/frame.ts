import { type DecodeResult, decoded, emptyReading, type PackReading, undecodable } from '@voltbay/protocol';
import {
  type Assembler,
  byteAt,
  createAssembler,
  type FieldTable,
  readFields,
  sum8,
} from '@voltbay/protocol/bytes';

/**
 * Wire format of the imaginary device. A real codec stands in `protocol/src/devices/<name>/`, because the simulators, the `decode` command
 * and other programs need it too; it is here so that the template is whole.
 *
 * Request: AA, address, command, sum. Answer: BB, address, command, length, data, sum. `sum` is the sum of all bytes before it.
 */
export type TemplateFrame = { address: number; command: number; data: Uint8Array };

export const READ_STATE = 0x01;
export const MAX_TEMPLATE_FRAME = 5 + 255;

/** One row a field: where it stands, how it is coded, what one unit is. */
const STATE_FIELDS = {
  voltageMv: { at: 0, type: 'u16be', mul: 10 },
  currentMa: { at: 2, type: 's16be', mul: 10 },
  socPct: { at: 4, type: 'u8' },
} as const satisfies FieldTable;
const STATE_BYTES = 5;

export function encodeRead(address: number, command: number): Uint8Array {
  const body = Uint8Array.of(0xaa, address, command);
  return Uint8Array.of(...body, sum8(body));
}

/** Cuts answers out of a byte stream. `more` waits, `bad` is counted and skipped, `none` drops a byte. */
export function createTemplateAssembler(): Assembler<TemplateFrame> {
  return createAssembler<TemplateFrame>({
    maxBytes: MAX_TEMPLATE_FRAME,
    probe(buffer, at) {
      if (buffer[at] !== 0xbb) return { kind: 'none' };
      if (at + 4 > buffer.length) return { kind: 'more' };
      const length = 5 + byteAt(buffer, at + 3);
      if (at + length > buffer.length) return { kind: 'more' };
      const body = buffer.subarray(at, at + length - 1);
      if (sum8(body) !== buffer[at + length - 1])
        return { kind: 'bad', error: 'checksum', detail: 'the last byte is not the sum', skip: 1 };
      const value = { address: byteAt(body, 1), command: byteAt(body, 2), data: body.slice(4) };
      return { kind: 'frame', length, value };
    },
  });
}

/** Check every length before reading: a short answer is refused, never filled up with zeros. */
export function decodeState(data: Uint8Array): DecodeResult<PackReading> {
  if (data.length < STATE_BYTES)
    return undecodable('length', `state has ${data.length} bytes, ${STATE_BYTES} needed`);
  return decoded({ ...emptyReading(), ...readFields(data, STATE_FIELDS) });
}
