import { createHash } from 'node:crypto';
import type { RolloutDocument, RolloutStationDocument } from './release-documents.js';

type Station = Pick<
  RolloutStationDocument,
  'position' | 'stationId' | 'state' | 'attempts' | 'reason' | 'updatedAt'
>;
export type StationFact = { online: boolean; agentVersion: string | null };
export type RolloutStep = {
  /** Stations that are told now. */
  send: number[];
  /** Stations whose state is known by evidence, or is given up. */
  settle: { position: number; state: 'done' | 'failed' | 'skipped'; reason: string | null }[];
  next:
    | { kind: 'go-on' }
    | { kind: 'stage-done' }
    | { kind: 'next-stage' }
    | { kind: 'pause'; reason: string }
    | { kind: 'done' };
};

/** Commands on their way at a time: a wrong update must not be everywhere before the first answer. */
export const MAX_UNDER_WAY = 20;
export const MAX_ATTEMPTS = 3;
/** An update restarts the agent; one that said nothing and shows no new version for so long has failed. */
export const NO_WORD_MS = 30 * 60_000;

/** How many stations have the release at the end of a stage. At least one, so that every stage shows something. */
export const stageSize = (total: number, percent: number): number =>
  Math.min(total, Math.max(1, Math.ceil((total * percent) / 100)));

/** What a rollout does next. Pure. */
export function planStep(
  rollout: Pick<
    RolloutDocument,
    'stages' | 'stage' | 'stageDoneAt' | 'waitS' | 'maxFailures' | 'failuresSeen' | 'releaseVersion' | 'total'
  >,
  stations: readonly Station[],
  facts: (stationId: string) => StationFact,
  nowMs: number,
): RolloutStep {
  const settle: RolloutStep['settle'] = [];
  const after = stations.map((station) => {
    const decided = decide(station, facts(station.stationId), rollout.releaseVersion, nowMs);
    if (!decided) return station;
    settle.push({ position: station.position, ...decided });
    return { ...station, ...decided };
  });
  const failures = after.filter(({ state }) => state === 'failed').length - rollout.failuresSeen;
  if (failures > rollout.maxFailures)
    return {
      send: [],
      settle,
      next: { kind: 'pause', reason: `${failures} stations failed; at most ${rollout.maxFailures} may` },
    };

  const size = stageSize(rollout.total, rollout.stages[rollout.stage] ?? 100);
  const inStage = after.filter(({ position }) => position < size);
  const underWay = inStage.filter(({ state }) => state === 'sent' || state === 'unknown').length;
  const reachable = inStage.filter(({ state, stationId }) => state === 'waiting' && facts(stationId).online);
  const send = reachable.slice(0, Math.max(0, MAX_UNDER_WAY - underWay)).map(({ position }) => position);
  const last = rollout.stage >= rollout.stages.length - 1;
  const waiting = inStage.some(({ state }) => state === 'waiting');
  if (send.length > 0 || underWay > 0 || reachable.length > 0)
    return { send, settle, next: { kind: 'go-on' } };
  if (last) return { send, settle, next: waiting ? { kind: 'go-on' } : { kind: 'done' } };
  // Stations that are away do not hold the others up; they get it when they are back.
  if (rollout.stageDoneAt === null) return { send, settle, next: { kind: 'stage-done' } };
  const waited = nowMs - Date.parse(rollout.stageDoneAt) >= rollout.waitS * 1_000;
  return { send, settle, next: { kind: waited ? 'next-stage' : 'go-on' } };
}

function decide(
  station: Station,
  fact: StationFact,
  releaseVersion: string,
  nowMs: number,
): { state: 'done' | 'failed'; reason: string | null } | null {
  if (station.state === 'done' || station.state === 'failed' || station.state === 'skipped') return null;
  if (fact.agentVersion === releaseVersion)
    return { state: 'done', reason: station.state === 'waiting' ? 'ALREADY' : null };
  if (station.state === 'waiting')
    return station.attempts >= MAX_ATTEMPTS ? { state: 'failed', reason: station.reason } : null;
  return nowMs - Date.parse(station.updatedAt) > NO_WORD_MS ? { state: 'failed', reason: 'NO_ANSWER' } : null;
}

/** Some percent of the stations, the same ones for the same release, spread evenly; in the order in which they are updated. */
export function chooseStations(stationIds: readonly string[], releaseId: string, percent: number): string[] {
  const rank = (id: string) => createHash('sha256').update(`${releaseId}\n${id}`).digest('hex');
  const ordered = stationIds
    .map((id) => ({ id, rank: rank(id) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ id }) => id);
  return ordered.slice(0, stationIds.length === 0 ? 0 : stageSize(stationIds.length, percent));
}
