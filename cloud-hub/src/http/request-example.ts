import { z } from 'zod';

/** As much of JSON Schema as request bodies use. */
type Schema = {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  prefixItems?: Schema[];
  additionalProperties?: Schema | boolean;
  minItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
};

/** What a field of this name looks like in this network; used where the field's own rule takes it. */
const BY_NAME: Readonly<Record<string, readonly unknown[]>> = {
  address: ['北京市东城区东长安街1号'],
  amountFen: [600],
  assignee: ['op-1'],
  code: ['123456', 'WELCOME5', 'voltbay://v/v-demo'],
  date: ['2026-11-21'],
  description: ['维护班组'],
  detail: ['仓门锁卡滞，更换锁体'],
  device: ['1231'],
  dispensedPackId: ['VB-A-0901'],
  from: ['2026-11-01T00:00:00.000Z', '07:00', '2026-11-01'],
  id: ['VB-A-0001', 'retail'],
  lat: [39.9042],
  locale: ['zh-CN'],
  lon: [116.4074],
  model: ['VB-A 60 V 30 Ah'],
  nameEn: ['Courier month'],
  name: ['李雷', 'technician'],
  note: ['监控显示骑手已取走电池'],
  number: ['110101199003070011', 1],
  orderId: ['o-019ab3c4-0000-7000-8000-000000000000'],
  packClass: ['A'],
  packId: ['VB-A-0900'],
  payBy: ['auto'],
  payerUserId: ['u-demo'],
  planVersion: ['month@1'],
  password: ['a long pass phrase'],
  phone: ['13800000001'],
  plan: ['per-swap'],
  plate: ['京A·D0001'],
  regionIds: [['r-east']],
  requestId: ['swap-000123'],
  resolution: ['补偿一次换电'],
  returnedPackId: ['VB-A-0900'],
  reason: ['电池续航不足'],
  roles: [['viewer']],
  secret: ['the secret of the station'],
  stationId: ['1231'],
  stationIds: [['1231']],
  timeZone: ['Asia/Shanghai'],
  title: ['上海示范配送有限公司'],
  taxNumber: ['91310000MA1K123456'],
  toUserId: ['u-demo2'],
  to: ['2026-11-22T00:00:00.000Z', '22:00', '2026-11-22'],
  token: ['ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]'],
  url: ['https://hooks.example.com/voltbay'],
  userId: ['u-demo'],
  username: ['support'],
  vehicleId: ['v-demo'],
  vin: ['1M8GDM9AXKP042788'],
  version: ['1.2.3'],
};
const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2026-11-22T08:00:00.000Z',
  date: '2026-11-22',
  uuid: '019ab3c4-0000-7000-8000-000000000000',
  uri: 'https://hooks.example.com/voltbay',
};
/** Tried in turn where a pattern decides. */
const TEXTS = [
  ...[
    'spring',
    '07:00',
    '13800000001',
    '123456',
    '1231',
    'WELCOME5',
    '1.2.3',
    'zh-CN',
    '2026-10',
    '2026-11-21',
  ],
  ...['1M8GDM9AXKP042788', '042788', '91310000MA1K123456', '0'.repeat(64), 'A'.repeat(86)],
];

const typeOf = ({ type }: Schema): string | undefined => [type].flat().find((one) => one !== 'null');

function takes(schema: Schema, value: unknown): boolean {
  if (schema.enum && !schema.enum.includes(value)) return false;
  const type = typeOf(schema);
  if (typeof value === 'string')
    return (
      type === 'string' &&
      value.length >= (schema.minLength ?? 0) &&
      value.length <= (schema.maxLength ?? Number.POSITIVE_INFINITY) &&
      (schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value))
    );
  if (typeof value === 'number')
    return (
      (type === 'integer' || type === 'number') &&
      value >= (schema.minimum ?? Number.NEGATIVE_INFINITY) &&
      value <= (schema.maximum ?? Number.POSITIVE_INFINITY)
    );
  return Array.isArray(value) && type === 'array';
}

/** A value that the schema takes, as far as the schema says; undefined where none is known. */
function exampleOf(schema: Schema, name: string, all: boolean): unknown {
  if (schema.const !== undefined) return schema.const;
  const named = BY_NAME[name]?.find((value) => takes(schema, value));
  if (named !== undefined) return named;
  if (schema.enum) return schema.enum.find((value) => value !== null);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return exampleOf(choices.find((one) => one.type !== 'null') ?? {}, name, all);
  switch (typeOf(schema)) {
    case 'string':
      if (schema.format && BY_FORMAT[schema.format]) return BY_FORMAT[schema.format];
      return [...TEXTS, name.padEnd(schema.minLength ?? 0, '-')].find((text) => takes(schema, text));
    case 'integer':
    case 'number':
      return Math.min(
        Math.max(schema.minimum ?? (schema.exclusiveMinimum ?? 0) + 1, 1),
        schema.maximum ?? Number.MAX_SAFE_INTEGER,
      );
    case 'boolean':
      return true;
    case 'array':
      return (schema.prefixItems ?? Array(Math.max(1, schema.minItems ?? 0)).fill(schema.items ?? {})).map(
        (item: Schema) => exampleOf(item, name, all),
      );
    default:
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([key]) => all || schema.required?.includes(key))
          .map(([key, inner]) => [key, exampleOf(inner, key, all)])
          .filter(([, value]) => value !== undefined),
      );
  }
}

/**
 * A body that the route takes, for the document: every field where that is allowed, else what is required. Undefined where neither is
 * taken: a route of that kind brings its own `example`.
 */
export function requestExample(body: z.ZodType): unknown {
  const schema = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) as Schema;
  return [true, false]
    .map((all) => exampleOf(schema, '', all))
    .find((example) => body.safeParse(example).success);
}
