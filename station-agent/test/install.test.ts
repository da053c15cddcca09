import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from './support/test-agent.js';

const DEPLOY = fileURLToPath(new URL('../../scripts/deploy', import.meta.url));
const SCRIPT = join(DEPLOY, 'install.sh');
const UNIT = join(DEPLOY, 'voltbay-agent.service');
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const isRoot = process.getuid?.() === 0;

describe('the install script', () => {
  let dir: ReturnType<typeof tempDir>;
  let image: string;
  beforeEach(() => {
    dir = tempDir();
    image = join(dir.path, 'image');
    mkdirSync(image);
  });
  afterEach(() => dir.remove());

  function artifact(version: string, program = `console.log('${version}')`): string {
    const top = join(dir.path, version, 'voltbay-agent');
    mkdirSync(join(top, 'bin'), { recursive: true });
    writeFileSync(join(top, 'bin', 'voltbay-agent.mjs'), program);
    writeFileSync(join(top, 'bin', 'update-guard.mjs'), `// guard of ${version}\n`);
    const file = join(dir.path, `${version}.tgz`);
    execFileSync('tar', ['-czf', file, '-C', join(dir.path, version), 'voltbay-agent']);
    return file;
  }
  const install = (file: string) => spawnSync('sh', [SCRIPT, '--root', image, file], { encoding: 'utf8' });
  const at = (...path: string[]): string => join(image, ...path);

  it('builds an image that starts the service, and a newer artifact takes its place with all else kept', () => {
    const first = install(artifact('1.0.0'));
    expect(first.stderr, first.stderr).not.toContain('install.sh: the artifact');
    expect(first.status).toBe(0);
    expect(readlinkSync(at('opt/voltbay-agent/current'))).toBe('releases/1.0.0');
    expect(readFileSync(at('opt/voltbay-agent/bin/update-guard.mjs'), 'utf8')).toContain('1.0.0');
    expect(readFileSync(at('etc/systemd/system/voltbay-agent.service'))).toEqual(readFileSync(UNIT));
    expect(statSync(at('usr/local/bin/voltbay-agent')).mode & 0o111).toBe(0o111);
    if (has('systemctl'))
      expect(readlinkSync(at('etc/systemd/system/multi-user.target.wants/voltbay-agent.service'))).toBe(
        '/etc/systemd/system/voltbay-agent.service',
      );
    if (isRoot && has('systemd-sysusers')) {
      const [, uid] = /^voltbay:x:(\d+):/m.exec(readFileSync(at('etc/passwd'), 'utf8')) ?? [];
      expect(statSync(at('var/lib/voltbay')).uid).toBe(Number(uid));
      expect(statSync(at('opt/voltbay-agent/releases')).uid).toBe(Number(uid));
      expect(statSync(at('opt/voltbay-agent/bin')).uid).toBe(0);
    }
    writeFileSync(at('etc/voltbay/agent.json'), '{"kept":true}');
    writeFileSync(at('opt/voltbay-agent/update.json'), '{"phase":"switch"}');
    expect(install(artifact('1.1.0')).status).toBe(0);
    expect(readlinkSync(at('opt/voltbay-agent/current'))).toBe('releases/1.1.0');
    expect(existsSync(at('opt/voltbay-agent/releases/1.0.0'))).toBe(true);
    expect(existsSync(at('opt/voltbay-agent/update.json'))).toBe(false);
    expect(readFileSync(at('etc/voltbay/agent.json'), 'utf8')).toBe('{"kept":true}');
  });

  it('leaves what runs alone when the artifact does not run here, or is called wrongly', () => {
    expect(install(artifact('1.0.0')).status).toBe(0);
    const broken = install(artifact('2.0.0', 'process.exit(1)'));
    expect([broken.status, broken.stderr]).toEqual([
      1,
      expect.stringContaining('does not run on this machine'),
    ]);
    expect(install(artifact('3.0.0', "console.log('../../etc')")).status).toBe(1);
    expect(readlinkSync(at('opt/voltbay-agent/current'))).toBe('releases/1.0.0');
    expect(install(join(dir.path, 'nowhere.tgz')).status).toBe(2);
  });

  it.skipIf(!has('systemd-analyze'))('installs a unit that systemd takes without a word', () => {
    const unit = join(dir.path, 'voltbay-agent.service');
    writeFileSync(unit, readFileSync(UNIT));
    chmodSync(unit, 0o644);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    const own = stderr.split('\n').filter((line) => line.includes('voltbay-agent'));
    expect([status, own]).toEqual([0, []]);
  });
});
