import { controlTopic, infoTopic, MSG_TYPE } from '@voltbay/protocol';
import { enrolFleet } from '../../../fleet/enrol-fleet.js';
import { DEMO } from '../../../network/demo-accounts.js';
import { eventually } from '../../../network/eventually.js';
import type { Site } from '../../../network/site.js';
import { type FaultCase, mustHold } from '../case.js';
import { controlPacket, releases, signIn } from '../observe.js';

const DEPTH = 20_000;
const BIG_BYTES = 10 * 1_048_576;

export const malformed: FaultCase = {
  id: 'F16',
  name: 'malformed and oversized messages',
  async run({ site }) {
    const up = await toTheHub(site);
    const down = await toTheAgent(site);
    return {
      runs: up + down,
      note: `${up} to the hub, each counted and the session kept; ${down} to the station`,
    };
  },
};

const badTexts = (device: string): (string | Buffer)[] => {
  const envelope = (fields: object) =>
    JSON.stringify({ device, type: MSG_TYPE.TELEMETRY, time: new Date().toISOString(), v: 1, ...fields });
  return [
    '',
    '{',
    'null',
    '[]',
    '"text"',
    Buffer.from([0xff, 0xfe, 0x00, 0x80]),
    envelope({ data: { readings: 'many' } }),
    envelope({ data: null, type: '12' }),
    envelope({ data: { readings: [{ socPct: 'full', cellMv: {} }] }, epoch: 'one', seq: -1 }),
    `{"device":"${device}","type":12,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"data":{"__proto__":{"readings":[]}}}`,
    `{"device":"${device}","type":12,"data":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`,
    `{"device":"${device}","type":12,"data":{"pad":"${'x'.repeat(BIG_BYTES)}"}}`,
  ];
};

async function toTheHub(site: Site): Promise<number> {
  const [account] = await enrolFleet({
    apiUrl: site.network.apiUrl,
    operator: DEMO.operator,
    count: 1,
    prefix: 'malformed-',
  });
  mustHold(account !== undefined, 'no station to misbehave with');
  const client = await signIn(site.network.hub.ready.mqttUrl, account);
  mustHold(client !== null, 'the misbehaving station was not let in');
  let closed = false;
  client.on('close', () => {
    closed = true;
  });
  const acknowledged = new Set<number>();
  client.on('message', (_topic, payload) => {
    const { type, data } = JSON.parse(payload.toString('utf8')) as { type: number; data: { upTo: number } };
    if (type === MSG_TYPE.SERVER_ACK) acknowledged.add(data.upTo);
  });
  await client.subscribeAsync(controlTopic(account.device), { qos: 1 });
  const texts = badTexts(account.device);
  const before = await refusedAtHub(site);
  for (const text of texts) await client.publishAsync(infoTopic(account.device), text, { qos: 1 });
  const refused = await eventually('all of them counted', 60_000, async () => {
    const count = (await refusedAtHub(site)) - before;
    return count >= texts.length ? count : null;
  });
  mustHold(refused === texts.length, `${refused} refused of ${texts.length}`);
  // The session is kept, and what is right is still stored.
  const good = { device: account.device, type: MSG_TYPE.TELEMETRY, data: { readings: [] } };
  const numbered = { ...good, time: new Date().toISOString(), v: 1, id: 'after-all-that', epoch: 1, seq: 0 };
  await client.publishAsync(infoTopic(account.device), JSON.stringify(numbered), { qos: 1 });
  await eventually('a right message stored', 60_000, async () => (acknowledged.has(0) ? true : null));
  mustHold(!closed, 'the session was closed');
  await client.endAsync();
  return texts.length;
}

/** What the hub has refused so far, by its own count. */
async function refusedAtHub(site: Site): Promise<number> {
  const text = await site.operator.text('/metrics');
  const line = /^\w+\{part="ingest",name="refused"\} (\d+)$/m.exec(text);
  mustHold(line !== null, 'the hub shows no count of what it refused');
  return Number(line[1]);
}

async function toTheAgent(site: Site): Promise<number> {
  const { device, agent } = site.network;
  const texts = [
    '',
    '{',
    'null',
    `{"device":"${device}"}`,
    `{"device":"${device}","type":24,"data":{"slot":"1"},"id":"bad-slot"}`,
    `{"device":"${device}","type":999,"id":"no-such-type"}`,
    `{"device":"${device}","type":24,"__proto__":{"data":{"slot":1,"by":"x"}},"id":"proto"}`,
    `{"device":"${device}","type":24,"data":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)},"id":"deep"}`,
    `{"device":"${device}","type":24,"data":{"slot":1,"by":"${'x'.repeat(BIG_BYTES)}"},"id":"big"}`,
  ];
  const moved = await releases(site);
  const counted = (await site.status())?.commands;
  for (const text of texts) site.proxy.inject('to-client', controlPacket(device, text));
  await eventually('all of them counted by the agent', 60_000, async () => {
    const now = (await site.status())?.commands;
    if (!now || !counted) return null;
    const more = (name: string) => (now[name] ?? 0) - (counted[name] ?? 0);
    return more('malformed') + more('unsupported') >= texts.length ? true : null;
  });
  const seen = await site.status();
  mustHold(seen?.hub.state === 'up' && site.network.agent.pid === agent.pid, 'the agent lost its session');
  mustHold((await releases(site)) === moved, 'a door moved');
  return texts.length;
}
