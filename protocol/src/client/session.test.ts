import { expect, test } from 'vitest';
import { createSession, type RefreshOutcome } from './session.js';

function bench(answers: RefreshOutcome[], kept: string | null = null) {
  let nowMs = 1_000_000;
  let stored = kept;
  const asked: string[] = [];
  const phases: string[] = [];
  const session = createSession({
    now: () => nowMs,
    storage: {
      read: async () => stored,
      write: async (value) => {
        stored = value;
      },
    },
    refresh: async (token) => {
      asked.push(token);
      return answers.shift() ?? { ok: false, why: 'unreachable' };
    },
  });
  session.subscribe(() => phases.push(session.phase()));
  return {
    session,
    asked,
    phases,
    stored: () => stored,
    replace: (value: string) => {
      stored = value;
    },
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

const issued = (n: number) => ({
  accessToken: `access-${n}`,
  tokenType: 'Bearer' as const,
  expiresInS: 600,
  refreshToken: `refresh-${n}`,
});

test('a token is renewed shortly before it ends, once for many callers', async () => {
  const { session, asked, advance } = bench([{ ok: true, tokens: issued(2) }]);
  await session.accept(issued(1));
  expect(await session.accessToken()).toBe('access-1');
  advance(590_000);
  expect(await Promise.all([session.accessToken(), session.accessToken()])).toEqual(['access-2', 'access-2']);
  expect(asked).toEqual(['refresh-1']);
});

test('a refused refresh ends the session without forgetting where the person was', async () => {
  const { session, phases, stored } = bench([{ ok: false, why: 'refused' }]);
  await session.accept(issued(1));
  expect(await session.renew('access-1')).toBeNull();
  expect(phases).toEqual(['signed-in', 'expired']);
  expect(stored()).toBeNull();
});

test('an unreachable hub does not sign anybody out', async () => {
  const { session, stored } = bench([{ ok: false, why: 'unreachable' }]);
  await session.accept(issued(1));
  expect(await session.renew('access-1')).toBeNull();
  expect(session.phase()).toBe('signed-in');
  expect(stored()).toContain('refresh-1');
});

test('a token that another tab has rotated is taken over instead of used twice', async () => {
  const { session, asked, replace } = bench([]);
  await session.accept(issued(1));
  replace(
    JSON.stringify({ accessToken: 'access-9', accessExpiresAtMs: 9_000_000, refreshToken: 'refresh-9' }),
  );
  expect(await session.renew('access-1')).toBe('access-9');
  expect(asked).toEqual([]);
});

test('what a former run kept is restored; damaged storage means signed out', async () => {
  const good = bench(
    [],
    JSON.stringify({ accessToken: 'a', accessExpiresAtMs: 9_000_000, refreshToken: 'r' }),
  );
  await good.session.restore();
  expect([good.session.phase(), await good.session.accessToken()]).toEqual(['signed-in', 'a']);
  const bad = bench([], '{"accessToken":7');
  await bad.session.restore();
  expect(bad.session.phase()).toBe('signed-out');
});
