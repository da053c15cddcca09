// Starts the network on free ports and a headless Chromium, and hands both to the journeys in admin/e2e and app/e2e.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register } from 'tsx/esm/api';
import { buildNode, buildWeb } from './build.mjs';
import { ensureInstalled, note, root } from './install.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--force-color-profile=srgb'],
];

/** Calls of a page that are kept to be told when a journey fails. */
const MAX_CALLS = 24;

/** The looks that `--look=` names. */
export const looksOf = (args) =>
  args.filter((arg) => arg.startsWith('--look=')).map((arg) => arg.slice('--look='.length));

/**
 * Each app has `e2e/journeys.ts` with `run(context, report)` (journeys) and `shots(context, report)` (every screen). `report(name, error?)` is
 * called once a journey. Journeys of an app that can take pictures do so of the `looks` named. @returns {{passed: number, failed: number, skipped: number, files: string[]}}
 */
export async function runJourneys({ kind, apps, short = false, looks = [] }) {
  await ensureInstalled();
  await buildNode();
  for (const app of apps) await buildWeb(app);
  const counts = { passed: 0, failed: 0, skipped: 0, files: [] };
  const executablePath = process.env.CHROMIUM_PATH ?? CHROMIUM.find((path) => existsSync(path));
  if (!executablePath) {
    note('skipped: Chromium is not installed (Debian: apt-get install chromium fonts-noto-cjk)');
    counts.skipped = apps.length;
    return counts;
  }
  register();
  const { chromium } = await import('playwright-core');
  const { startNetwork } = await import('../../simulators/dist/network/network.js');
  const folder = mkdtempSync(join(tmpdir(), 'voltbay-e2e-'));
  const { startPaymentGateway } = await import('../../simulators/dist/payment-gateway/gateway.js');
  const { startTcpProxy } = await import('../../simulators/dist/faults/tcp-proxy.js');
  const gateway = await startPaymentGateway({ directory: join(folder, 'payments') });
  const update = generateKeyPairSync('ed25519');
  let link = null;
  const network = await startNetwork({
    root,
    dir: folder,
    httpPort: 0,
    mqttPort: 0,
    hubEnv: {
      VOLTBAY_PAYMENTS: gateway.settingsFile,
      VOLTBAY_UPDATE_KEYS: update.publicKey.export({ format: 'jwk' }).x,
    },
    stationLink: async (mqttUrl) => {
      const { hostname, port } = new URL(mqttUrl);
      link = await startTcpProxy({ host: hostname, port: Number(port) });
      return `mqtt://127.0.0.1:${link.port}`;
    },
  });
  const calls = new WeakMap();
  const launch = async (args) => {
    const started = await chromium.launch({ executablePath, args: [...FLAGS, ...args] });
    const newContext = started.newContext.bind(started);
    started.newContext = async (options) => {
      // What moves while it is clicked is missed on a busy machine.
      const context = await newContext({ reducedMotion: 'reduce', ...options });
      calls.set(context, traced(context));
      return context;
    };
    return started;
  };
  const browser = await launch([]);
  try {
    for (const app of apps) {
      const journeys = await import(`../../${app}/e2e/journeys.ts`);
      let sinceMs = performance.now();
      const report = async (name, error) => {
        const tookS = ((performance.now() - sinceMs) / 1_000).toFixed(1);
        sinceMs = performance.now();
        if (error) counts.failed += 1;
        else counts.passed += 1;
        note(
          `${error ? 'FAIL' : 'ok  '} ${app}: ${name} (${tookS} s)${error ? `\n${error.stack ?? error}` : ''}`,
        );
        if (error) note(await whatPagesShow(browser, calls));
      };
      const context = {
        baseUrl: network.apiUrl,
        control: network.controlUrl,
        device: network.device,
        browser,
        launch,
        gatewayUrl: gateway.url,
        updateKey: update.privateKey,
        // The station's network: cut, and whole again.
        stationNetwork: {
          cut: () => {
            link.refuse(true);
            link.cut();
          },
          mend: () => link.refuse(false),
        },
        folder,
        shotsDir: join(root, 'var', 'shots', app),
        short,
        looks,
        wantsLook: (look) => looks.length === 0 || looks.includes(look),
      };
      const files = await journeys[kind](context, report).catch((error) =>
        report(`${kind} broke off`, error),
      );
      counts.files.push(...(files ?? []));
    }
  } finally {
    await browser.close();
    await network.stop();
    await link?.close();
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return counts;
}

/** The last calls of a context's pages: a failed journey tells what was asked and what still waits. */
function traced(context) {
  const calls = [];
  context.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (!/^\/(auth|core)\//.test(pathname)) return;
    calls.push({ request, pathname, sinceMs: performance.now(), end: null });
    if (calls.length > MAX_CALLS) calls.shift();
  });
  const ended = (end) => (request) => {
    const call = calls.find((one) => one.request === request);
    if (call) call.end = `${end(request)} in ${Math.round(performance.now() - call.sinceMs)} ms`;
  };
  context.on('response', (response) => ended(() => String(response.status()))(response.request()));
  context.on(
    'requestfailed',
    ended((request) => request.failure()?.errorText ?? 'failed'),
  );
  return () =>
    calls.map(({ request, pathname, sinceMs, end }) => {
      const state = end ?? `waits for ${Math.round(performance.now() - sinceMs)} ms`;
      return `${request.method()} ${pathname} ${state}`;
    });
}

/** What a person would see at the moment of a failure: the address and the words of every open page; and what its pages asked for last. */
async function whatPagesShow(browser, calls) {
  const pages = browser.contexts().flatMap((context) => context.pages());
  const shown = await Promise.all(
    pages.map(async (page) => {
      const words = await page
        .evaluate(
          'document.body.innerText + " (" + document.querySelectorAll(".ant-btn-loading").length + " buttons busy, focus in " + document.activeElement?.outerHTML.slice(0, 120) + ")"',
        )
        .catch((error) => `(${error.message.split('\n')[0]})`);
      const text = words.replaceAll(/\s+/g, ' ');
      // Dialogs stand at the end.
      const shown = text.length > 800 ? `${text.slice(0, 300)} … ${text.slice(-500)}` : text;
      const asked = calls.get(page.context())?.() ?? [];
      return [`  page ${page.url()} shows: ${shown}`, ...asked.map((call) => `    ${call}`)].join('\n');
    }),
  );
  return shown.join('\n');
}
