import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { MSG_TYPE, type StationLogData } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogTail } from '../src/diagnostics/log-tail.js';
import { createLogger } from '../src/logger.js';
import { aPack, createCabinetModel } from './support/cabinet-model.js';
import { createRestHub } from './support/rest-hub.js';
import { createScriptedHub } from './support/scripted-hub.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

const UPLOAD = '/core/v0/stations/1231/diagnostics/d-1/bundle';

async function startStation(url: { mqtt: string; rest: string }, dir: string) {
  const tail = createLogTail();
  const log = createLogger('silent', { tail });
  const model = createCabinetModel({ slots: 4, packs: { 1: aPack('VB-A-1') } });
  const config = testConfig(dir, { mqttUrl: url.mqtt, apiUrl: url.rest });
  return { agent: await startTestAgent(config, model, { log, logTail: tail }), log, model };
}

describe('diagnostics on request', () => {
  let dir: ReturnType<typeof tempDir>;
  let hub: Awaited<ReturnType<typeof createScriptedHub>>;
  let rest: Awaited<ReturnType<typeof createRestHub>>;
  let station: Awaited<ReturnType<typeof startStation>>;
  beforeEach(async () => {
    dir = tempDir();
    hub = await createScriptedHub('1231');
    rest = await createRestHub();
    station = await startStation({ mqtt: hub.url, rest: rest.url }, dir.path);
    await hub.until(() => hub.infos()[0], 'the first report');
  });
  afterEach(async () => {
    await station.agent.stop();
    await hub.close();
    await rest.close();
    dir.remove();
  });

  const ask = (data: object, id: string): Promise<void> =>
    hub.command(MSG_TYPE.SERVER_ASK_DIAGNOSTICS, data, { id, ttlMs: 60_000, requestId: 'req-1' });
  const settled = (id: string) =>
    hub.until(
      () => hub.results(id).find(({ state }) => state !== 'received' && state !== 'started'),
      'the answer',
      60_000,
    );
  const logLines = (): StationLogData['lines'] =>
    [...hub.stored.values()]
      .filter(({ type }) => type === MSG_TYPE.STATION_LOG)
      .flatMap(({ data }) => (data as StationLogData).lines);

  it('uploads a bundle without secrets, whole, with the token, and tries again when the hub stumbles', async () => {
    const bodies: Buffer[] = [];
    rest.behaviour.intercept = (call) => {
      if (call.path !== UPLOAD) return null;
      bodies.push(call.raw);
      const digest = `sha-256=:${createHash('sha256').update(call.raw).digest('base64')}:`;
      expect(call.headers).toMatchObject({ 'content-type': 'application/gzip', 'content-digest': digest });
      if (bodies.length === 1) return { status: 503, body: { code: 'UNAVAILABLE' } };
      return { status: 201, body: { id: 'b-7' } };
    };
    await ask({ uploadPath: UPLOAD }, 'd1');
    expect(await settled('d1')).toMatchObject({ state: 'done', result: { bundleId: 'b-7' } });
    expect(bodies).toHaveLength(2);
    const text = gunzipSync(bodies[1] ?? Buffer.alloc(0)).toString();
    expect(JSON.parse(text)).toMatchObject({
      device: '1231',
      answers: { status: { device: '1231', running: true } },
      log: expect.arrayContaining([expect.stringContaining('"requestId":"req-1"')]),
    });
    expect(text).not.toContain('test-secret');
  });

  it.each([{}, { uploadPath: 'http://elsewhere/x' }, { uploadPath: '//elsewhere/core/v0/x' }])(
    'refuses %j: a bundle goes to the own hub only',
    async (data) => {
      await ask(data, 'd2');
      expect(await settled('d2')).toMatchObject({ state: 'rejected', reason: 'BAD_COMMAND' });
    },
  );

  it('says when the hub does not take it', async () => {
    rest.behaviour.intercept = (call) =>
      call.path === UPLOAD ? { status: 413, body: { code: 'BODY_TOO_LARGE' } } : null;
    await ask({ uploadPath: UPLOAD }, 'd3');
    expect(await settled('d3')).toMatchObject({ state: 'failed', reason: 'UPLOAD_FAILED' });
  });

  it('sends the lines of one order, earlier and following ones, and no others', async () => {
    station.log.debug({ orderId: 'o-1' }, 'before');
    station.log.info({ orderId: 'o-2' }, 'of another');
    await ask({ bundle: false, logs: { level: 'debug', minutesBack: 5, forS: 60, orderId: 'o-1' } }, 'd4');
    expect(await settled('d4')).toMatchObject({ state: 'done', result: { lines: 1 } });
    station.log.debug({ orderId: 'o-1', secret: 'x-secret' }, 'after');
    station.log.info({ orderId: 'o-2' }, 'of another again');
    await hub.until(() => logLines().some(({ msg }) => msg === 'after'), 'the following line');
    expect(logLines().map(({ msg, level }) => [msg, level])).toEqual([
      ['before', 'debug'],
      ['after', 'debug'],
    ]);
    expect(JSON.stringify(logLines())).not.toContain('x-secret');
  });

  it('sends warnings unasked, but not a flood of them', async () => {
    for (let n = 0; n < 500; n++) station.log.warn({ n }, 'again');
    station.log.info('ordinary');
    await hub.until(() => logLines().length > 0, 'the warnings');
    expect(logLines().length).toBeLessThanOrEqual(60);
    expect(logLines().every(({ level }) => level === 'warn')).toBe(true);
  });

  it('names order and request of a swap in every line about it', async () => {
    await hub.command(
      MSG_TYPE.SERVER_ASK_CHARGE,
      { user: 'u', vehicle: 'v', orderId: 'o-9', returns: 0 },
      { id: 'c9', ttlMs: 60_000, requestId: 'req-9' },
    );
    await hub.until(() => hub.swapEvents().some(({ step }) => step === 'dispense-door-released'), 'the door');
    await ask({ bundle: false, logs: { level: 'info', orderId: 'o-9' } }, 'd6');
    await settled('d6');
    await hub.until(() => logLines().some(({ msg }) => msg === 'swap step'), 'its lines');
    const steps = logLines().filter(({ msg }) => msg === 'swap step');
    for (const { fields } of steps)
      expect(fields).toMatchObject({ orderId: 'o-9', requestId: 'req-9', commandId: 'c9' });
    expect(steps.map(({ fields }) => fields?.step)).toEqual(['opening', 'released']);
  });
});
