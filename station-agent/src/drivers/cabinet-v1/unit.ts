import { cabinet } from '@voltbay/protocol/devices';
import { type CabinetEvent, type CabinetIdentity, HardwareError } from '../../hardware/ports.js';
import type { CabinetDeps, CabinetUnit } from '../driver.js';
import { firmwareAtLeast } from './firmware.js';
import { createRequestLine } from './request-line.js';
import { soundOr, toDetail, toEvent, toIdentity, toSense, toStatus } from './translate.js';

/** Requests in a row without an answer after which the controller counts as away. */
const LOST_AFTER_TIMEOUTS = 4;
/** Pause between two HELLOs to a controller that does not answer. */
const HELLO_PAUSE_MS = 1_000;
/** A restart was heard while another question was open. */
const GREET_AGAIN_MS = 50;
/** The controller is asked whether it lives when nothing was heard for this long. */
const IDLE_PING_MS = 2_000;

/**
 * A cabinet as docs/protocol/cabinet.md describes it. It is up from an answered HELLO until the port is lost or the controller stops
 * answering; whoever sees `resync` must scan, because events may have been missed.
 */
export function createCabinetUnit({ link, clock, log, minFirmware }: CabinetDeps): CabinetUnit {
  const listeners = new Set<(event: CabinetEvent) => void>();
  let running = false;
  let up = false;
  let identity: CabinetIdentity | null = null;
  let lastSeq: number | null = null;
  let lastHeardMs = 0;
  let greeting = false;
  /** The controller restarted: it may run another firmware and has forgotten its tokens. */
  let restarted = false;
  let timer: NodeJS.Timeout | undefined;
  let offLink: (() => void) | undefined;

  const requests = createRequestLine({
    link,
    onEvent: takeEvent,
    onTimeouts(inARow) {
      if (inARow === 0) lastHeardMs = clock.monotonicMs();
      if (inARow < LOST_AFTER_TIMEOUTS || !up) return;
      setDown('the controller does not answer');
      schedule(0);
    },
    onBadLine: (error, detail) => log.debug({ error, detail, port: link.path }, 'bad line from the cabinet'),
  });

  function emit(event: CabinetEvent): void {
    for (const listener of listeners) listener(event);
  }

  function takeEvent(event: cabinet.CabinetEvent): void {
    lastHeardMs = clock.monotonicMs();
    const booted = event.name === 'BOOT';
    if (booted) requests.forbidRepeats();
    const missed = lastSeq !== null && !booted && cabinet.missedEvents(lastSeq, event.seq) > 0;
    lastSeq = event.seq;
    const told = toEvent(event);
    if (told) emit(told);
    if (missed) log.info({ seq: event.seq }, 'cabinet events were missed');
    if (booted && up) greetAgain();
    else if (missed || (told === null && event.name !== 'UNKNOWN')) emit({ kind: 'resync' });
  }

  function setDown(reason: string): void {
    identity = null;
    lastSeq = null;
    if (!up) return;
    up = false;
    log.warn({ port: link.path, reason }, 'cabinet lost');
    requests.failAll(new HardwareError('LINK_DOWN', `cabinet: ${reason}`));
    emit({ kind: 'link', up: false });
  }

  function schedule(delayMs: number): void {
    clearTimeout(timer);
    if (running) timer = setTimeout(() => void attend(), delayMs);
  }

  /** The one caretaker: greets a controller that is not known (again), pings one that has been quiet. */
  async function attend(): Promise<void> {
    if (!running || !link.isUp() || greeting) return;
    const quietMs = clock.monotonicMs() - lastHeardMs;
    greeting = true;
    try {
      if (!up || restarted) await greet();
      else if (quietMs >= IDLE_PING_MS) await requests.ask({ verb: 'PING' });
    } catch (error) {
      log.debug({ error: String(error) }, 'cabinet did not answer');
    } finally {
      greeting = false;
      schedule(nextLookMs());
    }
  }

  function nextLookMs(): number {
    if (!up) return HELLO_PAUSE_MS;
    return restarted ? GREET_AGAIN_MS : IDLE_PING_MS;
  }

  async function greet(): Promise<void> {
    const hello = soundOr(cabinet.readHello(await requests.ask({ verb: 'HELLO' })));
    identity = toIdentity(hello);
    lastSeq = hello.seq;
    restarted = false;
    const wasUp = up;
    up = true;
    if (!wasUp) {
      log.info({ ...identity, port: link.path }, 'cabinet up');
      const refusalReason = moveRefusal();
      if (refusalReason) log.error({ port: link.path }, refusalReason);
      emit({ kind: 'link', up: true });
    }
    emit({ kind: 'resync' });
  }

  function greetAgain(): void {
    restarted = true;
    schedule(0);
  }

  function moveRefusal(): string | null {
    if (!identity) return null;
    const { protocolVersion, firmware } = identity;
    if (protocolVersion !== cabinet.CABINET_PROTO)
      return `the cabinet speaks protocol ${protocolVersion}, this agent ${cabinet.CABINET_PROTO}: doors are not moved. Update the agent`;
    if (minFirmware && !firmwareAtLeast(firmware, minFirmware))
      return `cabinet firmware ${firmware} is older than ${minFirmware}: doors are not moved. Update the controller`;
    return null;
  }

  async function ask(request: cabinet.CabinetRequest, signal?: AbortSignal) {
    if (!up) {
      const why = link.isUp()
        ? 'the controller does not answer'
        : (link.lastError()?.message ?? 'not open yet');
      throw new HardwareError('LINK_DOWN', `cabinet on ${link.path}: ${why}`);
    }
    return requests.ask(request, signal);
  }

  async function move(request: cabinet.CabinetRequest, signal?: AbortSignal) {
    const reason = moveRefusal();
    if (up && restarted) throw new HardwareError('LINK_DOWN', 'the cabinet controller has just restarted');
    if (up && reason) throw new HardwareError('UNSUPPORTED', reason);
    return ask(request, signal);
  }

  /** Events and answers share one ordered line, so after an answer the numbers must agree. */
  function compareSeq(scan: cabinet.CabinetScan): void {
    const bootedUnseen = identity !== null && scan.boot !== identity.bootCount;
    const missed = lastSeq !== null && lastSeq !== scan.seq;
    lastSeq = scan.seq;
    if (bootedUnseen) {
      emit({ kind: 'boot', bootCount: scan.boot });
      greetAgain();
    } else if (missed) emit({ kind: 'resync' });
  }

  return {
    identity: () => identity,
    isUp: () => up,
    async scan(signal) {
      const scan = soundOr(cabinet.readScan(await ask({ verb: 'SCAN' }, signal)));
      compareSeq(scan);
      return scan.slots.map(toSense);
    },
    async slot(slot, signal) {
      const detail = soundOr(cabinet.readSlot(await ask({ verb: 'SLOT', slot }, signal)));
      if (detail.slot === slot) return toDetail(detail);
      throw new HardwareError('INTERNAL', `asked for slot ${slot}, the cabinet answered for ${detail.slot}`);
    },
    status: async (signal) => toStatus(cabinet.readStat(await ask({ verb: 'STAT' }, signal))),
    async open(slot, token, signal) {
      const values = await move({ verb: 'OPEN', slot, token }, signal);
      return { duplicate: values.get('dup') === '1' };
    },
    async lock(slot, signal) {
      await move({ verb: 'LOCK', slot }, signal);
    },
    async setChargeLimit(slot, limitMa, signal) {
      await move({ verb: 'CHG', slot, limitMa }, signal);
    },
    async light(slot, light, signal) {
      await ask({ verb: 'LED', slot, colour: light }, signal);
    },
    async restart(signal) {
      await ask({ verb: 'RSTC' }, signal);
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      if (running) return;
      running = true;
      offLink = link.onState((linkUp) => {
        if (linkUp) schedule(0);
        else setDown(link.lastError()?.message ?? 'port lost');
      });
      if (link.isUp()) schedule(0);
    },
    async stop() {
      if (!running) return;
      running = false;
      clearTimeout(timer);
      offLink?.();
      up = false;
      requests.close();
    },
  };
}
