import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { SimulatorError } from '../errors.js';
import type { Incident } from '../network/agent-incidents.js';
import { captureScenarioOf, runCaptureScenario } from '../replay/capture-scenario.js';
import { incidentIn, incidentLines, playIncident } from '../replay/play-incident.js';
import { runScenario, type ScenarioResult } from '../scenario/run-scenario.js';
import { parseScenario } from '../scenario/scenario.js';
import { wholeNumber } from './numbers.js';

/** `voltbay-sim scenario FILE…`: plays scenario files; exit code 1 when one fails. */
export function scenarioCommand(): Command {
  return new Command('scenario')
    .description(
      'play scenario files on a station whose time is moved by hand; a folder means all *.json in it',
    )
    .argument('<file...>', 'scenario files or folders')
    .option('--seed <n>', 'another seed than the file names', wholeNumber)
    .option('--json', 'print one JSON array of results')
    .action(async (paths: string[], flags: { seed?: number; json?: boolean }) => {
      const results: (ScenarioResult & { file: string })[] = [];
      for (const file of paths.flatMap(filesIn)) {
        const incident = incidentIn(file);
        const result = {
          file,
          ...(incident ? await incidentResult(incident) : await resultOf(file, flags.seed)),
        };
        results.push(result);
        if (!flags.json) process.stdout.write(`${line(result)}\n`);
      }
      if (flags.json) process.stdout.write(`${JSON.stringify(results)}\n`);
      const failed = results.filter((result) => !result.ok).length;
      if (failed > 0)
        throw new SimulatorError('SIM_SCENARIO_FAILED', `${failed} of ${results.length} scenarios failed`);
    });
}

/** A saved incident is a scenario whose expectation is the recorded journal. */
async function incidentResult(incident: Incident): Promise<ScenarioResult> {
  const replayed = await playIncident(incident);
  const { reason, outcome } = incident.outcome;
  const lines = incidentLines(incident, replayed);
  return {
    name: `incident ${incident.request.swapId} (${reason ?? outcome})`,
    ok: replayed.same,
    seed: 0,
    steps: incident.journal.length,
    simulatedMs: incident.inputs.at(-1)?.atMs ?? 0,
    ...(replayed.same
      ? {}
      : { failure: { step: replayed.firstDifference?.n ?? 0, text: lines.slice(1).join('; ') } }),
  };
}

function filesIn(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => join(path, name));
  } catch (cause) {
    throw new SimulatorError('SIM_CONFIG', `cannot read ${path}`, { cause });
  }
}

/** Of a scenario file or a kept capture. */
async function resultOf(file: string, seed?: number): Promise<ScenarioResult> {
  const content = readJson(file);
  const capture = captureScenarioOf(content, file);
  return capture
    ? runCaptureScenario(capture, basename(file))
    : runScenario(parseScenario(content, file), seed);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new SimulatorError('SIM_CONFIG', `${file} is not JSON: ${String(cause)}`, { cause });
  }
}

function line(result: ScenarioResult & { file: string }): string {
  const time = `${(result.simulatedMs / 1000).toFixed(1)} s simulated`;
  if (!result.failure) return `ok    ${result.name} (${result.steps} steps, ${time})`;
  const { step, text } = result.failure;
  const repeat = `voltbay-sim scenario ${result.file} --seed ${result.seed}`;
  return `FAIL  ${result.name}\n      step ${step}: ${text}\n      repeat with: ${repeat}`;
}
