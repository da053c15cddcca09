import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeLine } from '../src/devices/cabinet/line.js';
import { type ControlApi, startControlApi } from '../src/station/control-api.js';
import { demoStation } from '../src/station/demo-station.js';
import { createVirtualStation, type VirtualStation } from '../src/station/station.js';
import type { StationState } from '../src/station/station-state.js';
import { openSerial } from './support/serial-client.js';
import { waitUntil } from './support/wait.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function aServedStation(): Promise<{ station: VirtualStation; api: ControlApi }> {
  const station = await createVirtualStation(demoStation({ speed: 0 }));
  opened.push(station);
  const api = await startControlApi(station);
  opened.push(api);
  return { station, api };
}

async function post(
  api: ControlApi,
  path: string,
  body?: unknown,
): Promise<[number, Record<string, unknown>]> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${api.url}${path}`, { method: 'POST', body: text });
  return [response.status, (await response.json()) as Record<string, unknown>];
}

describe('control API', () => {
  it('shows the station and lets a person swap a pack', async () => {
    const { station, api } = await aServedStation();
    const cabinet = await openSerial(station.agentHardware().ports.cabinet?.path ?? '', 115_200);
    opened.push(cabinet);
    expect(await post(api, '/actions/open-door', { slot: 5 })).toEqual([
      409,
      { ok: false, reason: 'locked' },
    ]);
    cabinet.write(encodeLine(['C', 1, 'OPEN', 5, 'a-1']));
    await cabinet.waitFor(/R,1,OK/);
    expect(await post(api, '/actions/open-door', { slot: 5 })).toEqual([200, { ok: true }]);
    expect(await post(api, '/actions/insert-pack', { slot: 5, serial: 'VB-A-0900' })).toEqual([
      200,
      { ok: true },
    ]);
    expect(await post(api, '/actions/insert-pack', { slot: 5, serial: 'VB-A-0901' })).toEqual([
      409,
      { ok: false, reason: 'occupied' },
    ]);
    expect(await post(api, '/actions/close-door', { slot: 5 })).toEqual([200, { ok: true }]);
    expect(await post(api, '/actions/scan', { reader: 'rfid', payload: 'card 7' })).toEqual([
      200,
      { ok: true },
    ]);
    await cabinet.waitFor(/READ,rfid,card%207/);
    const state = (await (await fetch(`${api.url}/state`)).json()) as StationState;
    expect(state.slots[4]).toMatchObject({
      doorOpen: false,
      latched: true,
      pack: { serial: 'VB-A-0900', socPct: 18 },
    });
    expect(state.outside.map((pack) => pack.serial)).toEqual(['VB-A-0901']);
    expect(state.history.map((happening) => happening.what)).toEqual([
      'latch released',
      'door opened',
      'pack inserted',
      'door closed',
      'code read',
    ]);
  });

  it('names what is wrong with a request', async () => {
    const { api } = await aServedStation();
    expect(await post(api, '/actions/open-door', { slot: 'five' })).toMatchObject([400, { error: /slot/ }]);
    expect(await post(api, '/actions/open-door', { slot: 99 })).toMatchObject([404, { code: 'SIM_NO_SLOT' }]);
    expect(await post(api, '/actions/dance', {})).toMatchObject([404, { error: /dance/ }]);
    expect(await post(api, '/actions/open-door', '{')).toMatchObject([400, { error: /JSON/ }]);
    expect(await post(api, '/actions/open-door', `"${'x'.repeat(70_000)}"`)).toMatchObject([
      400,
      { error: /larger/ },
    ]);
    expect(await post(api, '/actions/ride', { serial: 'VB-A-0101', untilSocPct: 1 })).toMatchObject([
      409,
      { code: 'SIM_IMPOSSIBLE' },
    ]);
    expect(await post(api, '/faults/silence', { serial: 'nobody' })).toMatchObject([
      404,
      { error: /VB-A-0101/ },
    ]);
    expect(await post(api, '/faults/earthquake', {})).toMatchObject([400, { error: /jam-lock/ }]);
  });

  it('is not reachable through a foreign name', async () => {
    const { api } = await aServedStation();
    const status = await new Promise((resolve, reject) => {
      const call = request(`${api.url}/state`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on('error', reject);
      call.end();
    });
    expect(status).toBe(403);
  });

  it('lists every action and fault with its body', async () => {
    const { api } = await aServedStation();
    const help = (await (await fetch(`${api.url}/help`)).json()) as Record<
      string,
      { path: string; body?: object }[]
    >;
    expect(help.faults?.map((fault) => fault.path)).toContain('/faults/jam-lock');
    expect(help.actions?.map((one) => one.path)).toContain('/actions/insert-pack');
    for (const entry of [...(help.faults ?? []), ...(help.actions ?? [])])
      expect(entry.body).toBeTypeOf('object');
  });
});

const bin = fileURLToPath(new URL('../bin/voltbay-sim.mjs', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url)));

describe.skipIf(!built)('voltbay-sim station', () => {
  function run(...args: string[]) {
    const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines: string[] = [];
    let errors = '';
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    child.stderr.on('data', (text) => {
      errors += text;
    });
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    opened.push({
      async close() {
        child.kill('SIGKILL');
        await code;
      },
    });
    return { child, lines, code, errors: () => errors };
  }

  it('prints one JSON line, serves until a signal, and takes its links away', async () => {
    const sim = run('station', '--json', '--slots', '3', '--ble', '1', '--pylontech', '2', '--device', '77');
    await waitUntil('ready line', () => sim.lines.length > 0);
    const ready = JSON.parse(sim.lines[0] ?? '');
    expect(ready).toMatchObject({ ready: true, device: '77', hardware: { slots: { length: 3 } } });
    expect(existsSync(ready.ports.bus1)).toBe(true);
    expect((await fetch(`${ready.controlUrl}/state`)).status).toBe(200);
    sim.child.kill('SIGTERM');
    expect(await sim.code).toBe(0);
    expect(existsSync(ready.ports.bus1)).toBe(false);
    expect(existsSync(ready.directory)).toBe(false);
  });

  it.each([
    [['station', '--slots', '2', '--ble', '5'], 2, /do not fit/],
    [['station', '--packs', 'tesla=3'], 2, /tesla/],
    [['station', '--packs', 'jk-ble=1', '--slots', '2'], 2, /leave/],
    [['station', '--speed', 'fast'], 2, /number/],
    [['station', '--nope'], 2, /unknown option/],
    [['station', '--config', '/nonexistent.json'], 2, /nonexistent/],
    [['station', '--dir', `${bin}/inside`], 1, /cannot create the directory/],
  ])('refuses %j with exit code %i', async (args, code, message) => {
    const sim = run(...args);
    expect(await sim.code).toBe(code);
    expect(sim.errors()).toMatch(message);
  });
});
