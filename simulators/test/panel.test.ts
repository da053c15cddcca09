import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeLine } from '../src/devices/cabinet/line.js';
import { type ControlApi, startControlApi } from '../src/station/control-api.js';
import { demoStation } from '../src/station/demo-station.js';
import { type NetworkLine, openNetworkLine } from '../src/station/network-line.js';
import { createVirtualStation, type VirtualStation } from '../src/station/station.js';
import { openSerial } from './support/serial-client.js';
import { waitUntil } from './support/wait.js';

const executablePath =
  process.env.CHROMIUM_PATH ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
    existsSync(path),
  );

describe.skipIf(!executablePath)('control page in Chromium (needs Chromium installed)', () => {
  let station: VirtualStation;
  let api: ControlApi;
  let browser: Browser;
  let broker: Server;
  let line: NetworkLine;

  beforeAll(async () => {
    broker = createServer((socket) => socket.on('error', () => {}).resume());
    broker.listen(0, '127.0.0.1');
    await once(broker, 'listening');
    line = await openNetworkLine(`mqtt://127.0.0.1:${(broker.address() as AddressInfo).port}`);
    station = await createVirtualStation(demoStation({ speed: 0 }), { network: line });
    api = await startControlApi(station);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await api?.close();
    await station?.close();
    await line?.close();
    broker?.close();
  });

  it('lets a person swap with the mouse, and says what is not possible', async () => {
    const page = await browser.newPage({ locale: 'en-GB' });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${api.url}/`);
    const slot = (n: number) => page.locator('#cabinet .slot', { hasText: `Slot ${n}` });
    await slot(5).getByRole('button', { name: 'Open door' }).click();
    await page.getByText('Not done: locked').waitFor();
    const cabinet = await openSerial(station.agentHardware().ports.cabinet?.path ?? '', 115_200);
    cabinet.write(encodeLine(['C', 1, 'OPEN', 5, 'page-1']));
    await cabinet.waitFor(/R,1,OK/);
    await slot(5).getByRole('button', { name: 'Open door' }).click();
    await slot(5).getByRole('button', { name: 'Insert chosen' }).click();
    await slot(5).getByText('VB-A-0900').waitFor();
    await slot(5).getByRole('button', { name: 'Close door' }).click();
    await waitUntil('the door is shut', () => station.state().slots[4]?.doorOpen === false);
    await slot(3).getByRole('button', { name: 'Jam lock' }).click();
    await slot(3).getByText('JAMMED').waitFor();
    await page.getByLabel('payload of the code').fill('vb://swap/7');
    await page.getByRole('button', { name: 'Scan' }).click();
    await cabinet.waitFor(/READ,qr,vb:\/\/swap\/7/);
    await page.getByRole('button', { name: 'Unplug bus1' }).click();
    await page.getByRole('button', { name: 'Replug bus1' }).waitFor();
    expect(station.state().ports.bus1?.plugged).toBe(false);
    const agent = connect(Number(new URL(line.mqttUrl).port), '127.0.0.1');
    await once(agent, 'connect');
    const broken = new Promise((resolve) => agent.once('close', resolve));
    agent.on('error', () => {});
    await page.getByRole('button', { name: 'Cut network' }).click();
    await broken;
    await page.getByRole('button', { name: 'Restore network' }).click();
    await waitUntil('the line is up', () => station.state().network === 'up');
    expect(errors).toEqual([]);
    await cabinet.close();
  });

  it('speaks Chinese to a Chinese browser and on request, down to what happened and why not', async () => {
    const page = await browser.newPage({ locale: 'zh-CN' });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${api.url}/`);
    const slot = page.locator('#cabinet .slot').nth(1);
    await slot.getByText('仓位 2').waitFor();
    await slot.getByRole('button', { name: '开门' }).click();
    await page.getByText('未执行： 已锁').waitFor();
    await slot.getByRole('button', { name: '卡住锁' }).click();
    await page.locator('#history').getByText('故障 jam-lock  {"slot":2,"on":true}').waitFor();
    const buttons = await page.getByRole('button').allTextContents();
    expect(buttons.filter((text) => !/\p{Script=Han}|English/u.test(text))).toEqual([]);
    const cards = (await page.locator('#cabinet').textContent()) ?? '';
    expect(cards.match(/door|lock|empty|charger|sensors/g)).toEqual(null);
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: 'Cut mains' }).waitFor();
    await page.goto(`${api.url}/?lang=zh`);
    await page.getByRole('button', { name: '断市电' }).click();
    await page.getByRole('button', { name: '恢复市电' }).waitFor();
    expect(station.state().mains).toBe(false);
    expect(errors).toEqual([]);
  });
});
