import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { firstLine, pylontechBus, startVirtualStation } from '../test/hardware/support/virtual-station.js';
import { createScriptedHub } from '../test/support/scripted-hub.js';

export type FootprintResult = {
  rssMb: number;
  maxRssMb: number;
  cpuPct: number;
  readsPerS: number;
  seconds: number;
};

/** The real agent process at work, with what stands around it. */
export type PollingAgent = {
  pid: number;
  /** Pack reads so far. */
  reads(): Promise<number>;
  close(): Promise<void>;
};

const BIN = fileURLToPath(new URL('../bin/voltbay-agent.mjs', import.meta.url));
const PAGE_BYTES = 4_096;
const TICKS_PER_S = 100;
/** Of the simulated bus: sixteen packs are read within a second with room to spare. */
export const FOOTPRINT_BAUD = 115_200;
/** How often the readings go to the hub: the agent's default. */
export const FOOTPRINT_REPORT_S = 30;

/** An agent with flags as in its unit file, connected to a hub, polling `packs` packs once a second over real serialport. */
export async function startPollingAgent(packs: number): Promise<PollingAgent> {
  const dir = mkdtempSync(join(tmpdir(), 'vb-footprint-'));
  const hub = await createScriptedHub('1231');
  const station = await startVirtualStation(pylontechBus(packs, { baudRate: FOOTPRINT_BAUD }));
  const metricsPort = await freePort();
  const config = {
    device: '1231',
    hub: { apiUrl: 'http://127.0.0.1:9', mqttUrl: hub.url },
    dataDir: join(dir, 'data'),
    hardware: station.hardware,
    polling: { idleMs: 1_000 },
    uplink: { infoIntervalS: FOOTPRINT_REPORT_S },
    metrics: { port: metricsPort },
    logLevel: 'info',
  };
  writeFileSync(join(dir, 'agent.json'), JSON.stringify(config));
  const flags = ['--max-semi-space-size=1', '--optimize-for-size', '--no-opt'];
  const child = spawn(
    process.execPath,
    [...flags, BIN, 'run', '--config', join(dir, 'agent.json'), '--json'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...station.env, VOLTBAY_STATION_SECRET: 'bench' },
    },
  );
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(null)));
    await station.close();
    await hub.close();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await firstLine(child);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    pid: child.pid ?? 0,
    async reads() {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      const lines = [...text.matchAll(/^voltbay_agent_pack_reads_total\{.*\} (\d+)$/gm)];
      return lines.reduce((sum, [, n]) => sum + Number(n), 0);
    },
    close,
  };
}

/** The agent alone for a while. Linux: figures from /proc. */
export async function benchFootprint({
  packs = 16,
  seconds = 30,
  warmUpS = 15,
} = {}): Promise<FootprintResult> {
  const agent = await startPollingAgent(packs);
  try {
    const { pid, reads } = agent;
    const rss = (): number => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
    const cpuS = (): number => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
    };
    await pause(warmUpS * 1_000);
    const [startMs, startCpuS, startReads] = [performance.now(), cpuS(), await reads()];
    let maxRss = 0;
    const samples: number[] = [];
    for (let second = 0; second < seconds; second++) {
      await pause(1_000);
      samples.push(rss());
      maxRss = Math.max(maxRss, rss());
    }
    const tookS = (performance.now() - startMs) / 1_000;
    const mb = (bytes: number): number => Math.round(bytes / 104_857.6) / 10;
    samples.sort((a, b) => a - b);
    return {
      rssMb: mb(samples[Math.floor(samples.length / 2)] ?? 0),
      maxRssMb: mb(maxRss),
      cpuPct: Math.round((1_000 * (cpuS() - startCpuS)) / tookS) / 10,
      readsPerS: Math.round((10 * ((await reads()) - startReads)) / tookS) / 10,
      seconds: Math.round(tookS),
    };
  } finally {
    await agent.close();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
    server.once('error', reject);
  });
}
