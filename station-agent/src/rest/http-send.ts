import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';

export type HttpRequest = {
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  timeoutMs: number;
  /** A longer answer is an error: nothing unbounded is kept in memory. */
  maxAnswerBytes: number;
};
export type HttpAnswer = { status: number; statusText: string; text: string };
/** One request and its whole answer. Rejects when there is none within `timeoutMs`. */
export type HttpSend = (url: string, request: HttpRequest) => Promise<HttpAnswer>;

/** Over node:http, which the MQTT client has loaded anyway: the built-in fetch costs a station 8 MB more. */
export const httpSend: HttpSend = (url, { method, headers, body, timeoutMs, maxAnswerBytes }) =>
  new Promise((resolve, reject) => {
    const target = new URL(url);
    const open = target.protocol === 'https:' ? requestSecure : requestPlain;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const call = open(
      target,
      { method, headers: { ...headers, ...length }, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          if (size > maxAnswerBytes)
            call.destroy(new Error(`the answer is longer than ${maxAnswerBytes} bytes`));
          else parts.push(part);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            statusText: response.statusMessage ?? '',
            text: Buffer.concat(parts).toString('utf8'),
          }),
        );
      },
    );
    call.on('error', (error) =>
      reject(error.name === 'AbortError' ? new Error(`no answer within ${timeoutMs} ms`) : error),
    );
    call.end(body);
  });
