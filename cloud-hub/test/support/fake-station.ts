import { controlTopic, infoTopic, MSG_TYPE, type SwapStep, stateTopic } from '@voltbay/protocol';
import mqtt, { type MqttClient } from 'mqtt';
import { DEMO_SECRET, eventually } from './hub-fixture.js';

type Downlink = { id?: string; type: number; device: string; data?: Record<string, unknown> };

/** A station as a third party would write one: an MQTT client with name and password. `own` speaks our additions too. */
export async function connectStation(
  mqttUrl: string,
  options: { device?: string; topics?: 'own' | 'shared'; epoch?: number } = {},
) {
  const device = options.device ?? '1231';
  const own = (options.topics ?? 'own') === 'own';
  const client: MqttClient = await mqtt.connectAsync(mqttUrl, {
    username: device,
    password: DEMO_SECRET,
    clientId: `vb-${device}`,
    clean: true,
    reconnectPeriod: 0,
  });
  const received: Downlink[] = [];
  client.on('message', (_topic, payload) => {
    received.push(JSON.parse(payload.toString('utf8')) as Downlink);
  });
  await client.subscribeAsync(own ? controlTopic(device) : 'control', { qos: 1 });
  /** Starts of the station: sequence numbers count within one. */
  const epoch = options.epoch ?? 1;
  let seq = 0;
  const publish = (type: number, data: unknown) =>
    client.publishAsync(
      own ? infoTopic(device) : 'info',
      JSON.stringify({
        device,
        type,
        data,
        time: new Date().toISOString(),
        ...(own ? { v: 1, id: crypto.randomUUID(), epoch, seq: seq++ } : {}),
      }),
      { qos: 1 },
    );
  if (own)
    await client.publishAsync(
      stateTopic(device),
      JSON.stringify({
        device,
        online: true,
        epoch: 1,
        seq: 0,
        instanceId: 'fake-station',
        versions: { agent: '0' },
      }),
      { qos: 1, retain: true },
    );
  else await publish(MSG_TYPE.STATION_INFO, { battery: { bluetooth: true, charge: true, maxVol: 3350 } });
  return {
    device,
    received,
    publish,
    command: (type: number = MSG_TYPE.SERVER_ASK_CHARGE) =>
      eventually(() => received.find((message) => message.type === type), `command ${type}`),
    result: (commandId: string | undefined, state: string, reason?: string) =>
      publish(MSG_TYPE.COMMAND_RESULT, { commandId, state, ...(reason ? { reason } : {}) }),
    step: (orderId: unknown, step: SwapStep, extra: Record<string, unknown> = {}) =>
      publish(MSG_TYPE.STATION_EVENT, {
        kind: 'swap',
        step,
        swapId: `s-${String(orderId).slice(-20)}`,
        orderId,
        at: new Date().toISOString(),
        ...extra,
      }),
    close: () => client.endAsync(true),
  };
}
