import { SimulatorError } from '../errors.js';
import { type Bench, createBench } from '../station/bench.js';
import { parseStationConfig } from '../station/config.js';
import { type DemoStationOptions, demoStation } from '../station/demo-station.js';
import { personActions } from '../station/person-actions.js';
import type { Scenario, ScenarioStep } from './scenario.js';

export interface ScenarioResult {
  name: string;
  ok: boolean;
  seed: number;
  steps: number;
  /** Simulated time that passed. */
  simulatedMs: number;
  /** Number of the step that failed, from 1, and why. */
  failure?: { step: number; text: string };
}

/** Plays a scenario on a bench. Deterministic: the same file and seed always end the same way. */
export async function runScenario(scenario: Scenario, seed = scenario.seed): Promise<ScenarioResult> {
  const bench = await createBench(stationOf(scenario, seed));
  const startedMs = bench.clock.nowMs();
  const result = (failure?: ScenarioResult['failure']): ScenarioResult => ({
    name: scenario.name,
    ok: failure === undefined,
    seed,
    steps: scenario.steps.length,
    simulatedMs: bench.clock.nowMs() - startedMs,
    failure,
  });
  try {
    for (const [i, step] of scenario.steps.entries()) {
      const text = await play(bench, step);
      if (text !== undefined) return result({ step: i + 1, text });
    }
    return result();
  } finally {
    await bench.station.close();
  }
}

function stationOf(scenario: Scenario, seed: number) {
  const described = 'slots' in scenario.station && Array.isArray(scenario.station.slots);
  if (described) return parseStationConfig({ ...scenario.station, seed });
  return { ...demoStation(scenario.station as DemoStationOptions), seed };
}

/** Plays one step; returns what is wrong, or undefined. */
async function play(bench: Bench, step: ScenarioStep): Promise<string | undefined> {
  if ('waitS' in step) {
    bench.clock.advance(step.waitS * 1000);
    return undefined;
  }
  if ('fault' in step) {
    await bench.station.inject(step.fault, step.with);
    return undefined;
  }
  if ('ask' in step) {
    const answer = bench.ask(step.ask) ?? null;
    return answer === step.answer
      ? undefined
      : `${step.ask} was answered ${show(answer)}, not ${show(step.answer)}`;
  }
  if ('events' in step) {
    const events = bench.events().map((body) => body.replace(/^E,\d+,/, ''));
    return show(events) === show(step.events)
      ? undefined
      : `events were ${show(events)}, not ${show(step.events)}`;
  }
  if ('exchange' in step) {
    const got = Buffer.from(bench.exchange(step.exchange, Buffer.from(step.send, 'latin1'))).toString(
      'latin1',
    );
    const fits = step.receive === '' ? got === '' : new RegExp(step.receive).test(got);
    return fits
      ? undefined
      : `${step.exchange} answered ${show(got)}, which is not ${step.receive || 'silence'}`;
  }
  if ('act' in step) return act(bench, step);
  return check(bench, step);
}

function act(bench: Bench, step: Extract<ScenarioStep, { act: string }>): string | undefined {
  const found = personActions().find((action) => action.name === step.act);
  if (!found) return `no action ${step.act}`;
  const outcome = found.run(bench.station, step.with) as { ok: boolean; reason?: string };
  const reason = outcome.ok ? undefined : outcome.reason;
  if (reason === step.refused) return undefined;
  return reason === undefined
    ? `${step.act} was possible, it should be refused: ${step.refused}`
    : `${step.act} was refused: ${reason}`;
}

function check(bench: Bench, step: Extract<ScenarioStep, { expect: string }>): string | undefined {
  const value = valueAt(bench.station.state(), step.expect);
  const wrong = (text: string) => `${step.expect} is ${show(value)}, ${text}`;
  if ('is' in step && show(value) !== show(step.is)) return wrong(`not ${show(step.is)}`);
  if (step.atLeast !== undefined && !(typeof value === 'number' && value >= step.atLeast)) {
    return wrong(`not at least ${step.atLeast}`);
  }
  if (step.atMost !== undefined && !(typeof value === 'number' && value <= step.atMost)) {
    return wrong(`not at most ${step.atMost}`);
  }
  if (step.includes !== undefined && !(Array.isArray(value) && value.includes(step.includes))) {
    return wrong(`without ${step.includes}`);
  }
  return undefined;
}

/** Reads `slots.4.pack.socPct` out of a state. Throws SIM_CONFIG where the path leads nowhere. */
function valueAt(state: unknown, path: string): unknown {
  let value: unknown = state;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !(key in value)) {
      throw new SimulatorError('SIM_CONFIG', `expect: there is no ${path} in the state (at "${key}")`);
    }
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

const show = (value: unknown) => JSON.stringify(value);
