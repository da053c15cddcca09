import type { Clock } from '../clock.js';
import type { MetaStore } from '../storage/meta-store.js';

export type ServiceMode = 'in-service' | 'maintenance' | 'out-of-service';

/** Longest planned absence that is believed after a restart with a wrong wall clock. */
const MAX_AWAY_MS = 604_800_000;

export type Service = ReturnType<typeof createService>;

/** Whether the station serves riders, and until when it stays away from the hub. Durable: a restart does not forget it. */
export function createService(meta: MetaStore, clock: Clock) {
  const stored = meta.get('serviceMode');
  let mode: ServiceMode = stored === 'maintenance' || stored === 'out-of-service' ? stored : 'in-service';
  const listeners = new Set<(mode: ServiceMode) => void>();
  function set(next: ServiceMode, untilMs: number | null): void {
    mode = next;
    meta.set('serviceMode', next);
    meta.set('disconnectUntilMs', untilMs === null ? null : String(untilMs));
    for (const listener of listeners) listener(next);
  }
  return {
    mode: (): ServiceMode => mode,
    /** Goes out of service; `forMs` null = until a technician brings it back. */
    leave: (forMs: number | null): void => set('out-of-service', forMs === null ? 0 : clock.nowMs() + forMs),
    setMaintenance: (on: boolean): void => set(on ? 'maintenance' : 'in-service', null),
    comeBack: (): void => set('in-service', null),
    /** What is left of a planned absence: null = none, Infinity = until a technician, else milliseconds. */
    awayMs(): number | null {
      const until = meta.get('disconnectUntilMs');
      if (mode !== 'out-of-service' || until === null) return null;
      if (Number(until) === 0) return Number.POSITIVE_INFINITY;
      return Math.min(MAX_AWAY_MS, Math.max(0, Number(until) - clock.nowMs()));
    },
    onChange(listener: (mode: ServiceMode) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
