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
  // What moves while it is clicked is missed on a busy machine.
  '--force-prefers-reduced-motion',
];

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
  const launch = (args) => chromium.launch({ executablePath, args: [...FLAGS, ...args] });
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
        if (error) note(await whatPagesShow(browser));
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

/** What a person would see at the moment of a failure: the address and the words of every open page. */
async function whatPagesShow(browser) {
  const pages = browser.contexts().flatMap((context) => context.pages());
  const shown = await Promise.all(
    pages.map(async (page) => {
      const words = await page
        .evaluate('document.body.innerText')
        .catch((error) => `(${error.message.split('\n')[0]})`);
      const text = words.replaceAll(/\s+/g, ' ');
      // Dialogs stand at the end.
      const shown = text.length > 800 ? `${text.slice(0, 300)} … ${text.slice(-500)}` : text;
      return `  page ${page.url()} shows: ${shown}`;
    }),
  );
  return shown.join('\n');
}
