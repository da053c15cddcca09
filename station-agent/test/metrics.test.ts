import { expect, it } from 'vitest';
import { metricsText } from '../src/metrics/metrics-text.js';
import { aPack, createCabinetModel } from './support/cabinet-model.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

it('figures of the station are served on loopback, in Prometheus’ format', async () => {
  const dir = tempDir();
  const model = createCabinetModel({ slots: 4, packs: { 1: aPack('VB-A-1'), 2: aPack('VB-A-2') } });
  const agent = await startTestAgent(testConfig(dir.path, { raw: { metrics: { port: 0 } } }), model);
  try {
    agent.storage.outbox.enqueue([{ lane: 'money', type: 10, data: {} }]);
    const url = `http://127.0.0.1:${agent.metricsPort()}`;
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('version=0.0.4');
    const text = await answer.text();
    for (const line of [
      'voltbay_agent_hub_up 0',
      'voltbay_agent_cabinet_up 1',
      'voltbay_agent_starts_total 1',
      'voltbay_agent_clock_synced 0',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^voltbay_agent_outbox_rows\{lane="money"\} [1-9]/m);
    expect(text).toMatch(/^voltbay_agent_outbox_oldest_seconds \d/m);
    expect(text).toMatch(/^voltbay_agent_database_bytes [1-9]\d{3}/m);
    expect(text).toMatch(/^voltbay_agent_resident_memory_bytes \d{7}/m);
    for (const line of text.trim().split('\n'))
      expect(line).toMatch(
        /^(# (HELP|TYPE) voltbay_agent_\w+ .+|voltbay_agent_\w+(\{[^}]*\})? -?[\d.e+-]+)$/,
      );
    expect((await fetch(`${url}/else`)).status).toBe(404);
  } finally {
    await agent.stop();
    dir.remove();
  }
});

it('labels are escaped and what has no value is left out', () => {
  const metric = { name: 'm', help: 'h', type: 'gauge' as const };
  const text = metricsText([
    { ...metric, samples: [{ labels: { a: 'x"\\\n' }, value: 1 }, { value: null }] },
    { ...metric, name: 'gone', samples: [{ value: Number.NaN }] },
  ]);
  expect(text).toBe('# HELP m h\n# TYPE m gauge\nm{a="x\\"\\\\\\n"} 1\n');
});
