import { z } from 'zod';
import { SimulatorError } from '../errors.js';

const pathSchema = z.string().regex(/^[A-Za-z0-9_.]+$/, 'write a path such as slots.4.doorOpen');

const stepSchema = z.union([
  z
    .strictObject({
      ask: z.string().min(1).max(200),
      answer: z.string().nullable(),
    })
    .describe('a request to the cabinet controller and the answer to it; null = it must stay silent'),
  z
    .strictObject({
      act: z.enum([
        'open-door',
        'close-door',
        'insert-pack',
        'remove-pack',
        'scan',
        'ride',
        'bring-pack',
        'advance',
      ]),
      with: z.record(z.string(), z.unknown()).default({}),
      refused: z.string().optional(),
    })
    .describe('what a person does; `refused` names the reason why it must not be possible'),
  z.strictObject({ fault: z.string(), with: z.record(z.string(), z.unknown()).default({}) }),
  z.strictObject({ waitS: z.number().min(0).max(86_400) }),
  z
    .strictObject({ events: z.array(z.string()) })
    .describe('event lines since the last look, without their numbers, in order'),
  z
    .strictObject({
      exchange: z.string(),
      send: z.string(),
      receive: z.string(),
    })
    .describe('ASCII into a pack port, and a regular expression for what comes back; empty = silence'),
  z.strictObject({
    expect: pathSchema,
    is: z.unknown().optional(),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
    includes: z.string().optional(),
  }),
]);

const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  /** What must hold, for people. */
  promise: z.string().optional(),
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /** A station description, or the sizes of a demo station. */
  station: z.record(z.string(), z.unknown()).default({}),
  steps: z.array(stepSchema).min(1).max(1_000),
});

export type ScenarioStep = z.output<typeof stepSchema>;
export type Scenario = z.output<typeof scenarioSchema>;

/** Checks a scenario file's content. Throws SIM_CONFIG naming the step and field that are wrong. */
export function parseScenario(input: unknown, where: string): Scenario {
  const result = scenarioSchema.safeParse(input);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`);
  throw new SimulatorError('SIM_CONFIG', `${where}: ${lines.join('; ')}`);
}
