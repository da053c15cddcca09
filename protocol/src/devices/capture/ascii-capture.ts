import { concatBytes, fromAscii, fromHex, toHex } from '../../bytes/index.js';
import type { DecodeFailure, DecodeResult } from '../../domain/reading.js';
import { type AsciiFrame, asciiCandidates, checkAnswer, decodeAsciiFrame } from '../ascii-frame/index.js';
import type { CaptureInput } from './case.js';

/** How a member of the `~` family reads its answers. */
export type AsciiDialect<A> = {
  versions: readonly number[];
  cid1: readonly number[];
  /** Meaning of a sound answer to a command code; undefined when the code is not one that is read. */
  interpret: (commandCode: number, frame: AsciiFrame) => DecodeResult<A> | undefined;
  /** Meaning by shape alone, when the request is not known. */
  infer: (frame: AsciiFrame) => A | undefined;
};

/** One understood answer with the frame that carried it and the request, when known. */
export type AsciiAnswer<A> = { answer: A; frame: AsciiFrame; request?: AsciiFrame };

export type AsciiSession<A> = {
  answers: AsciiAnswer<A>[];
  /** Sound frames whose meaning is not known. */
  others: AsciiFrame[];
  failures: DecodeFailure[];
};

/** Cuts a capture into frames and pairs each answer with its request, in order. */
export function readAsciiSession<A>(input: CaptureInput, dialect: AsciiDialect<A>): AsciiSession<A> {
  const requests = input.requests.map(requestOf);
  const session: AsciiSession<A> = { answers: [], others: [], failures: [] };
  let turn = 0;
  for (const piece of asciiCandidates(concatBytes(input.frames))) {
    const frame = decodeAsciiFrame(piece);
    if (!frame.ok) {
      session.failures.push(frame);
      turn += 1;
      continue;
    }
    const request = requests.length === 1 ? requests[0] : requests[turn];
    const checked = checkAnswer(frame.value, { ...dialect, ...(request && { request }) });
    if (!checked.ok) {
      session.failures.push(checked);
      if (checked.error !== 'echo') turn += 1;
      continue;
    }
    turn += 1;
    const code = request?.cid2 ?? (requests.length === 0 ? input.commandCode : undefined);
    readAnswer(session, dialect, frame.value, request, code, requests.length > 1);
  }
  return session;
}

/** A request as sent. Some hosts count LENGTH in bytes, which devices take; what matters here stands before it. */
function requestOf(bytes: Uint8Array): AsciiFrame | undefined {
  const frame = decodeAsciiFrame(bytes);
  if (frame.ok) return frame.value;
  const [piece] = asciiCandidates(bytes);
  const digits = fromAscii(piece ?? new Uint8Array(0))
    .slice(1)
    .trim();
  const parts = fromHex(digits.slice(0, 8));
  const info = fromHex(digits.slice(12, -4));
  const [version, address, cid1, cid2] = parts ?? [];
  if (version === undefined || address === undefined || cid1 === undefined || cid2 === undefined)
    return undefined;
  return { version, address, cid1, cid2, info: info ?? new Uint8Array(0) };
}

function readAnswer<A>(
  session: AsciiSession<A>,
  dialect: AsciiDialect<A>,
  frame: AsciiFrame,
  request: AsciiFrame | undefined,
  code: number | undefined,
  pairingUnsure: boolean,
): void {
  const asked = code === undefined ? undefined : dialect.interpret(code, frame);
  if (asked?.ok) {
    session.answers.push(request ? { answer: asked.value, frame, request } : { answer: asked.value, frame });
    return;
  }
  // With several requests an unanswered one shifts the pairing, so the shape decides.
  const inferred = code === undefined || pairingUnsure ? dialect.infer(frame) : undefined;
  if (inferred !== undefined) session.answers.push({ answer: inferred, frame });
  else if (asked) session.failures.push(asked);
  else session.others.push(frame);
}

/** Info entries for sound frames without a known meaning. */
export function unknownFrameInfo(frames: readonly AsciiFrame[]): Record<string, string | boolean | string[]> {
  const hex = frames.map((frame) => toHex(frame.info));
  if (hex.length === 0) return {};
  return hex.length === 1 ? { frameOk: true, infoHex: hex[0] ?? '' } : { frameOk: true, infosHex: hex };
}
