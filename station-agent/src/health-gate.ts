import type { Clock } from './clock.js';

/** What must be true for the agent to count as working with a new version or configuration. */
export type HealthCheck = { name: string; ok(): boolean };
export type Health = { ok: true } | { ok: false; missing: string[] };

/**
 * Waits until every check holds for `steadyMs` on end, `withinMs` at most; then says which did not. Rejects when `signal` aborts: nothing
 * was found out.
 */
export async function awaitHealth(options: {
  checks: readonly HealthCheck[];
  withinMs: number;
  steadyMs: number;
  everyMs?: number;
  clock: Clock;
  signal: AbortSignal;
}): Promise<Health> {
  const { checks, withinMs, steadyMs, everyMs = 250, clock, signal } = options;
  const startMs = clock.monotonicMs();
  let soundSinceMs: number | null = null;
  for (;;) {
    signal.throwIfAborted();
    const nowMs = clock.monotonicMs();
    const missing = checks.filter((check) => !check.ok()).map(({ name }) => name);
    if (missing.length > 0) soundSinceMs = null;
    else soundSinceMs ??= nowMs;
    if (soundSinceMs !== null && nowMs - soundSinceMs >= steadyMs) return { ok: true };
    if (nowMs - startMs >= withinMs) return { ok: false, missing: missing.length > 0 ? missing : ['steady'] };
    await new Promise((resolve) => setTimeout(resolve, everyMs).unref());
  }
}
