import { controlTopic, MSG_TYPE } from '@voltbay/protocol';
import { eventually } from '../../../network/eventually.js';
import { type FaultCase, mustHold } from '../case.js';
import { alarmAtHub, controlPacket, hubAlarms, lostHub, releases, signIn } from '../observe.js';

export const retainedCommand: FaultCase = {
  id: 'F21',
  name: 'retained command planted',
  async run({ site }) {
    const { device } = site.network;
    const before = await releases(site);
    const command = () => ({
      device,
      type: MSG_TYPE.SERVER_OPEN_SLOT,
      data: { slot: 1, by: 'nobody' },
      time: new Date().toISOString(),
      v: 1,
      id: `planted-${performance.now()}`,
      issuedAt: new Date().toISOString(),
      ttlMs: 60_000,
    });
    // A broker that hands one out: the station ignores it and says so.
    site.proxy.inject('to-client', controlPacket(device, command(), true));
    await eventually('the agent to notice', 30_000, async () =>
      ((await site.status())?.commands.retained ?? 0) >= 1 ? true : null,
    );
    const { count } = await alarmAtHub(site, 'retained-command');

    // Somebody who plants one at our broker: refused there, alarmed, and nobody gets it later.
    const planter = await signIn(site.network.hub.ready.mqttUrl, { device, secret: site.secret() });
    mustHold(planter !== null, 'the planter was not let in');
    await planter.publishAsync(controlTopic(device), JSON.stringify(command()), { qos: 1, retain: true });
    await eventually('the hub to notice', 30_000, async () =>
      ((await hubAlarms(site, 'retained-command'))[0]?.count ?? 0) > count ? true : null,
    );
    await planter.endAsync();
    site.offline(true);
    await lostHub(site);
    site.offline(false);
    await site.ready();
    await site.drained();
    mustHold((await site.status())?.commands.retained === 1, 'the broker kept what was planted');
    mustHold((await releases(site)) === before, 'a door moved');
    return { runs: 2, note: 'by a broker: ignored and alarmed; at our broker: refused and alarmed' };
  },
};
