import { messagesCollection } from '../../src/ingest/message-document.js';
import { alarmId } from '../../src/stations/alarms.js';
import { alarmsCollection, stationLiveCollection } from '../../src/stations/station-documents.js';
import { connectStation, openTestDatabase, startTraffic, until } from '../station-traffic.js';

export type TrafficSite = Awaited<ReturnType<typeof openTrafficSite>>;

/** The MQTT side of a hub with stations that come and go, and what the hub holds of them. */
export async function openTrafficSite() {
  const store = await openTestDatabase();
  const { database } = store;
  const hub = await startTraffic({ database });
  const open: { close(): Promise<unknown> }[] = [];
  let nextDevice = 1;

  return {
    hub,
    database,
    /** A new station, known to the hub and connected. */
    async station(options: Parameters<typeof connectStation>[2] & { topics?: 'own' | 'shared' } = {}) {
      const device = `st-${nextDevice++}`;
      await hub.addStation(device, options.topics ? { topics: options.topics } : {});
      const client = await connectStation(hub.url, device, options);
      open.push(client);
      return client;
    },
    /** Closed with the others when the scenario ends. */
    join: (client: { close(): Promise<unknown> }): void => void open.push(client),
    stored: (device: string) =>
      database.collection(messagesCollection).find({ device }).sort({ _id: 1 }).toArray(),
    async view(device: string) {
      const document = await database.collection(stationLiveCollection).findOne({ _id: device });
      if (!document) throw new Error(`no live state of ${device}`);
      return document;
    },
    alarmed: (device: string, code: string) =>
      until(`the alarm ${code}`, async () => {
        const _id = alarmId({ device, code });
        return (await database.collection(alarmsCollection).findOne({ _id }))?.state === 'raised';
      }),
    async leave(): Promise<void> {
      for (const each of open.splice(0)) await each.close();
    },
    async close(): Promise<void> {
      await hub.stop();
      await store.close();
    },
  };
}
