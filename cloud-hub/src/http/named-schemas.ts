import { OpenAPIHono } from '@hono/zod-openapi';
import {
  batterySchema,
  chargeSchema,
  commandSchema,
  enrollResponseSchema,
  orderCreateSchema,
  orderSchema,
  orderStepSchema,
  orderUpdateSchema,
  principalSchema,
  problemSchema,
  publicStationSchema,
  readingMessageSchema,
  sessionSchema,
  stationMessageSchema,
  stationSchema,
  tokenResponseSchema,
  userSchema,
  vehicleSchema,
} from '@voltbay/protocol';
import type { z } from 'zod';

/** Schemas that the document names, so that generated clients have names for them too. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  Problem: problemSchema,
  User: userSchema,
  Vehicle: vehicleSchema,
  Battery: batterySchema,
  Station: stationSchema,
  PublicStation: publicStationSchema,
  Order: orderSchema,
  OrderStep: orderStepSchema,
  OrderCreate: orderCreateSchema,
  OrderUpdate: orderUpdateSchema,
  Command: commandSchema,
  Charge: chargeSchema,
  Session: sessionSchema,
  Principal: principalSchema,
  TokenResponse: tokenResponseSchema,
  EnrolResponse: enrollResponseSchema,
  Reading: readingMessageSchema,
  StationInfo: stationMessageSchema,
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * Puts every named schema into `components.schemas` and a reference wherever the document spells it out. The generator names only
 * schemas that were made through its own zod; ours come from the protocol package, so they are found by what they say.
 */
export function nameSchemas<D extends object>(document: D): D {
  const spelled = new Map<string, string>();
  const definitions = new Map<string, Json>();
  for (const [name, schema] of Object.entries(NAMED)) {
    const json = spellOut(schema);
    definitions.set(name, json);
    spelled.set(JSON.stringify(json), name);
  }
  const visit = (node: Json, isDefinition: boolean): Json => {
    if (node === null || typeof node !== 'object') return node;
    if (Array.isArray(node)) return node.map((item) => visit(item, false));
    const name = isDefinition ? undefined : spelled.get(JSON.stringify(node));
    if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, visit(child, false)]));
  };
  const named = visit(document as unknown as Json, false) as { components?: { [key: string]: Json } };
  named.components = {
    ...named.components,
    schemas: Object.fromEntries([...definitions].map(([name, json]) => [name, visit(json, true)])),
  };
  return named as unknown as D;
}

/** A schema as the generator writes it. */
function spellOut(schema: z.ZodType): Json {
  const api = new OpenAPIHono();
  api.openAPIRegistry.registerPath({
    method: 'get',
    path: '/schema',
    responses: { 200: { description: '', content: { 'application/json': { schema } } } },
  });
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: '', version: '' },
  }) as unknown as {
    paths: {
      [path: string]: { get: { responses: { 200: { content: { 'application/json': { schema: Json } } } } } };
    };
  };
  return document.paths['/schema']?.get.responses[200].content['application/json'].schema ?? {};
}
