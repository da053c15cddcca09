import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseStations, MAX_UNDER_WAY, NO_WORD_MS, planStep, stageSize } from './rollout-plan.js';

const NOW = Date.parse('2026-11-22T08:00:00.000Z');
const rollout = (more: object = {}) => ({
  stages: [10, 50, 100],
  stage: 0,
  stageDoneAt: null,
  waitS: 600,
  maxFailures: 0,
  failuresSeen: 0,
  releaseVersion: '2.0.0',
  total: 10,
  ...more,
});
type State = 'waiting' | 'sent' | 'unknown' | 'done' | 'failed' | 'skipped';
const station = (position: number, state: State, more: object = {}) => ({
  position,
  stationId: `s${position}`,
  state,
  attempts: 0,
  reason: null,
  updatedAt: new Date(NOW).toISOString(),
  ...more,
});
const online = () => ({ online: true, agentVersion: '1.0.0' });
const ten = (states: Record<number, State> = {}) =>
  Array.from({ length: 10 }, (_, position) => station(position, states[position] ?? 'waiting'));

describe('planStep', () => {
  it('tells the stations of the stage and no other', () => {
    expect(planStep(rollout(), ten(), online, NOW).send).toEqual([0]);
    expect(planStep(rollout({ stage: 1 }), ten({ 0: 'done' }), online, NOW).send).toEqual([1, 2, 3, 4]);
  });

  it('waits after a stage, then begins the next, and ends after the last', () => {
    const first = ten({ 0: 'done' });
    expect(planStep(rollout(), first, online, NOW).next.kind).toBe('stage-done');
    const since = (ms: number) => rollout({ stageDoneAt: new Date(NOW - ms).toISOString() });
    expect(planStep(since(599_000), first, online, NOW).next.kind).toBe('go-on');
    expect(planStep(since(600_000), first, online, NOW).next.kind).toBe('next-stage');
    const all = ten().map(({ position }) => station(position, 'done'));
    expect(planStep(rollout({ stage: 2 }), all, online, NOW).next.kind).toBe('done');
  });

  it('does not let stations that are away hold the others up, and gives up none of them', () => {
    const away = () => ({ online: false, agentVersion: null });
    expect(planStep(rollout(), ten(), away, NOW)).toEqual({
      send: [],
      settle: [],
      next: { kind: 'stage-done' },
    });
    expect(planStep(rollout({ stage: 2 }), ten({ 0: 'done' }), away, NOW).next.kind).toBe('go-on');
  });

  it('pauses when more failed than may, not counting those that a person has seen', () => {
    const failed = ten({ 0: 'failed', 1: 'failed' });
    expect(planStep(rollout({ maxFailures: 1 }), failed, online, NOW)).toMatchObject({
      send: [],
      next: { kind: 'pause' },
    });
    expect(planStep(rollout({ maxFailures: 2 }), failed, online, NOW).next.kind).not.toBe('pause');
    expect(planStep(rollout({ failuresSeen: 2, stage: 1 }), failed, online, NOW).send).toEqual([2, 3, 4]);
  });

  it('takes the version that a station shows as proof, and silence as failure in the end', () => {
    const shows = () => ({ online: true, agentVersion: '2.0.0' });
    const settled = planStep(rollout(), [station(0, 'unknown'), station(1, 'waiting')], shows, NOW).settle;
    expect(settled).toEqual([
      { position: 0, state: 'done', reason: null },
      { position: 1, state: 'done', reason: 'ALREADY' },
    ]);
    const silent = [station(0, 'sent', { updatedAt: new Date(NOW - NO_WORD_MS - 1).toISOString() })];
    expect(planStep(rollout({ total: 1 }), silent, online, NOW).settle).toEqual([
      { position: 0, state: 'failed', reason: 'NO_ANSWER' },
    ]);
    expect(planStep(rollout({ total: 1 }), [station(0, 'sent')], online, NOW).settle).toEqual([]);
  });

  it('never has more under way than it may, nor tells one twice, whatever the states', () => {
    const states = fc.array(fc.constantFrom<State>('waiting', 'sent', 'unknown', 'done', 'skipped'), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(states, (list) => {
        const stations = list.map((state, position) => station(position, state));
        const { send } = planStep(rollout({ stage: 2, total: list.length }), stations, online, NOW);
        const underWay = list.filter((state) => state === 'sent' || state === 'unknown').length;
        expect(send.length === 0 || send.length + underWay <= MAX_UNDER_WAY).toBe(true);
        expect(send.every((position) => list[position] === 'waiting')).toBe(true);
      }),
    );
  });
});

describe('chooseStations', () => {
  const ids = Array.from({ length: 200 }, (_, index) => `st-${index}`);
  it('takes the same share of the same stations every time, whatever their order', () => {
    const chosen = chooseStations(ids, 'rl-1', 10);
    expect(chosen).toHaveLength(20);
    expect(chooseStations([...ids].reverse(), 'rl-1', 10)).toEqual(chosen);
    expect(chooseStations(ids, 'rl-2', 10)).not.toEqual(chosen);
    expect(chooseStations(ids, 'rl-1', 30).slice(0, 20)).toEqual(chosen);
    expect(chooseStations([], 'rl-1', 50)).toEqual([]);
  });
  it('has at least one station in a stage', () => {
    expect(stageSize(3, 1)).toBe(1);
    expect(stageSize(3, 100)).toBe(3);
  });
});
