import { join } from 'node:path';
import { startDocumentServer } from '../../../network/document-store.js';
import { eventually } from '../../../network/eventually.js';
import { startTcpProxy } from '../../tcp-proxy.js';
import { type FaultCase, mustHold } from '../case.js';
import { signIn } from '../observe.js';

export const authDown: FaultCase = {
  id: 'F26',
  name: 'auth endpoint down',
  async open(folder) {
    // What sign-ins are checked against lies behind a network of its own, which fails.
    const store = await startDocumentServer({ file: join(folder, 'store.db'), listen: 'tcp' });
    const { hostname, port, search } = new URL(store.uri);
    const link = await startTcpProxy({ host: hostname, port: Number(port) });
    return {
      network: {
        storeUri: store.uri,
        hubEnv: { MONGODB_URI: `mongodb://127.0.0.1:${link.port}/${search}` },
        agentConfig: { uplink: { infoIntervalS: 1, keepaliveS: 60 } },
      },
      async close() {
        await link.close();
        await store.close();
      },
      async run({ site, pause }) {
        const { device, hub } = site.network;
        const account = { device, secret: site.secret() };
        const wrong = { device, secret: 'guessed-secret-0123456789' };
        const healthy = await signIn(hub.ready.mqttUrl, account);
        mustHold(healthy !== null, 'the right password is not taken even in peace');
        await healthy.endAsync();
        const sessions = site.uplink.sessions();
        link.refuse(true);
        link.cut();
        let refused = 0;
        for (const who of [account, wrong, account]) {
          const letIn = await signIn(hub.ready.mqttUrl, who, 8_000);
          mustHold(letIn === null, 'somebody was let in while nobody could be asked');
          refused += 1;
        }
        const state = (await site.status())?.hub.state;
        mustHold(state === 'up' && site.proxy.connections() === 1, `the live session: ${state}`);
        const kept = await eventually('messages kept meanwhile', 30_000, async () => {
          const rows = (await site.status())?.outbox.rows ?? 0;
          return rows >= 3 ? rows : null;
        });
        link.refuse(false);
        await pause(1_000);
        await site.drained(120_000);
        mustHold(site.uplink.sessions() === sessions, 'the live session was closed');
        const again = await eventually('the right password to be taken again', 60_000, () =>
          signIn(hub.ready.mqttUrl, account),
        );
        await again.endAsync();
        mustHold((await signIn(hub.ready.mqttUrl, wrong)) === null, 'a wrong password is taken');
        return {
          runs: refused,
          note: `${refused} sign-ins refused without the store, the live session went on with ${kept} messages kept until it was back`,
        };
      },
    };
  },
};
