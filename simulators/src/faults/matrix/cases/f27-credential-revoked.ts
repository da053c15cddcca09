import { eventually } from '../../../network/eventually.js';
import { type FaultCase, mustHold } from '../case.js';
import { lostHub, signIn } from '../observe.js';

export const credentialRevoked: FaultCase = {
  id: 'F27',
  name: 'credential revoked',
  network: { agentConfig: { uplink: { infoIntervalS: 1 } } },
  async run({ site, within }) {
    const { device, hub } = site.network;
    const old = { device, secret: site.secret() };
    const since = performance.now();
    await site.operator.delete(`/auth/v1/stations/${device}/credentials`);
    await eventually(
      'the live session closed',
      30_000,
      async () => (site.proxy.connections() === 0 ? true : null),
      10,
    );
    const kicked = within('kicked after', performance.now() - since, 5_000);
    await lostHub(site);
    const kept = await eventually('messages kept meanwhile', 60_000, async () => {
      const rows = (await site.status())?.outbox.rows ?? 0;
      return rows > 0 ? rows : null;
    });
    mustHold((await signIn(hub.ready.mqttUrl, old)) === null, 'the revoked password is still taken');
    // A technician commissions it anew; the buffer of the old days must arrive.
    const { code } = await site.operator.post<{ code: string }>(`/auth/v1/stations/${device}/enrol-code`, {});
    const { secret } = await site.operator.post<{ secret: string }>('/auth/v1/stations/enroll', {
      device,
      code,
    });
    await site.restart('agent', { VOLTBAY_STATION_SECRET: secret });
    await site.ready(120_000);
    await site.drained();
    mustHold((await signIn(hub.ready.mqttUrl, old)) === null, 'the old password is taken again');
    return { runs: 1, note: `${kicked}, ${kept} kept at first and all stored after a new commissioning` };
  },
};
