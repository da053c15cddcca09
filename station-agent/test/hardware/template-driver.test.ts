import { describe, expect, it } from 'vitest';
import { createRegistry, DRIVERS } from '../../src/drivers/registry.js';
import { templateDriver } from '../../src/drivers/template/index.js';
import { createReplay } from './support/replay.js';

const ANSWER = 'bb0301051388ff9c504a';

describe('the driver template', () => {
  it('reads its device', async () => {
    const replay = createReplay(() => ['00ff', ANSWER]);
    const result = await templateDriver.createReader({ address: 3 }).read(replay, { attempts: 1 });
    expect(replay.requests).toEqual(['aa0301ae']);
    expect(result).toMatchObject({ ok: true, reading: { voltageMv: 50_000, currentMa: -1_000, socPct: 80 } });
  });

  it.each([
    ['a wrong sum', ANSWER.replace(/..$/, '00')],
    ['another address', 'bb0401051388ff9c504b'],
    ['a short state', 'bb03010113d3'],
  ])('makes no reading of %s', async (_what, answer) => {
    const reader = templateDriver.createReader({ address: 3 });
    expect(
      await reader.read(
        createReplay(() => [answer]),
        { attempts: 1 },
      ),
    ).toMatchObject({ ok: false });
  });

  it('fits into a registry beside the others', () => {
    expect(createRegistry([...DRIVERS, templateDriver]).pack('template-serial')).toBe(templateDriver);
    expect(createRegistry().pack('template-serial')).toBeUndefined();
  });
});
