import mqtt from 'mqtt';
import { messageOf } from '../errors.js';
import { type CauseCode, type Finding, ok, problem, skipped } from './finding.js';

/** What the REST service said. `hubMs` is its clock by the Date header, with the answer's arrival on ours. */
export type ApiVisit = { findings: Finding[]; clock: { hubMs: number; atMs: number; tripMs: number } | null };

const TIMEOUT_MS = 8_000;
/** What OpenSSL says of a certificate that it does not take; the rest of TLS is one cause. */
const CERTIFICATE: readonly (readonly [RegExp, CauseCode])[] = [
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, 'tls-expired'],
  [/ALTNAME_INVALID/, 'tls-name'],
  [/SELF_SIGNED|UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER|CERT_UNTRUSTED/, 'tls-authority'],
];
const TLS =
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS|ERR_SSL|EPROTO|ALTNAME|SSL routines/i;

/** Why a connection failed, from the innermost error. */
export function connectionCause(
  error: unknown,
  unreachable: CauseCode,
): { cause: CauseCode; detail: string } {
  let inner: unknown = error;
  while (inner instanceof Error && inner.cause) inner = inner.cause;
  if (inner instanceof AggregateError && inner.errors.length > 0) inner = inner.errors[0];
  const code = String((inner as { code?: unknown } | null)?.code ?? '');
  const detail = [messageOf(inner), messageOf(inner).includes(code) ? '' : code].filter(Boolean).join(' ');
  if (/ENOTFOUND|EAI_AGAIN/.test(code)) return { cause: 'name-unknown', detail };
  const certificate = CERTIFICATE.find(([pattern]) => pattern.test(code));
  if (certificate) {
    const names = (inner as { cert?: { subjectaltname?: string } }).cert?.subjectaltname;
    return { cause: certificate[1], detail: names ? `${detail}; it is for ${names}` : detail };
  }
  if (TLS.test(`${code} ${messageOf(inner)}`)) return { cause: 'tls-failed', detail };
  return { cause: unreachable, detail: detail || 'no answer in time' };
}

/** Signs in at the hub as the station does. */
export async function visitApi(
  apiUrl: string,
  identity: { device: string; secret: string | null },
  nowMs: () => number,
  doFetch: typeof fetch = fetch,
): Promise<ApiVisit> {
  const base = apiUrl.replace(/\/+$/, '');
  const startMs = nowMs();
  let response: Response;
  try {
    response = await (identity.secret === null
      ? doFetch(`${base}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
      : doFetch(`${base}/auth/v1/token`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ grantType: 'station', ...identity }),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        }));
    await response.arrayBuffer();
  } catch (error) {
    const { cause, detail } = connectionCause(error, 'hub-unreachable');
    return { findings: [problem('hub', cause, detail, base)], clock: null };
  }
  const atMs = nowMs();
  const hubMs = Date.parse(response.headers.get('date') ?? '');
  const clock = Number.isNaN(hubMs) ? null : { hubMs, atMs, tripMs: atMs - startMs };
  const { status } = response;
  if (identity.secret !== null && (status === 401 || status === 403))
    return {
      findings: [
        ok('hub', `answers in ${atMs - startMs} ms`, base),
        problem('credentials', 'credentials-wrong', `the token service answered ${status}`, identity.device),
      ],
      clock,
    };
  // Without a secret the question was only whether anybody answers.
  if (identity.secret !== null ? status >= 400 : status >= 500)
    return { findings: [problem('hub', 'hub-failing', `HTTP ${status}`, base)], clock };
  return {
    findings: [
      ok('hub', `answers in ${atMs - startMs} ms`, base),
      ...(identity.secret === null ? [] : [ok('credentials', 'the hub accepts the secret', identity.device)]),
    ],
    clock,
  };
}

/** The Date header counts whole seconds; half of the trip may be on either side. */
const CLOCK_LIMIT_MS = 5_000;

export function judgeClock(clock: NonNullable<ApiVisit['clock']>): Finding {
  const offsetMs = Math.round(clock.atMs - clock.tripMs / 2 - (clock.hubMs + 500));
  const detail = `${(offsetMs / 1000).toFixed(1)} s against the hub`;
  return Math.abs(offsetMs) > CLOCK_LIMIT_MS
    ? problem('clock', 'clock-off', detail)
    : ok('clock', `within ${CLOCK_LIMIT_MS / 1000} s of the hub (${detail})`);
}

/** Bad user name or password, not authorized (MQTT 3.1.1, 3.2.2.3); 134, 135 in MQTT 5. */
const REFUSED: ReadonlySet<number> = new Set([4, 5, 134, 135]);

/** One MQTT session under a client identifier of its own: says nothing, subscribes to nothing. */
export async function visitBroker(
  mqttUrl: string,
  identity: { device: string; secret: string | null },
): Promise<Finding[]> {
  if (identity.secret === null) return [skipped('broker', 'no credentials to sign in with')];
  const { device, secret } = identity;
  const client = mqtt.connect(mqttUrl, {
    clientId: `vb-${device}-doctor`,
    username: device,
    password: secret,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: TIMEOUT_MS,
    protocolVersion: 4,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
      client.once('close', () => reject(new Error('the connection was closed without an answer')));
      setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS).unref();
    });
    return [ok('broker', 'lets the station in', mqttUrl)];
  } catch (error) {
    const code = Number((error as { code?: unknown }).code);
    if (REFUSED.has(code))
      return [problem('credentials', 'credentials-wrong', `the broker refused: ${messageOf(error)}`, device)];
    const { cause, detail } = connectionCause(error, 'broker-unreachable');
    return [problem('broker', cause, detail, mqttUrl)];
  } finally {
    client.on('error', () => {});
    await client.endAsync(true).catch(() => {});
  }
}
