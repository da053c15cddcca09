import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MSG_TYPE, updateSigningText } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScriptedHub } from './support/scripted-hub.js';
import { superviseAgent, writeStation } from './support/supervised-agent.js';
import { tempDir } from './support/test-agent.js';

const AGENT = fileURLToPath(new URL('..', import.meta.url));
const GUARD = join(AGENT, 'bin', 'update-guard.mjs');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const TRUSTED = String(publicKey.export({ format: 'jwk' }).x);

/**
 * An artifact of the real agent: its own copy of program and package file, and the modules of this checkout behind a link. `program`
 * replaces the program, for a release that does not work.
 */
function buildArtifact(dir: string, version: string, program?: string): { file: string; sha256: string } {
  const stage = join(dir, 'stage', 'voltbay-agent');
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(join(stage, 'bin'), { recursive: true });
  execFileSync('cp', ['-r', join(AGENT, 'dist'), stage]);
  symlinkSync(join(AGENT, '..', 'node_modules'), join(stage, 'node_modules'));
  const own = readFileSync(join(AGENT, 'bin', 'voltbay-agent.mjs'), 'utf8');
  writeFileSync(join(stage, 'bin', 'voltbay-agent.mjs'), program ?? own);
  writeFileSync(join(stage, 'package.json'), JSON.stringify({ name: 'agent', version, type: 'module' }));
  const file = join(dir, `${version}.tgz`);
  execFileSync('tar', ['-czf', file, '-C', join(dir, 'stage'), 'voltbay-agent']);
  return { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
}

const signed = (update: { version: string; sha256: string }): string =>
  sign(null, Buffer.from(updateSigningText(update)), privateKey).toString('base64url');

/** Dies as soon as it runs, but tells its version. */
const STILLBORN = (version: string): string =>
  `if (process.argv[2] === 'version') console.log('${JSON.stringify({ version })}'); else process.exit(1);`;

/** Against a scripted hub, which can be deaf; the whole way with kills at every step: simulators/test/agent-rollout.test.ts. */
describe('a signed update', () => {
  let dir: ReturnType<typeof tempDir>;
  let hub: Awaited<ReturnType<typeof createScriptedHub>>;
  let files: Server;
  let root: string;
  let ranges: string[];
  let cutAt: number;
  beforeEach(async () => {
    dir = tempDir();
    root = join(dir.path, 'opt');
    ranges = [];
    cutAt = 0;
    hub = await createScriptedHub('1231');
    files = createServer((request, response) => {
      const file = join(dir.path, (request.url ?? '').slice(1));
      if (!existsSync(file)) return void response.writeHead(404).end();
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (request.headers.range) ranges.push(request.headers.range);
      const { size } = statSync(file);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': size - from });
      const body = readFileSync(file).subarray(from);
      if (cutAt === 0) return void response.end(body);
      response.write(body.subarray(0, cutAt), () => response.destroy());
      cutAt = 0;
    });
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
    const { file } = buildArtifact(dir.path, '1.0.0');
    mkdirSync(join(root, 'releases', '1.0.0'), { recursive: true });
    execFileSync('tar', ['-xzf', file, '-C', join(root, 'releases', '1.0.0'), '--strip-components=1']);
    symlinkSync('releases/1.0.0', join(root, 'current'));
  });
  afterEach(async () => {
    await new Promise((resolve) => files.close(resolve));
    await hub.close();
    dir.remove();
  });

  const urlOf = (name: string): string => {
    const address = files.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/${name}`;
  };
  const settled = (id: string) =>
    hub.until(
      () => hub.results(id).find(({ state }) => state !== 'received' && state !== 'started'),
      `the end of ${id}`,
      90_000,
    );
  const order = (id: string, version: string, sha256: string, over: object = {}): Promise<void> =>
    hub.command(
      MSG_TYPE.SERVER_UPDATE,
      { url: urlOf(`${version}.tgz`), version, sha256, signature: signed({ version, sha256 }), ...over },
      { id, ttlMs: 60_000 },
    );
  const running = () => hub.states.filter(({ online }) => online).at(-1)?.versions?.agent;

  function startAgent(healthS: number) {
    const update = { root, publicKeys: [TRUSTED], healthS };
    return superviseAgent({
      config: writeStation(dir.path, { mqttUrl: hub.url }, { update }),
      command: () => [join(root, 'current', 'bin', 'voltbay-agent.mjs')],
      before: async () => void execFileSync(process.execPath, [GUARD, root], { stdio: 'ignore' }),
    });
  }

  it('is installed once, although the download breaks off', async () => {
    const agent = startAgent(60);
    try {
      await hub.until(() => hub.infos()[0], 'the first report', 60_000);
      expect(running()).toBe('1.0.0');
      const { sha256 } = buildArtifact(dir.path, '1.1.0');
      cutAt = 40_000;
      await order('u1', '1.1.0', sha256);
      expect(await settled('u1')).toMatchObject({ state: 'done', result: { version: '1.1.0' } });
      expect(ranges[0]).toMatch(/^bytes=\d+-$/);
      expect(running()).toBe('1.1.0');
      expect(readlinkSync(join(root, 'current'))).toBe('releases/1.1.0');
      expect(readdirSync(join(root, 'work'))).toEqual([]);
      await order('again', '1.1.0', sha256);
      expect(await settled('again')).toMatchObject({ state: 'done' });
    } finally {
      await agent.stop();
    }
  }, 240_000);

  it('is refused unsigned, for another content, and from a program that is no release', async () => {
    const agent = startAgent(6);
    try {
      await hub.until(() => hub.infos()[0], 'the first report', 60_000);
      const { sha256 } = buildArtifact(dir.path, '1.1.0');
      await order('forged', '1.1.0', sha256, { signature: signed({ version: '1.1.1', sha256 }) });
      expect(await settled('forged')).toMatchObject({ state: 'rejected', reason: 'BAD_SIGNATURE' });
      await order('swapped', '1.1.0', 'a'.repeat(64));
      expect(await settled('swapped')).toMatchObject({ state: 'failed', reason: 'BAD_CHECKSUM' });
      const other = buildArtifact(dir.path, '1.2.0', STILLBORN('1.3.0'));
      await order('misnamed', '1.2.0', other.sha256);
      expect(await settled('misnamed')).toMatchObject({ state: 'failed', reason: 'BAD_ARTIFACT' });
      await order('gone', '7.7.7', sha256);
      expect(await settled('gone')).toMatchObject({ state: 'failed', reason: 'DOWNLOAD_FAILED' });
      expect([running(), agent.exits]).toEqual(['1.0.0', []]);
      // The hub does not hear the next one: it takes itself back. The one after never comes up: the guard takes it back.
      const deaf = buildArtifact(dir.path, '1.4.0');
      await order('deaf', '1.4.0', deaf.sha256);
      await hub.until(
        () => hub.results('deaf').some(({ state }) => state === 'started'),
        'the update',
        60_000,
      );
      hub.behaviour.ack = false;
      await hub.until(() => running() === '1.4.0', 'the deaf one', 60_000);
      await hub.until(() => running() === '1.0.0', 'the old one', 60_000);
      hub.behaviour.ack = true;
      expect(await settled('deaf')).toMatchObject({ state: 'failed', reason: 'UPDATE_ROLLED_BACK' });
      const stillborn = buildArtifact(dir.path, '1.5.0', STILLBORN('1.5.0'));
      await order('stillborn', '1.5.0', stillborn.sha256);
      expect(await settled('stillborn')).toMatchObject({ state: 'failed', reason: 'UPDATE_ROLLED_BACK' });
      expect(agent.exits.filter((exit) => exit === '1')).toHaveLength(3);
      expect([running(), readlinkSync(join(root, 'current'))]).toEqual(['1.0.0', 'releases/1.0.0']);
    } finally {
      await agent.stop();
    }
  }, 240_000);
});
