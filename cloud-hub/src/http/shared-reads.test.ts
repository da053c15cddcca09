import { expect, test } from 'vitest';
import { createSharedReads } from './shared-reads.js';

/** A read that ends when it is told to. */
function aRead(log: string[]) {
  const open: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
  return {
    open,
    work: (name: string) => () => {
      log.push(name);
      return new Promise<string>((resolve, reject) => open.push({ resolve, reject }));
    },
  };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('whoever comes during a read shares the next one, which begins after it', async () => {
  const log: string[] = [];
  const { open, work } = aRead(log);
  const reads = createSharedReads();
  const first = reads.read('a', work('first'));
  const second = reads.read('a', work('second'));
  const third = reads.read('a', work('third'));
  expect(log).toEqual(['first']);
  open[0]?.resolve('old');
  expect(await first).toBe('old');
  await turn();
  expect(log).toEqual(['first', 'second']);
  // The second is under way: what comes now must not get it.
  const fourth = reads.read('a', work('fourth'));
  open[1]?.resolve('new');
  expect(await Promise.all([second, third])).toEqual(['new', 'new']);
  await turn();
  open[2]?.resolve('newer');
  expect(await fourth).toBe('newer');
  expect(log).toEqual(['first', 'second', 'fourth']);
});

test('different keys do not wait for each other, and a key begins anew when nothing is under way', async () => {
  const log: string[] = [];
  const { open, work } = aRead(log);
  const reads = createSharedReads();
  const a = reads.read('a', work('a'));
  const b = reads.read('b', work('b'));
  expect(log).toEqual(['a', 'b']);
  for (const { resolve } of open) resolve('x');
  await Promise.all([a, b]);
  const again = reads.read('a', work('again'));
  expect(log).toEqual(['a', 'b', 'again']);
  open[2]?.resolve('y');
  expect(await again).toBe('y');
});

test('a read that fails fails those who share it, and the next one is made', async () => {
  const log: string[] = [];
  const { open, work } = aRead(log);
  const reads = createSharedReads();
  const first = reads.read('a', work('first'));
  const [second, third] = [reads.read('a', work('second')), reads.read('a', work('third'))];
  open[0]?.reject(new Error('no store'));
  await expect(first).rejects.toThrow('no store');
  await turn();
  open[1]?.reject(new Error('still none'));
  await expect(second).rejects.toThrow('still none');
  await expect(third).rejects.toThrow('still none');
  const fourth = reads.read('a', work('fourth'));
  open[2]?.resolve('back');
  expect(await fourth).toBe('back');
});
