import { isAbsolute, resolve } from 'node:path';
import { isTimeZone } from '@voltbay/protocol';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { parseNetwork } from '../http/address-rules.js';
import { type AppLinks, androidAppOf, isIosAppId } from '../http/app-links.js';
import { publicKeyOf } from '../releases/update-keys.js';

export const HUB_ROLES = ['api', 'stargate', 'ingest', 'tasks'] as const;
export type HubRole = (typeof HUB_ROLES)[number];
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** The hub's settings, checked and frozen. Made by `readConfig`; nothing else reads the environment. */
export type HubConfig = Readonly<{
  http: Readonly<{
    host: string;
    /** 0 = any free port. */
    port: number;
    /** Address that stations and browsers are told; null = derived from host and port. */
    publicUrl: string | null;
    corsOrigins: readonly string[];
    trustedProxies: number;
    perPrincipalPerMinute: number;
    perAddressPerMinute: number;
    /** Networks as CIDR. A caller in `deny` is refused; with a non-empty `allow`, so is one outside it. */
    allow: readonly string[];
    deny: readonly string[];
    /** How long the hub keeps serving after it says that it is not ready, so that a balancer can turn away. */
    drainMs: number;
    /** Shared with an external MQTT broker that asks who may do what; null = those questions are refused. */
    brokerSecret: string | null;
  }>;
  mqtt: Readonly<{
    /** Port of the embedded broker; 0 = any free port. */
    port: number;
    /** An external broker; null = embedded. */
    url: string | null;
    publicUrl: string | null;
  }>;
  store: Readonly<{
    /** An external document store; null = embedded, in `dataDir`. */
    mongodbUri: string | null;
    dbName: string;
  }>;
  dataDir: string;
  /** File with the payment providers' settings; null = no payments. */
  paymentsFile: string | null;
  /** 32 random bytes as hex or base64; null = made and kept in `dataDir`. */
  rootSecret: string | null;
  /** Tenant that riders sign in to by phone. */
  tenantId: string;
  roles: readonly HubRole[];
  logLevel: (typeof LOG_LEVELS)[number];
  demo: Readonly<{ stationSecret: string | null }> | null;
  /** Webhooks may go to private addresses and plain http: for tests and closed networks. */
  privateWebhooks: boolean;
  /** Expo's push service; null = its public address, and no access token. */
  push: Readonly<{ expoUrl: string | null; expoAccessToken: string | null }>;
  /** Collector of traces (OTLP/HTTP); null = none. */
  tracing: Readonly<{ endpoint: string; serviceName: string }> | null;
  /** Who may sign updates of the agent: raw Ed25519 public keys as base64url. */
  updateKeys: readonly string[];
  /** IANA name: in which days are counted for figures and reports. */
  timeZone: string;
  web: Readonly<{ adminDir: string | null; appDir: string | null }>;
  appLinks: AppLinks;
}>;

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['0', '1', 'true', 'false']).transform((text) => text === '1' || text === 'true');
const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)));
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);

const networks = list.pipe(z.array(z.string().refine((text) => parseNetwork(text) !== null)));
const NETWORKS_FIX = 'a list of addresses and networks, for example 10.0.0.0/8,192.168.1.7,2001:db8::/32';

/** Each variable: its form, and what a person should write instead of a wrong value. */
const VARIABLES = {
  PORT: { schema: port, fix: 'a port from 0 to 65535, for example 8080 (0 = any free port)' },
  HOST: {
    schema: z.string().min(1).max(255),
    fix: 'an address to listen on, for example 127.0.0.1 or 0.0.0.0',
  },
  MQTT_PORT: { schema: port, fix: 'a port from 0 to 65535, for example 1883 (0 = any free port)' },
  MONGODB_URI: {
    schema: url('mongodb', 'mongodb+srv'),
    fix: 'a mongodb:// address, or leave it out for the embedded store',
  },
  MQTT_URL: {
    schema: url('mqtt', 'mqtts', 'ws', 'wss'),
    fix: 'an mqtt:// or mqtts:// address, or leave it out for the embedded broker',
  },
  VOLTBAY_DATA: {
    schema: z.string().min(1),
    fix: 'a folder that the hub may write to, for example ./var/hub',
  },
  VOLTBAY_DB: {
    schema: z.string().regex(/^[A-Za-z0-9_-]{1,38}$/),
    fix: 'a database name of letters, digits, - and _',
  },
  VOLTBAY_SECRET: {
    schema: z.string().refine((text) => secretBytes(text) !== null),
    fix: '32 random bytes as hex or base64, for example from: openssl rand -hex 32',
  },
  VOLTBAY_PAYMENTS: {
    schema: z.string().min(1).max(4_096),
    fix: 'a JSON file with the settings of alipay and wechat, for example var/payment-gateway/payments.json',
  },
  VOLTBAY_TENANT: {
    schema: z.string().regex(/^[a-z0-9-]{1,32}$/),
    fix: 'lower-case letters, digits and -, for example main',
  },
  VOLTBAY_ROLES: {
    schema: list.pipe(z.array(z.enum(HUB_ROLES)).min(1)),
    fix: `a list out of ${HUB_ROLES.join(',')}`,
  },
  VOLTBAY_DEMO: { schema: flag, fix: '1 or 0' },
  VOLTBAY_DEMO_STATION_SECRET: { schema: z.string().min(8).max(256), fix: '8 to 256 characters' },
  VOLTBAY_PUBLIC_URL: { schema: url('http', 'https'), fix: 'an http:// or https:// address' },
  VOLTBAY_MQTT_PUBLIC_URL: { schema: url('mqtt', 'mqtts'), fix: 'an mqtt:// or mqtts:// address' },
  VOLTBAY_CORS_ORIGINS: {
    schema: list.pipe(z.array(z.union([z.literal('*'), url('http', 'https')]))),
    fix: 'a list of origins such as https://admin.example.com, or *',
  },
  VOLTBAY_TRUSTED_PROXIES: {
    schema: z.coerce.number().int().min(0).max(10),
    fix: 'the number of proxies in front of the hub, 0 to 10',
  },
  VOLTBAY_RATE_PER_PRINCIPAL: {
    schema: z.coerce.number().int().min(0).max(10_000_000),
    fix: 'requests a minute of one caller, 0 = no limit',
  },
  VOLTBAY_RATE_PER_ADDRESS: {
    schema: z.coerce.number().int().min(0).max(10_000_000),
    fix: 'requests a minute from one address without a caller, 0 = no limit',
  },
  VOLTBAY_WEBHOOK_PRIVATE: { schema: flag, fix: '1 to let webhooks reach private addresses, else 0' },
  VOLTBAY_EXPO_URL: {
    schema: url('http', 'https'),
    fix: 'the address of a push service that speaks as Expo does',
  },
  VOLTBAY_EXPO_TOKEN: { schema: z.string().min(8).max(400), fix: 'an access token of your Expo account' },
  VOLTBAY_TIME_ZONE: {
    schema: z.string().refine(isTimeZone),
    fix: 'an IANA time zone, for example Asia/Shanghai',
  },
  VOLTBAY_IP_ALLOW: { schema: networks, fix: NETWORKS_FIX },
  VOLTBAY_IP_DENY: { schema: networks, fix: NETWORKS_FIX },
  VOLTBAY_DRAIN_MS: {
    schema: z.coerce.number().int().min(0).max(60_000),
    fix: 'milliseconds from 0 to 60000 between "not ready" and the end, for example 5000 behind a load balancer',
  },
  VOLTBAY_BROKER_SECRET: {
    schema: z.string().min(24).max(256),
    fix: '24 to 256 characters, for example from: openssl rand -hex 32',
  },
  VOLTBAY_UPDATE_KEYS: {
    schema: list.pipe(z.array(z.string().refine((text) => publicKeyOf(text) !== null)).max(10)),
    fix: 'a list of Ed25519 public keys, each 32 bytes as base64url (the `x` of its JWK)',
  },
  VOLTBAY_IOS_APPS: {
    schema: list.pipe(z.array(z.string().refine(isIosAppId)).max(10)),
    fix: 'a list of <team>.<bundle id>, for example ABCDE12345.org.voltbay.rider',
  },
  VOLTBAY_ANDROID_APPS: {
    schema: list.pipe(
      z
        .array(z.string().refine((text) => androidAppOf(text) !== null))
        .max(20)
        .transform((apps) => apps.flatMap((text) => androidAppOf(text) ?? [])),
    ),
    fix: 'a list of <package>=<SHA-256 of the signing certificate, 32 pairs of hex digits with colons>',
  },
  VOLTBAY_ADMIN_DIR: { schema: z.string().min(1), fix: 'the folder of the built admin pages' },
  VOLTBAY_APP_DIR: { schema: z.string().min(1), fix: 'the folder of the built app pages' },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: url('http', 'https'),
    fix: 'the http:// or https:// address of an OpenTelemetry collector, for example http://127.0.0.1:4318',
  },
  OTEL_SERVICE_NAME: { schema: z.string().min(1).max(100), fix: 'a name of at most 100 characters' },
  LOG_LEVEL: { schema: z.enum(LOG_LEVELS), fix: `one of ${LOG_LEVELS.join(', ')}` },
} as const;
type Variable = keyof typeof VARIABLES;
export const CONFIG_VARIABLES = Object.keys(VARIABLES) as readonly Variable[];

export type RawConfig = Readonly<Partial<Record<string, string>>>;

/** Environment (with command-line options laid over it) to settings. Throws ConfigError naming the variable and the fix. */
export function readConfig(env: RawConfig, context: { cwd: string; repoRoot: string | null }): HubConfig {
  const read = <V extends Variable>(name: V): z.output<(typeof VARIABLES)[V]['schema']> | undefined => {
    const text = env[name];
    if (text === undefined || text === '') return undefined;
    const result = VARIABLES[name].schema.safeParse(text);
    if (result.success) return result.data as z.output<(typeof VARIABLES)[V]['schema']>;
    const shown = /SECRET|TOKEN|URI/.test(name) ? 'the value' : JSON.stringify(text);
    throw new ConfigError(`${name}: ${shown} is not valid; use ${VARIABLES[name].fix}`);
  };
  for (const name of Object.keys(env))
    if (name.startsWith('VOLTBAY_') && !(name in VARIABLES) && !FOREIGN.test(name))
      throw new ConfigError(`${name}: no such setting; did you mean ${nearest(name)}?`);
  const path = (text: string) => (isAbsolute(text) ? text : resolve(context.cwd, text));
  const optionalPath = (text: string | undefined) => (text === undefined ? null : path(text));
  const demo = read('VOLTBAY_DEMO') ?? false;
  const web = (name: 'VOLTBAY_ADMIN_DIR' | 'VOLTBAY_APP_DIR', folder: string) => {
    const configured = read(name);
    if (configured !== undefined) return path(configured);
    return context.repoRoot === null ? null : resolve(context.repoRoot, folder, 'dist');
  };
  const tracesTo = read('OTEL_EXPORTER_OTLP_ENDPOINT');
  const roles = read('VOLTBAY_ROLES') ?? [...HUB_ROLES];
  const mqttUrl = read('MQTT_URL') ?? null;
  if (mqttUrl === null && !roles.includes('ingest'))
    throw new ConfigError(
      'VOLTBAY_ROLES: without ingest this process has no broker of its own; add ingest, or set MQTT_URL to the broker of the others',
    );
  return deepFreeze({
    http: {
      host: read('HOST') ?? '127.0.0.1',
      port: read('PORT') ?? 8080,
      publicUrl: read('VOLTBAY_PUBLIC_URL')?.replace(/\/+$/, '') ?? null,
      corsOrigins: read('VOLTBAY_CORS_ORIGINS') ?? [],
      trustedProxies: read('VOLTBAY_TRUSTED_PROXIES') ?? 0,
      perPrincipalPerMinute: read('VOLTBAY_RATE_PER_PRINCIPAL') ?? 6_000,
      perAddressPerMinute: read('VOLTBAY_RATE_PER_ADDRESS') ?? 1_200,
      allow: read('VOLTBAY_IP_ALLOW') ?? [],
      deny: read('VOLTBAY_IP_DENY') ?? [],
      drainMs: read('VOLTBAY_DRAIN_MS') ?? 0,
      brokerSecret: read('VOLTBAY_BROKER_SECRET') ?? null,
    },
    mqtt: {
      port: read('MQTT_PORT') ?? 1883,
      url: mqttUrl,
      publicUrl: read('VOLTBAY_MQTT_PUBLIC_URL') ?? null,
    },
    store: { mongodbUri: read('MONGODB_URI') ?? null, dbName: read('VOLTBAY_DB') ?? 'voltbay' },
    dataDir: path(read('VOLTBAY_DATA') ?? './var/hub'),
    paymentsFile: optionalPath(read('VOLTBAY_PAYMENTS')),
    rootSecret: read('VOLTBAY_SECRET') ?? null,
    tenantId: read('VOLTBAY_TENANT') ?? (demo ? 'demo' : 'main'),
    roles,
    logLevel: read('LOG_LEVEL') ?? 'info',
    demo: demo ? { stationSecret: read('VOLTBAY_DEMO_STATION_SECRET') ?? null } : null,
    privateWebhooks: read('VOLTBAY_WEBHOOK_PRIVATE') ?? false,
    push: {
      expoUrl: read('VOLTBAY_EXPO_URL')?.replace(/\/+$/, '') ?? null,
      expoAccessToken: read('VOLTBAY_EXPO_TOKEN') ?? null,
    },
    tracing:
      tracesTo === undefined
        ? null
        : {
            endpoint: tracesTo.replace(/\/+$/, ''),
            serviceName: read('OTEL_SERVICE_NAME') ?? 'voltbay-hub',
          },
    updateKeys: read('VOLTBAY_UPDATE_KEYS') ?? [],
    timeZone: read('VOLTBAY_TIME_ZONE') ?? 'Asia/Shanghai',
    appLinks: { ios: read('VOLTBAY_IOS_APPS') ?? [], android: read('VOLTBAY_ANDROID_APPS') ?? [] },
    web: { adminDir: web('VOLTBAY_ADMIN_DIR', 'admin'), appDir: web('VOLTBAY_APP_DIR', 'app') },
  });
}

/** Variables with our prefix that belong to the agent, the simulators and the scripts. */
const FOREIGN = /^VOLTBAY_(SECOND|STATION|BLE|SIM|AGENT|E2E|TEST|BENCH|LOG|HUB|VAR|CRASH)/;

/** 32 bytes from hex or base64(url), else null. */
export function secretBytes(text: string): Buffer | null {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/_-]{42,44}={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 32 ? bytes : null;
}

function nearest(name: string): string {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i += 1) {
      const next = [i];
      for (let j = 1; j <= b.length; j += 1)
        next.push(
          Math.min(
            (row[j] ?? 0) + 1,
            (next[j - 1] ?? 0) + 1,
            (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
          ),
        );
      row = next;
    }
    return row[b.length] ?? 0;
  };
  return [...CONFIG_VARIABLES].sort((a, b) => distance(name, a) - distance(name, b))[0] ?? '';
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object') {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
