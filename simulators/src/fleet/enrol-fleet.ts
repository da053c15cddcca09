import { SimulatorError } from '../errors.js';
import type { StationCredentials } from './light-station.js';

export interface EnrolOptions {
  apiUrl: string;
  operator: { username: string; password: string };
  count: number;
  /** Device numbers are this and a running number. */
  prefix: string;
}

const AT_ONCE = 16;
const TIMEOUT_MS = 120_000;

/**
 * Registers stations at a hub as an operator would and returns their fresh secrets. A device that exists already is used
 * again, with a new secret.
 */
export async function enrolFleet(options: EnrolOptions): Promise<StationCredentials[]> {
  const { count, prefix } = options;
  const devices = Array.from({ length: count }, (_, i) => `${prefix}${String(i + 1).padStart(5, '0')}`);
  const stations = devices.map((device) => ({
    device,
    name: `Light station ${device}`,
    location: placeOf(device),
  }));
  return enrolStations({ ...options, stations });
}

export interface NewStation {
  device: string;
  name: string;
  location: { lat: number; lon: number };
}

/** The same for stations that have names and places. */
export async function enrolStations(options: {
  apiUrl: string;
  operator: { username: string; password: string };
  stations: readonly NewStation[];
}): Promise<StationCredentials[]> {
  const { apiUrl, operator, stations } = options;
  const signIn = await post(`${apiUrl}/auth/v1/token`, { grantType: 'password', ...operator });
  const token = String(signIn.body.accessToken ?? '');
  if (!token) throw hubSaid('sign-in', signIn);
  const credentials: StationCredentials[] = [];
  for (let i = 0; i < stations.length; i += AT_ONCE) {
    const batch = stations.slice(i, i + AT_ONCE).map((station) => enrolOne(apiUrl, token, station));
    credentials.push(...(await Promise.all(batch)));
  }
  return credentials;
}

async function enrolOne(apiUrl: string, token: string, station: NewStation): Promise<StationCredentials> {
  const { device } = station;
  const created = await post(`${apiUrl}/core/v0/stations`, station, token);
  const exists = created.status === 409;
  if (created.status !== 201 && !exists) throw hubSaid(`registering ${device}`, created);
  if (exists) {
    const rotated = await post(`${apiUrl}/auth/v1/stations/${device}/rotate`, undefined, token);
    if (rotated.status === 201) return { device, secret: secretIn(rotated, device) };
    // Registered but never commissioned: it gets a code like a new one.
    if (rotated.status !== 404) throw hubSaid(`a new secret for ${device}`, rotated);
  }
  const issued = await post(`${apiUrl}/auth/v1/stations/${device}/enrol-code`, undefined, token);
  if (issued.status !== 201) throw hubSaid(`a commissioning code for ${device}`, issued);
  const enrolled = await post(`${apiUrl}/auth/v1/stations/enroll`, { device, code: issued.body.code });
  if (enrolled.status !== 200) throw hubSaid(`commissioning ${device}`, enrolled);
  return { device, secret: secretIn(enrolled, device) };
}

/** Somewhere around the middle of Beijing, told from the number. */
function placeOf(device: string): { lat: number; lon: number } {
  const number = Number(/\d+$/.exec(device)?.[0] ?? 0);
  const angle = number * 2.399963;
  const radius = 0.0025 * Math.sqrt(number);
  const [lat, lon] = [39.9042 + radius * Math.sin(angle), 116.4074 + radius * Math.cos(angle)];
  return { lat: Math.round(lat * 1e6) / 1e6, lon: Math.round(lon * 1e6) / 1e6 };
}

function secretIn(answer: Answer, device: string): string {
  if (typeof answer.body.secret === 'string') return answer.body.secret;
  throw hubSaid(`a secret for ${device}`, answer);
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** Waits as told when the hub limits the rate. */
async function post(url: string, body: object | undefined, token?: string): Promise<Answer> {
  for (;;) {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause) => {
      throw new SimulatorError('SIM_UNREACHABLE', `no hub answers at ${url}`, { cause });
    });
    const text = await response.text();
    if (response.status !== 429) {
      return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
    }
    const waitS = Number(response.headers.get('retry-after') ?? 1);
    await new Promise((resolve) => setTimeout(resolve, Math.min(60, Math.max(1, waitS)) * 1000));
  }
}

function hubSaid(what: string, answer: Answer): SimulatorError {
  const detail = String(answer.body.detail ?? answer.body.title ?? '');
  return new SimulatorError('SIM_HUB_REFUSED', `${what}: the hub answered ${answer.status} ${detail}`);
}
