import { createRequire } from 'node:module';
import type { AskChargeData, CommandResultData, SwapEvent } from '@voltbay/protocol';
import { MSG_TYPE } from '@voltbay/protocol';
import { expect } from 'vitest';
import type { Agent } from '../../../src/agent.js';
import { createAgent } from '../../../src/agent.js';
import { createHardware } from '../../../src/hardware/create-hardware.js';
import type { Hardware } from '../../../src/hardware/ports.js';
import { createLogger } from '../../../src/logger.js';
import type { SwapRules } from '../../../src/swap/types.js';
import { createScriptedHub, type ScriptedHub } from '../../support/scripted-hub.js';
import { tempDir, testConfig } from '../../support/test-agent.js';
import { until } from './bench.js';
import { type PhysicalSlot, startVirtualStation } from './virtual-station.js';

const WAIT_MS = 60_000;

export type Impatience = Partial<SwapRules> & { verifyMs?: number };
/** The rider's time is over: a door that stands released is locked again. */
export const TIME_IS_UP: Impatience = { returnTimeoutMs: 0, collectTimeoutMs: 0 };
/** Also the time that a door may stand open after that. */
export const DOOR_TIME_IS_UP: Impatience = { ...TIME_IS_UP, closeGraceMs: 0 };

export type NewPack = { serial: string; packClass: 'A' | 'B'; socPct?: number; temperatureC?: number };

/** One swap at the site, seen by the hub. */
export type SiteSwap = {
  orderId: string;
  steps(): string[];
  events(): SwapEvent[];
  /** Done, failed or rejected. */
  end(): Promise<CommandResultData>;
  result(state: string): Promise<CommandResultData>;
};

/**
 * The agent as it runs on a station, doors and packs through real serialport and real noble on a cabinet in another process. Whoever is
 * there acts by what is physically so. Time does not run against them: rules are patient, and a scenario in which time runs out starts
 * the agent again with rules that are not, in the middle of the swap.
 */
export async function openSwapSite(cabinet: object) {
  const dir = tempDir();
  const station = await startVirtualStation(cabinet);
  let hub: ScriptedHub = await createScriptedHub('1231');
  let agent: Agent | null = null;
  let hardware: Hardware | null = null;
  let swaps = 0;
  let served: readonly number[] | undefined;

  /** The adapter of the virtual station under noble, as the preload does it for a whole process. */
  function loadNoble() {
    const require = createRequire(import.meta.url);
    process.env.VOLTBAY_BLE_HCI = station.env.VOLTBAY_BLE_HCI;
    require(/--require[= ](\S+)/.exec(station.env.NODE_OPTIONS ?? '')?.[1] ?? '');
    return require('@abandonware/noble/with-custom-binding')({});
  }

  /** Starts the agent, again when it runs; `only` leaves the other slots out of its configuration. */
  async function start(impatience: Impatience = {}, only?: readonly number[]): Promise<void> {
    await agent?.stop();
    served = only;
    const { verifyMs, ...rules } = impatience;
    const slots = station.hardware.slots.filter(({ slot }) => !only || only.includes(slot));
    const raw = { hardware: { ...station.hardware, slots }, polling: { idleMs: 5_000, urgentMs: 200 } };
    agent = await createAgent(testConfig(dir.path, { mqttUrl: hub.url, raw }), {
      createHardware: (section, deps) => {
        hardware = createHardware(section, { ...deps, loadNoble });
        return hardware;
      },
      log: createLogger(process.env.TEST_LOG ?? 'silent'),
      secret: 'test-secret',
      rules,
      swap: { tickMs: 50, ...(verifyMs !== undefined && { verifyMs }) },
    });
    await agent.start();
    await until('the cabinet answers', () => hardware?.cabinet.isUp() === true, WAIT_MS);
  }

  const look = async (slot: number): Promise<PhysicalSlot> => {
    const found = (await station.slots()).find((one) => one.slot === slot);
    if (!found) throw new Error(`no slot ${slot}`);
    return found;
  };

  const allRead = async (): Promise<boolean> =>
    (await station.slots())
      .filter(({ slot, pack }) => pack && (!served || served.includes(slot)))
      .every(({ slot }) => hardware?.packs.latest(slot));

  async function ask(data: Partial<AskChargeData> & object = {}, when = allRead): Promise<SiteSwap> {
    swaps += 1;
    const [id, orderId] = [`cmd-${swaps}`, `order-${swaps}`];
    await hub.until(() => hub.states.at(-1)?.online, 'the station online', WAIT_MS);
    await until('every pack is read', when, WAIT_MS);
    const whole = { user: 'u', vehicle: 'v', orderId, dispense: { packClass: 'A' }, ...data };
    await hub.command(MSG_TYPE.SERVER_ASK_CHARGE, whole, { id, ttlMs: 120_000 });
    const events = (): SwapEvent[] => hub.swapEvents().filter(({ requestId }) => requestId === id);
    const result = (states: readonly string[]): Promise<CommandResultData> =>
      hub.until(
        () => hub.results(id).find(({ state }) => states.includes(state)),
        `${states} of ${id}`,
        WAIT_MS,
      );
    return {
      orderId,
      events,
      steps: () => events().map(({ step }) => step),
      end: () => result(['done', 'failed', 'rejected']),
      result: (state) => result([state]),
    };
  }

  /** Waits until a latch is drawn back; no more than one ever is. */
  async function door(): Promise<number> {
    let slot = 0;
    await until(
      'a door is released',
      async () => {
        const released = (await station.slots()).filter((one) => !one.latched && !one.doorOpen);
        expect(released.length, 'doors released at once').toBeLessThan(2);
        slot = released[0]?.slot ?? 0;
        return slot > 0;
      },
      WAIT_MS,
    );
    return slot;
  }
  const open = (slot: number): Promise<void> => station.act('open-door', { slot });
  const shut = (slot: number): Promise<void> => station.act('close-door', { slot });

  return {
    station,
    start,
    ask,
    door,
    open,
    shut,
    look,
    hub: (): ScriptedHub => hub,
    hardware: (): Hardware => {
      if (!hardware) throw new Error('the agent was not started');
      return hardware;
    },
    /** Puts a pack into the next released slot, leaves the door open. */
    async putIn(pack: NewPack | string): Promise<number> {
      const slot = await door();
      await open(slot);
      const what = typeof pack === 'string' ? { serial: pack } : { pack: { socPct: 20, ...pack } };
      await station.act('insert-pack', { slot, ...what });
      return slot;
    },
    async bring(pack: NewPack | string): Promise<number> {
      const slot = await this.putIn(pack);
      await shut(slot);
      return slot;
    },
    /** Takes the pack out of the next released slot. */
    async fetchPack(): Promise<{ slot: number; serial: string }> {
      const slot = await door();
      const serial = (await look(slot)).pack?.serial ?? '';
      await open(slot);
      await station.act('remove-pack', { slot });
      await shut(slot);
      return { slot, serial };
    },
    alarm: (code: string, slot?: number) =>
      hub.until(
        () =>
          hub
            .events('alarm')
            .find((event) => event.code === code && (slot === undefined || event.slot === slot)),
        `the alarm ${code}`,
        WAIT_MS,
      ),
    /** Every pack that is in the cabinet, by serial number. */
    inside: async (): Promise<string[]> =>
      (await station.slots()).flatMap(({ pack }) => (pack ? [pack.serial] : [])),
    /** Every door shut and latched, as it must be when nobody is served. */
    allShut: async (): Promise<boolean> =>
      (await station.slots()).every(({ doorOpen, latched }) => latched && !doorOpen),
    async networkDown(): Promise<() => Promise<void>> {
      const { port } = hub;
      await hub.close();
      return async () => {
        hub = await createScriptedHub('1231', { port });
      };
    },
    async close(): Promise<void> {
      await agent?.stop();
      await hub.close();
      await station.close();
      dir.remove();
    },
  };
}
export type SwapSite = Awaited<ReturnType<typeof openSwapSite>>;
