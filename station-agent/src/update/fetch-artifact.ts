import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';

/** The server, or the file, is not what was announced: trying again does not help. */
export class FetchRefusedError extends Error {
  override readonly name = 'FetchRefusedError';
}

const IDLE_MS = 30_000;

/**
 * Fetches a file into `file`, going on after what is there already (Range). Resolves when the answer was complete.
 * @throws FetchRefusedError for a 4xx or more than `maxBytes`; any other error is worth another try, which goes on from there
 */
export async function fetchInto(
  file: string,
  options: { url: string; headers: Readonly<Record<string, string>>; maxBytes: number; signal: AbortSignal },
): Promise<void> {
  const { maxBytes } = options;
  const handle = openSync(file, 'a+', 0o640);
  try {
    let size = fstatSync(handle).size;
    const range: Record<string, string> = size > 0 ? { range: `bytes=${size}-` } : {};
    const response = await open(options.url, { ...options.headers, ...range }, options.signal);
    const { statusCode: status = 0 } = response;
    if (status === 416) {
      // Nothing beyond what is there: whole already, or another file. The checksum tells.
      response.resume();
      return;
    }
    if (status !== 200 && status !== 206) {
      response.resume();
      const what = `${options.url}: ${status} ${response.statusMessage ?? ''}`;
      if (status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status))
        throw new FetchRefusedError(what);
      throw new Error(what);
    }
    if (status === 200) {
      ftruncateSync(handle, 0);
      size = 0;
    }
    for await (const part of response) {
      size += (part as Buffer).length;
      if (size > maxBytes) {
        response.destroy();
        throw new FetchRefusedError(`${options.url}: longer than ${maxBytes} bytes`);
      }
      writeSync(handle, part as Buffer);
    }
    if (!response.complete) throw new Error(`${options.url}: the answer broke off at ${size} bytes`);
  } finally {
    closeSync(handle);
  }
}

function open(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const send = target.protocol === 'https:' ? requestSecure : requestPlain;
    const call = send(target, { headers, signal }, resolve);
    call.setTimeout(IDLE_MS, () => call.destroy(new Error(`${url}: silent for ${IDLE_MS / 1000} s`)));
    call.on('error', reject);
    call.end();
  });
}
