import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runScenario } from '../src/scenario/run-scenario.js';
import { parseScenario } from '../src/scenario/scenario.js';
import { createBench } from '../src/station/bench.js';
import { demoStation } from '../src/station/demo-station.js';

const folder = fileURLToPath(new URL('../scenarios/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const read = (file: string) => parseScenario(JSON.parse(readFileSync(`${folder}${file}`, 'utf8')), file);

describe('scenarios', () => {
  it.each(files)('%s holds', async (file) => {
    const result = await runScenario(read(file));
    expect(result.failure).toBeUndefined();
    expect(result.ok).toBe(true);
  });

  it('holds with any seed', async () => {
    for (const seed of [2, 99, 123_456]) {
      const result = await runScenario(read('one-swap.json'), seed);
      expect(result, `seed ${seed}`).toMatchObject({ ok: true, seed });
    }
  });

  it('names the step that fails, and fails the same way again', async () => {
    const scenario = parseScenario(
      {
        name: 'wrong',
        steps: [
          { ask: 'PING', answer: 'OK' },
          { expect: 'slots.0.doorOpen', is: true },
        ],
      },
      'wrong.json',
    );
    const first = await runScenario(scenario);
    expect(first.failure).toEqual({ step: 2, text: 'slots.0.doorOpen is false, not true' });
    expect(await runScenario(scenario)).toEqual(first);
  });

  it.each([
    [{ name: 'x', steps: [] }, /steps/],
    [{ name: 'x', steps: [{ jump: 1 }] }, /steps\.0/],
    [{ steps: [{ waitS: 1 }] }, /name/],
    [{ name: 'x', steps: [{ waitS: -1 }] }, /steps\.0/],
  ])('refuses a file that is no scenario: %j', (content, message) => {
    expect(() => parseScenario(content, 'bad.json')).toThrow(message);
  });
});

/** Two hours of a station's life: every byte that leaves it, and how it ends. */
async function aHistory(seed: number): Promise<string> {
  const bench = await createBench(demoStation({ seed }));
  const said: string[] = [];
  const ports = Object.keys(bench.station.agentHardware().ports).filter((name) => name !== 'cabinet');
  await bench.station.inject('wire', { serial: 'VB-A-0102', corruptShare: 0.5, noiseShare: 0.3 });
  for (let i = 0; i < 24; i += 1) {
    bench.clock.advance(300_000);
    for (const port of ports) {
      const request =
        port === 'bus1' ? Buffer.from('~20034642E00203FD31\r') : Buffer.from('dda50300fffd77', 'hex');
      said.push(Buffer.from(bench.exchange(port, request)).toString('hex'));
    }
    said.push(bench.ask('STAT') ?? '', ...bench.events());
  }
  const { bluetooth, ports: _paths, ...state } = bench.station.state();
  await bench.station.close();
  return JSON.stringify([said, state, bluetooth.connected]);
}

describe('a seeded station', () => {
  it('lives the same life twice, byte for byte, noise on the wires included', async () => {
    expect(await aHistory(11)).toBe(await aHistory(11));
  });

  it('lives another life with another seed', async () => {
    expect(await aHistory(12)).not.toBe(await aHistory(11));
  });
});
