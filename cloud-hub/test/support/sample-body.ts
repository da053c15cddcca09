import fc from 'fast-check';
import { z } from 'zod';

/** As much of JSON Schema as the hub's own bodies use. */
export type JsonSchema = {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  propertyNames?: JsonSchema;
  minItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  pattern?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
};

export const jsonSchemaOf = (schema: unknown): JsonSchema =>
  z.toJSONSchema(schema as z.ZodType, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2026-11-22T08:00:00.000Z',
  date: '2026-11-22',
  uuid: '019ab3c4-0000-7000-8000-000000000000',
  uri: 'https://hooks.example.com/in',
  email: 'someone@example.com',
};

/** A text that the schema takes; `variant` makes another one where there is room. */
function textFor(schema: JsonSchema, variant: number): string {
  const { format, pattern, minLength = 0 } = schema;
  if (format && BY_FORMAT[format]) return BY_FORMAT[format];
  if (pattern) {
    const matching = fc.stringMatching(new RegExp(pattern, 'u'));
    const [found] = fc.sample(
      matching.filter((text) => text.length >= minLength && text.length <= (schema.maxLength ?? 200)),
      { numRuns: 1, seed: variant + 1 },
    );
    return found ?? '';
  }
  return `text${variant}`.padEnd(minLength, 'x').slice(0, schema.maxLength);
}

/** A value that the schema takes: of an object what is required, and all of it with `all`. */
export function sampleOf(schema: JsonSchema, variant = 0, all = false): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[variant % schema.enum.length];
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) return sampleOf(choice[variant % choice.length] ?? {}, variant, all);
  const [type] = [schema.type].flat();
  if (type === 'string') return textFor(schema, variant);
  if (type === 'integer' || type === 'number') {
    const least = schema.minimum ?? (schema.exclusiveMinimum === undefined ? 1 : schema.exclusiveMinimum + 1);
    return Math.min(Math.max(least, 1) + variant, schema.maximum ?? Number.MAX_SAFE_INTEGER);
  }
  if (type === 'boolean') return variant % 2 === 0;
  if (type === 'null') return null;
  if (type === 'array') {
    if (schema.prefixItems) return schema.prefixItems.map((item) => sampleOf(item, variant, all));
    const count = Math.max(schema.minItems ?? 0, 1);
    return Array.from({ length: count }, (_, index) => sampleOf(schema.items ?? {}, variant + index, all));
  }
  const required = new Set(schema.required ?? []);
  const parts = (schema.allOf ?? []).map((part) => sampleOf(part, variant, all) as object);
  return Object.assign(
    {},
    ...parts,
    Object.fromEntries(
      Object.entries(schema.properties ?? {})
        .filter(([name]) => all || required.has(name))
        .map(([name, inner]) => [name, sampleOf(inner, variant, all)]),
    ),
  );
}

/** What a schema cannot say: rules between fields, and names of what has to be there. */
const SWAP = { stationId: '1231', userId: 'u-demo', vehicleId: 'nowhere' };
const WITH: Readonly<Record<string, (variant: number) => Record<string, unknown>>> = {
  createOperator: () => ({ roles: ['viewer'] }),
  submitRealName: () => ({ number: '110101199003070011' }),
  publishTariff: (variant) => ({
    stationId: '1231',
    bands: [{ name: 'peak', from: '17:00', to: `2${variant}:00`, changeBp: 1_000 }],
  }),
  createOrder: () => SWAP,
  createOrderAtStation: () => SWAP,
  createExport: () => ({ from: '2026-11-01T00:00:00.000Z', to: '2026-11-02T00:00:00.000Z' }),
  createWebhook: () => ({ url: 'https://hooks.example.com/in', events: ['*'] }),
  changeSetting: () => ({ value: 600 }),
  createFleet: () => ({ payerUserId: 'u-demo' }),
};

/** `bodiesFor` a route, with what its schema cannot say. */
export const bodiesOf = (
  route: { operationId: string; body?: unknown },
  variant = 0,
): Record<string, unknown>[] =>
  bodiesFor(jsonSchemaOf(route.body), variant).map((body) => ({
    ...body,
    ...WITH[route.operationId]?.(variant),
  }));

/**
 * Bodies that the schema takes, to be tried one after the other: only what is required, all of it, and each optional field alone. A rule
 * between fields that the schema cannot say may refuse some of them.
 */
export function bodiesFor(schema: JsonSchema, variant = 0): Record<string, unknown>[] {
  const least = sampleOf(schema, variant) as Record<string, unknown>;
  const most = sampleOf(schema, variant, true) as Record<string, unknown>;
  const more = Object.keys(most).filter((name) => !(name in least));
  return [least, most, ...more.map((name) => ({ ...least, [name]: most[name] }))];
}
