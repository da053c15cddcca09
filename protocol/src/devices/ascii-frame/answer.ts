import { sameBytes } from '../../bytes/index.js';
import { type DecodeResult, decoded, undecodable } from '../../domain/reading.js';
import { type AsciiFrame, decodeAsciiFrame } from './frame.js';

/** Return codes of an answer (Pylontech V2.8 section 3.3; 07, 09 and E1–E4 are the PACE family's). */
export const RETURN_CODES: Readonly<Record<number, string>> = {
  1: 'protocol version not supported',
  2: 'checksum of the request was wrong',
  3: 'length checksum of the request was wrong',
  4: 'command not supported',
  5: 'command format wrong',
  6: 'command data invalid',
  7: 'no data',
  9: 'operation failed',
  144: 'address wrong',
  145: 'internal communication failed',
  225: 'CID1 not supported',
  226: 'execution failed',
  227: 'equipment failure',
  228: 'no permission',
};

/** Commands that this family uses: a frame whose CID2 is one of them is a request, seen as echo. */
const REQUEST_CODES = new Set([
  0x42, 0x44, 0x47, 0x4f, 0x51, 0x61, 0x62, 0x63, 0x92, 0x93, 0x96, 0xa1, 0xc1, 0xc2,
]);

/** What an answer must agree with. */
export type ExpectedAnswer = {
  /** The frame that was sent, to recognise its echo. */
  request?: AsciiFrame;
  /** CID1 values that belong to the protocol. */
  cid1: readonly number[];
  versions: readonly number[];
};

/** Decodes a line and refuses echoes, device errors and frames of another protocol. */
export function decodeAsciiAnswer(line: Uint8Array, expected: ExpectedAnswer): DecodeResult<AsciiFrame> {
  const result = decodeAsciiFrame(line);
  return result.ok ? checkAnswer(result.value, expected) : result;
}

/** The checks of {@link decodeAsciiAnswer} on a frame that is already decoded. */
export function checkAnswer(frame: AsciiFrame, expected: ExpectedAnswer): DecodeResult<AsciiFrame> {
  if (expected.request && sameFrame(frame, expected.request)) {
    return undecodable('echo', 'the request came back');
  }
  if (!expected.versions.includes(frame.version) || !expected.cid1.includes(frame.cid1)) {
    const seen = `VER ${frame.version.toString(16)}, CID1 ${frame.cid1.toString(16)}`;
    return undecodable('unknown_type', `${seen} is another protocol`);
  }
  if (frame.cid2 === 0) return decoded(frame);
  const code = frame.cid2.toString(16).padStart(2, '0');
  if (REQUEST_CODES.has(frame.cid2)) return undecodable('echo', `a request (command ${code}) came back`);
  return undecodable('device_error', `return code ${code}: ${RETURN_CODES[frame.cid2] ?? 'not documented'}`);
}

function sameFrame(a: AsciiFrame, b: AsciiFrame): boolean {
  return (
    a.version === b.version &&
    a.address === b.address &&
    a.cid1 === b.cid1 &&
    a.cid2 === b.cid2 &&
    sameBytes(a.info, b.info)
  );
}
