import {
  type CabinetEvent,
  type CabinetPort,
  type Hardware,
  HardwareError,
  type HardwareErrorCode,
  type PackReadOutcome,
  type SlotReading,
} from '../../src/hardware/ports.js';
import type { CabinetModel } from './cabinet-model.js';

/**
 * The model cabinet across a process border: the cabinet stays in the test while the agent in the child is killed, as a real cabinet
 * would. One side serves, the other one implements the ports over IPC.
 */
type Call = { call: number; method: string; args: unknown[] };
type Answer = {
  answer: number;
  value?: unknown;
  error?: { code: HardwareErrorCode | null; message: string };
};
type Pushed = { event: CabinetEvent };
export type ToParent = Call;
export type ToChild = Answer | Pushed;

type Channel = { send(message: unknown): void; onMessage(listener: (message: unknown) => void): void };

export function serveHardware(model: CabinetModel, channel: Channel): () => void {
  const { cabinet, packs } = model.hardware;
  const methods: Record<string, (...args: never[]) => unknown> = {
    scan: () => cabinet.scan(),
    slot: (slot: number) => cabinet.slot(slot),
    status: () => cabinet.status(),
    open: (slot: number, token: string) => cabinet.open(slot, token),
    lock: (slot: number) => cabinet.lock(slot),
    setChargeLimit: (slot: number, limitMa: number) => cabinet.setChargeLimit(slot, limitMa),
    readNow: (slot: number) => packs.readNow(slot),
  };
  channel.onMessage((message) => {
    const { call, method, args } = message as Call;
    const work = methods[method];
    if (!work) return;
    Promise.resolve(work(...(args as never[]))).then(
      (value) => channel.send({ answer: call, value } satisfies Answer),
      (error: unknown) =>
        channel.send({
          answer: call,
          error: { code: error instanceof HardwareError ? error.code : null, message: String(error) },
        } satisfies Answer),
    );
  });
  return cabinet.onEvent((event) => channel.send({ event } satisfies Pushed));
}

export function connectHardware(channel: Channel): Hardware {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const listeners = new Set<(event: CabinetEvent) => void>();
  const latest = new Map<number, SlotReading>();
  let next = 0;
  channel.onMessage((message) => {
    const pushed = message as Partial<Pushed & Answer>;
    if (pushed.event) {
      if (pushed.event.kind === 'pack') latest.delete(pushed.event.slot);
      for (const listener of listeners) listener(pushed.event);
      return;
    }
    const call = waiting.get(pushed.answer ?? -1);
    waiting.delete(pushed.answer ?? -1);
    if (pushed.error)
      call?.reject(
        pushed.error.code
          ? new HardwareError(pushed.error.code, pushed.error.message)
          : new Error(pushed.error.message),
      );
    else call?.resolve(pushed.value);
  });
  const call = <T>(method: string, ...args: unknown[]): Promise<T> =>
    new Promise((resolve, reject) => {
      next += 1;
      waiting.set(next, { resolve: resolve as (value: unknown) => void, reject });
      channel.send({ call: next, method, args } satisfies Call);
    });
  async function readNow(slot: number): Promise<PackReadOutcome> {
    const outcome = await call<PackReadOutcome>('readNow', slot);
    if (!outcome.ok) return outcome;
    // Monotonic clocks of two processes do not compare.
    const value = { ...outcome.value, monotonicMs: performance.now() };
    latest.set(slot, value);
    return { ok: true, value };
  }
  const cabinet: CabinetPort = {
    identity: () => null,
    isUp: () => true,
    scan: () => call('scan'),
    slot: (slot) => call('slot', slot),
    status: () => call('status'),
    open: (slot, token) => call('open', slot, token),
    lock: (slot) => call('lock', slot),
    setChargeLimit: (slot, limitMa) => call('setChargeLimit', slot, limitMa),
    light: async () => {},
    restart: async () => {},
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    cabinet,
    packs: {
      latest: (slot) => latest.get(slot) ?? null,
      readNow,
      setUrgent: () => {},
      packChanged: () => {},
      onReading: () => () => {},
      stats: () => ({ slots: [], buses: [] }),
    },
    // As with real packs, nothing has been read when the agent stands up again.
    async start() {},
    async stop() {},
  };
}
