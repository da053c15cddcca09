import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseTime, type ServerUpdateData } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import type { Settlement } from '../commands/intake.js';
import type { AgentConfig } from '../config/config.js';
import type { CrashPoint } from '../crash-point.js';
import { messageOf } from '../errors.js';
import { awaitHealth, type HealthCheck } from '../health-gate.js';
import type { Logger } from '../logger.js';
import type { CommandRow } from '../storage/command-journal.js';
import type { SwapService } from '../swap/service.js';
import { createBackoff } from '../uplink/backoff.js';
import { FetchRefusedError, fetchInto } from './fetch-artifact.js';
import type { ReleaseStore } from './release-store.js';
import { unpackRelease } from './unpack.js';
import type { Update, UpdateFile } from './update-file.js';
import { isSignedByTrusted, sha256Of } from './verify-update.js';

export type UpdaterDeps = {
  config: AgentConfig;
  releases: ReleaseStore;
  file: UpdateFile;
  /** The program that runs; it must be one of the releases for an update to make sense. */
  program: string;
  swaps: SwapService;
  cabinetUp: () => boolean;
  health: (wants: { cabinet: boolean }) => HealthCheck[];
  settle: (commandId: string, settlement: Settlement) => void;
  /** The end of an update that a technician began. */
  onLocalEnd: (update: Update) => void;
  /** Header for paths on the hub. */
  bearer: () => Promise<string>;
  /** Ends this process, so that the service manager starts what `current` points to. */
  replace: () => void;
  nowMs: () => number;
  crashPoint: CrashPoint;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
};

export type Updater = ReturnType<typeof createUpdater>;

/** Where an artifact comes from: the hub's command, or a file that a technician brought. */
export type UpdateOrder = ServerUpdateData & { commandId: string | null; localFile?: string };

const STEADY_MS = 3_000;
const FETCH_TRIES = 30;
const releaseName = (version: string): string => version.replaceAll(/[^A-Za-z0-9.+-]/g, '_');

const failed = (reason: string, detail?: string): Settlement => ({
  state: 'failed',
  reason,
  ...(detail !== undefined && { detail: detail.slice(0, 500) }),
});

/**
 * Brings a signed release onto the station: fetch, check, unpack beside, turn `current` between two swaps, let the new one prove itself,
 * turn back by itself when it does not. Every step is durable before the next one begins; whoever starts after a kill goes on from there.
 */
export function createUpdater(deps: UpdaterDeps) {
  const { config, releases, file, swaps, log, crashPoint, signal } = deps;
  let isBusy = false;

  /** Why this order is not carried out at all; null when it may be. */
  function refusal(order: UpdateOrder): Settlement | null {
    const rejected = (reason: string, detail: string): Settlement => ({ state: 'rejected', reason, detail });
    const { publicKeys, root } = config.update;
    if (publicKeys.length === 0)
      return rejected('UPDATE_NOT_CONFIGURED', 'update.publicKeys: no key is trusted; add one to the config');
    if (releases.owning(deps.program) === null)
      return rejected('UPDATE_NOT_CONFIGURED', `this agent was not started from ${root}/current`);
    if (!isSignedByTrusted(order, publicKeys))
      return rejected('BAD_SIGNATURE', 'no trusted key has signed this version and checksum');
    if (isBusy) return rejected('UPDATE_RUNNING', 'another update is under way');
    const to = parseTime(order.window?.to ?? '');
    if (to !== null && deps.nowMs() > to) return rejected('UPDATE_WINDOW_MISSED', 'the window is over');
    return null;
  }

  const isInstalled = (version: string): boolean => {
    const own = releases.owning(deps.program);
    return own !== null && releases.versionOf(releases.pathOf(own)) === version;
  };

  async function fetch(order: UpdateOrder): Promise<string | Settlement> {
    if (order.localFile !== undefined) return order.localFile;
    const archive = join(releases.workPath(), `${order.sha256}.tgz`);
    const isOnHub = order.url.startsWith('/');
    const url = isOnHub ? config.hub.apiUrl.replace(/\/+$/, '') + order.url : order.url;
    const backoff = createBackoff({ firstMs: 1_000, maxMs: 60_000 });
    for (let tries = 1; ; tries++) {
      const before = existsSync(archive) ? statSync(archive).size : 0;
      try {
        const headers: Record<string, string> = isOnHub ? { authorization: await deps.bearer() } : {};
        await fetchInto(archive, { url, headers, maxBytes: config.update.maxMiB * 1_048_576, signal });
        return archive;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof FetchRefusedError || tries >= FETCH_TRIES) {
          rmSync(archive, { force: true });
          return failed('DOWNLOAD_FAILED', messageOf(error));
        }
        if (existsSync(archive) && statSync(archive).size > before) backoff.reset();
        log.warn({ reason: messageOf(error), tries }, 'download broke off; it goes on from there');
        await new Promise((resolve) => setTimeout(resolve, backoff.nextMs()).unref());
      }
    }
  }

  /** Fetches, checks and unpacks; null when the release stands ready. */
  async function prepare(order: UpdateOrder, name: string): Promise<Settlement | null> {
    const archive = await fetch(order);
    if (typeof archive !== 'string') return archive;
    const sum = await sha256Of(archive);
    if (sum !== order.sha256) {
      if (order.localFile === undefined) rmSync(archive, { force: true });
      return failed('BAD_CHECKSUM', `the artifact has ${sum}, signed was ${order.sha256}`);
    }
    crashPoint('update:fetched');
    const unpacked = join(releases.workPath(), `${name}.partial`);
    const unfit = await unpackRelease(archive, unpacked, order.version);
    if (unfit !== null) {
      rmSync(unpacked, { recursive: true, force: true });
      return failed('BAD_ARTIFACT', unfit);
    }
    releases.adopt(unpacked, name);
    if (order.localFile === undefined) rmSync(archive, { force: true });
    crashPoint('update:unpacked');
    return null;
  }

  async function untilWindow(order: UpdateOrder): Promise<void> {
    const from = parseTime(order.window?.from ?? '');
    while (from !== null && deps.nowMs() < from) {
      signal.throwIfAborted();
      const waitMs = Math.min(60_000, from - deps.nowMs());
      await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
    }
  }

  async function carryOut(order: UpdateOrder): Promise<Settlement | null> {
    const { version, commandId, sha256 } = order;
    const from = releases.current();
    const name = releaseName(version);
    if (from === null) return failed('UPDATE_NOT_CONFIGURED', 'there is no current release');
    const base: Update = {
      phase: 'fetch',
      version,
      from,
      to: name,
      commandId,
      sha256,
      starts: 0,
      cabinetUp: false,
    };
    file.write(base);
    if (releases.versionOf(releases.pathOf(name)) !== version || name === from) {
      const trouble = await prepare(order, name);
      if (trouble) return trouble;
    }
    await untilWindow(order);
    if (!(await swaps.holdOff('the agent is being updated', signal)))
      return failed('UPDATE_RUNNING', 'the agent is being changed otherwise');
    const to = parseTime(order.window?.to ?? '');
    if (to !== null && deps.nowMs() > to) {
      swaps.letOn();
      return failed('UPDATE_WINDOW_MISSED', 'a swap, or the download, took until the window was over');
    }
    file.write({ ...base, phase: 'switch', cabinetUp: deps.cabinetUp() });
    crashPoint('update:switching');
    switchOver();
    return null;
  }

  /** From `switch` on: turn the link, then let go of this process. */
  function switchOver(): void {
    const update = file.read();
    if (update?.phase !== 'switch') return;
    releases.pointTo(update.to);
    crashPoint('update:switched');
    file.write({ ...update, phase: 'trial', starts: 0 });
    log.warn({ version: update.version, commandId: update.commandId }, 'the new version is started');
    deps.replace();
  }

  function end(update: Update): void {
    const settlement: Settlement =
      update.phase === 'done'
        ? { state: 'done', result: { version: update.version } }
        : failed('UPDATE_ROLLED_BACK', update.reason);
    if (update.commandId === null) deps.onLocalEnd(update);
    else deps.settle(update.commandId, settlement);
  }

  /** The new release, on trial, in its own process. */
  async function prove(update: Update): Promise<void> {
    const { healthS } = config.update;
    const checks = deps.health({ cabinet: update.cabinetUp });
    const options = { checks, withinMs: healthS * 1_000, steadyMs: STEADY_MS, clock: deps.clock, signal };
    const health = await awaitHealth(options);
    if (health.ok) {
      file.write({ ...update, phase: 'done' });
      crashPoint('update:confirmed');
      releases.prune([update.from, update.to]);
      log.warn({ version: update.version, commandId: update.commandId }, 'the new version works and stays');
      end({ ...update, phase: 'done' });
      return;
    }
    const reason = `not healthy within ${healthS} s: ${health.missing.join(', ')}`;
    log.error({ version: update.version, reason }, 'the new version is taken back');
    file.write({ ...update, phase: 'rolling-back', reason });
    crashPoint('update:rolling-back');
    releases.pointTo(update.from);
    file.write({ ...update, phase: 'rolled-back', reason });
    deps.replace();
  }

  function work(order: UpdateOrder): void {
    isBusy = true;
    carryOut(order)
      .then((settlement) => {
        if (!settlement) return;
        log.error({ ...settlement, version: order.version }, 'update not carried out');
        const update = file.read();
        if (update) file.write({ ...update, phase: 'rolled-back', reason: settlement.reason ?? '' });
        if (order.commandId !== null) deps.settle(order.commandId, settlement);
      })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        log.error({ err: error }, 'update failed');
        if (order.commandId !== null) deps.settle(order.commandId, failed('UPDATE_FAILED', messageOf(error)));
      })
      .finally(() => {
        isBusy = false;
      });
  }

  return {
    /** Begins; null = it goes on by itself and settles its command. `begin` is called before anything is done. */
    order(order: UpdateOrder, begin: () => void): Settlement | null {
      const refused = refusal(order);
      if (refused) return refused;
      if (isInstalled(order.version)) return { state: 'done', result: { version: order.version } };
      begin();
      work(order);
      return null;
    },
    /** What a command of an earlier start came to; null when it goes on. */
    recover(row: CommandRow): Settlement | null {
      const update = file.read();
      if (update?.commandId === row.id) {
        if (update.phase === 'done') return { state: 'done', result: { version: update.version } };
        if (update.phase === 'rolled-back') return failed('UPDATE_ROLLED_BACK', update.reason);
        if (update.phase !== 'fetch') return null;
      }
      const again: UpdateOrder = { ...(row.data as ServerUpdateData), commandId: row.id };
      return this.order(again, () => {});
    },
    /** Goes on with what an earlier process left: a switch, or the proof of this release. */
    start(): void {
      const update = file.read();
      if (update?.phase === 'switch') {
        Promise.resolve()
          .then(() => swaps.holdOff('the agent is being updated', signal))
          .then((isMine) => isMine && switchOver())
          .catch((error: unknown) => log.error({ err: error }, 'update not carried on'));
      }
      if (update?.phase === 'trial' && releases.owning(deps.program) === update.to)
        prove(update).catch((error: unknown) => {
          if (!signal.aborted) log.error({ err: error }, 'the new version was not judged');
        });
      if (update?.phase === 'rolled-back' && update.commandId === null && update.starts > 0) {
        file.write({ ...update, starts: 0 });
        end(update);
      }
    },
    isBusy: (): boolean => isBusy,
    /**
     * To the release before, at a technician's word; `begin` is called before. Null when there is none that ever proved itself. It has to
     * prove itself again, and is taken back when it does not.
     */
    goBack(begin: () => void): string | null {
      const from = releases.current();
      const last = file.read();
      const unproven = last && last.phase !== 'done' ? last.to : null;
      const names = releases.names().filter((name) => name !== from && name !== unproven);
      names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
      const to = names.find((name) => name === last?.from) ?? names.at(-1);
      if (to === undefined || from === null) return null;
      begin();
      const version = releases.versionOf(releases.pathOf(to)) ?? to;
      const cabinetUp = deps.cabinetUp();
      file.write({ phase: 'switch', version, from, to, commandId: null, sha256: '', starts: 0, cabinetUp });
      switchOver();
      return to;
    },
    status: () => ({
      root: config.update.root,
      current: releases.current(),
      installed: releases.names(),
      last: file.read(),
    }),
  };
}
