import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servePages } from './static-files.js';

describe('pages', () => {
  let parent: string;
  let root: string;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'voltbay-pages-'));
    root = join(parent, 'dist');
    await mkdir(join(root, 'assets'), { recursive: true });
    await mkdir(join(parent, 'dist-secret'));
    await writeFile(join(root, 'index.html'), 'index');
    await writeFile(join(root, 'stations.html'), 'stations');
    await writeFile(join(root, 'assets', 'app-a1b2c3d4e5.js'), 'code');
    await writeFile(join(parent, 'secret.txt'), 'secret');
    await writeFile(join(parent, 'dist-secret', 'x.txt'), 'secret');
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));
  const text = async (path: string) => (await servePages(root, path))?.text() ?? null;

  it('serves files, a page per path, and the index for every other path', async () => {
    expect(await text('')).toBe('index');
    expect(await text('stations')).toBe('stations');
    expect(await text('orders/o-1')).toBe('index');
    expect(await text('assets/app-a1b2c3d4e5.js')).toBe('code');
    expect(await text('assets/gone-a1b2c3d4e5.js')).toBeNull();
  });
  it('keeps hashed files for ever and asks for pages again', async () => {
    const cacheOf = async (path: string) => (await servePages(root, path))?.headers.get('cache-control');
    expect(await cacheOf('assets/app-a1b2c3d4e5.js')).toContain('immutable');
    expect(await cacheOf('')).toBe('no-cache');
  });
  it.each([
    '../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e/secret.txt',
    '../dist-secret/x.txt',
    '/etc/passwd.txt',
    'a%00.txt',
    '%zz.txt',
  ])('never leaves its folder: %s', async (path) => {
    expect(await text(path)).not.toBe('secret');
    expect(await text(path)).toBeNull();
  });
});
