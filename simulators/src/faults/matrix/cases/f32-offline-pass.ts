import { join } from 'node:path';
import type { IssuedPass, Order, Vehicle } from '@voltbay/protocol';
import { eventually } from '../../../network/eventually.js';
import type { Site } from '../../../network/site.js';
import type { SiteRider } from '../../../network/witnessed-swap.js';
import { signInRider } from '../../../rider/api.js';
import { createHands } from '../../../rider/at-cabinet.js';
import { swapByHand } from '../../../rider/rider.js';
import { createFakeClock, fakeClockMissing } from '../../injectors/fake-clock.js';
import { type FaultCase, mustHold } from '../case.js';
import { logOf, lostHub, releases } from '../observe.js';

const TTL_S = 300;

export const offlinePass: FaultCase = {
  id: 'F32',
  name: 'offline swap pass replayed, expired, forged, revoked',
  slow: true,
  missing: fakeClockMissing,
  async open(folder) {
    // The hub's clock stands in the past until one pass is issued, which is thereby expired.
    const clock = createFakeClock(join(folder, 'hub-clock'), -3_600);
    return {
      network: { hubEnv: clock.env, agentConfig: { uplink: { keepaliveS: 5 } } },
      close: () => {},
      async run({ site, rider, charge, allowOrder, pause }) {
        const pass = () =>
          rider.api.post<IssuedPass>('/core/v0/passes', { vehicleId: rider.account.vehicleId, ttlS: TTL_S });
        const expired = await pass();
        await site.network.hub.stop();
        clock.set(0);
        await site.network.startHub();
        await site.ready();
        rider.api = await signInRider(site.network.apiUrl, rider.account);
        const good = await pass();
        const revoked = await pass();
        await rider.api.post(`/core/v0/passes/${revoked.id}/revoke`, {});
        // A start is when an agent learns of revocations at once; else within the hour.
        await site.restart('agent');
        await site.ready();
        await charge();
        await learnt(site);

        await site.network.hub.stop();
        await lostHub(site);
        const before = await releases(site);
        await refused(site, forgeryOf(good.code), 'PASS_FORGED');
        await refused(site, revoked.code, 'PASS_REVOKED');
        await refused(site, expired.code, 'PASS_EXPIRED');
        mustHold((await releases(site)) === before, 'a door moved on a pass that was refused');
        await swapOnPass(site, rider, good.code);
        // The same code read again within five seconds counts once: later it is a second wish.
        await pause(6_000);
        await refused(site, good.code, 'PASS_SPENT');
        await site.network.startHub();
        await site.ready();
        const first = await settled(site, rider, []);
        allowOrder(first);

        // Honoured by a station without a network, and taken back meanwhile: owed for, with the evidence.
        rider.api = await signInRider(site.network.apiUrl, rider.account);
        const late = await pass();
        site.offline(true);
        await lostHub(site);
        await rider.api.post(`/core/v0/passes/${late.id}/revoke`, {});
        await fill(site);
        await swapOnPass(site, rider, late.code);
        site.offline(false);
        await site.ready();
        const second = await settled(site, rider, [first]);
        allowOrder(second);
        const { timeline } = await site.order(second);
        const evidence = timeline.map(({ what }) => what).find((what) => /revoked|taken back/i.test(what));
        mustHold(
          evidence !== undefined,
          `no word of the revocation: ${timeline.map(({ what }) => what).join(' | ')}`,
        );
        return {
          runs: 6,
          note: `forged, revoked, expired and spent refused; one honoured once; one revoked meanwhile: ${evidence}`,
        };
      },
    };
  },
};

/** Other claims, the old signature. */
function forgeryOf(code: string): string {
  const [head = '', body = '', signature = ''] = code.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Record<string, unknown>;
  const forged = Buffer.from(JSON.stringify({ ...claims, max: 0, jti: 'forged-forged-forged' })).toString(
    'base64url',
  );
  return [head, forged, signature].join('.');
}

async function learnt(site: Site): Promise<void> {
  // The agent asks for keys and revocations when it comes online; nothing tells when it has them.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await site.drained();
}

async function fill(site: Site): Promise<void> {
  await site.act('advance', { ms: 6 * 3_600_000 });
  await new Promise((resolve) => setTimeout(resolve, 8_000));
}

async function refused(site: Site, code: string, reason: string): Promise<void> {
  const seen = () => logOf(site, 'agent').filter((line) => line.code === reason).length;
  const before = seen();
  mustHold((await site.act('scan', { reader: 'qr', payload: code })).ok, 'the reader did not read');
  await eventually(`the refusal ${reason}`, 20_000, async () => (seen() > before ? true : null));
}

async function swapOnPass(site: Site, rider: SiteRider, code: string): Promise<void> {
  const walking = swapByHand(createHands(site.network.controlUrl), {
    carries: rider.holds,
    log: () => {},
    paceMs: 30,
    signal: AbortSignal.timeout(60_000),
  });
  mustHold((await site.act('scan', { reader: 'qr', payload: code })).ok, 'the reader did not read');
  const taken = await walking;
  mustHold(taken !== rider.holds, 'the rider got his own pack back');
  site.brought.delete(rider.holds);
  site.brought.add(taken);
  rider.holds = taken;
  await eventually('the swap ended', 30_000, async () =>
    (await site.status())?.swap === null ? true : null,
  );
}

/** The one order that the pass came to, once its pack is written to the rider's vehicle. */
async function settled(site: Site, rider: SiteRider, known: readonly string[]): Promise<string> {
  const { userId, vehicleId } = rider.account;
  return eventually('the order of the offline swap', 90_000, async () => {
    const orders = await site.operator.get<Order[]>(`/core/v0/orders?userId=${userId}&_limit=100`);
    const fresh = orders.filter(({ id, origin }) => origin === 'offline' && !known.includes(id));
    mustHold(fresh.length <= 1, `${fresh.length} orders of one pass`);
    const { packIds } = await site.operator.get<Vehicle>(`/core/v0/vehicles/${vehicleId}`);
    return fresh[0]?.state === 'completed' && packIds[0] === rider.holds ? fresh[0].id : null;
  });
}
