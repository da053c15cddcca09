import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SimulatorError } from '../errors.js';
import {
  type Incident,
  parseIncident,
  type ReplayedIncident,
  replayIncident,
} from '../network/agent-incidents.js';
import type { Pacer } from './pacer.js';

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The incident in a file: one that a station has kept (`incidents/*.json.gz`), one saved as a scenario, or one out of a diagnostics
 * bundle (`swapId` chooses). Null when the file is something else. Throws SIM_CONFIG when the bundle has no such incident.
 */
export function incidentIn(file: string, swapId?: string): Incident | null {
  const content = contentOf(file);
  const format = (content as { format?: unknown } | null)?.format;
  if (format === 'voltbay-incident/1') return parseIncident(content, file);
  if (format !== 'voltbay-diagnostics/1') return null;
  const { incidents = [] } = content as { incidents?: { request?: { swapId?: string } }[] };
  const found = incidents.find(
    ({ request }) => request && (swapId === undefined || request.swapId === swapId),
  );
  if (found) return parseIncident(found, file);
  const known = incidents.flatMap(({ request }) => request?.swapId ?? []).join(', ') || 'none';
  throw new SimulatorError('SIM_CONFIG', `${file} has no incident ${swapId ?? ''}; it has: ${known}`);
}

function contentOf(file: string): unknown {
  try {
    const bytes = readFileSync(file);
    const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return JSON.parse((gzipped ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString('utf8'));
  } catch (cause) {
    throw new SimulatorError('SIM_CONFIG', `cannot read ${file}: ${String(cause)}`, { cause });
  }
}

/** Plays an incident back through the agent's own swap, with a journal in a temporary folder. */
export async function playIncident(incident: Incident, pacer?: Pacer): Promise<ReplayedIncident> {
  const dataDir = mkdtempSync(join(tmpdir(), 'voltbay-incident-'));
  try {
    return await replayIncident(incident, { dataDir, ...(pacer ? { pace: pacer.pace } : {}) });
  } finally {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Keeps an incident as a scenario: from then on `voltbay-sim scenario` fails when the agent would act otherwise. */
export function saveScenario(incident: Incident, file: string): void {
  writeFileSync(file, `${JSON.stringify(incident)}\n`);
}

/** What came of a replay, for people. */
export function incidentLines(incident: Incident, replayed: ReplayedIncident): string[] {
  const { outcome, request, journal, inputs } = incident;
  const head = `swap ${request.swapId}: ${outcome.outcome} ${outcome.reason ?? ''}, ${journal.length} steps from ${inputs.length} inputs`;
  if (replayed.same) return [head, 'the journal is the same, byte for byte'];
  const { firstDifference, diverged } = replayed;
  return [
    head,
    ...(diverged ? [`the swap left the recorded way at ${diverged}`] : []),
    ...(firstDifference
      ? [
          `step ${firstDifference.n} was   ${firstDifference.recorded}`,
          `step ${firstDifference.n} is now ${firstDifference.replayed}`,
        ]
      : []),
  ];
}
