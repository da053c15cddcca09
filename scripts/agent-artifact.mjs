// Builds what a station installs: one .tgz with the agent, its protocol package and only the modules that it needs at run time, and beside
// it a .json with version, checksum and signature.
//   node scripts/agent-artifact.mjs --out DIR [--version 1.2.0] [--key PRIVATE.pem]
//   node scripts/agent-artifact.mjs --new-key PRIVATE.pem      prints the public key for the stations' update.publicKeys
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    version: { type: 'string' },
    key: { type: 'string' },
    'new-key': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const publicKeyOf = (privateKey) => createPublicKey(privateKey).export({ format: 'jwk' }).x;

/** Directory of a module as Node finds it from another one; null when it is not installed. */
function moduleFrom(from, name) {
  for (let at = from; ; at = dirname(at)) {
    const path = join(at, 'node_modules', name);
    if (existsSync(join(path, 'package.json'))) return path;
    if (dirname(at) === at) return null;
  }
}

/** Sources, types, maps and build inputs weigh much and run never. */
const isDeadWeight = (path) =>
  /\.(map|d\.ts|d\.cts|d\.mts|ts|cts|mts|md|markdown|c|cc|cpp|h|gyp|gypi|o|a|mk|sln|tsbuildinfo)$/.test(
    path,
  ) || /[\\/](deps|test|tests|__tests__|docs|doc|examples|\.github|obj\.target|\.deps|src-ts)$/.test(path);

function copyModule(from, to) {
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => {
      const inside = path.slice(from.length);
      if (inside === '') return true;
      return !inside.split(sep).includes('node_modules') && !isDeadWeight(inside);
    },
  });
}

/** Copies a package's dependencies, and theirs, flat where versions agree and nested where they do not. */
function copyDependencies(from, target, stage, seen) {
  const { dependencies = {}, optionalDependencies = {} } = readJson(join(from, 'package.json'));
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = moduleFrom(from, name);
    if (!found) {
      if (name in optionalDependencies) continue;
      throw new Error(`${name}, which ${from} needs, is not installed; run npm install`);
    }
    const { version } = readJson(join(found, 'package.json'));
    const flat = seen.get(name);
    if (flat === version) continue;
    const place = join(flat === undefined ? stage : target, 'node_modules', name);
    if (flat === undefined) seen.set(name, version);
    copyModule(realpathSync(found), place);
    copyDependencies(realpathSync(found), place, stage, seen);
  }
}

function build({ out, version, key }) {
  const agent = join(root, 'station-agent');
  if (!existsSync(join(agent, 'dist', 'main.js'))) throw new Error('build first: npm run build');
  const manifest = readJson(join(agent, 'package.json'));
  const release = version ?? manifest.version;
  const work = mkdtempSync(join(tmpdir(), 'vb-artifact-'));
  const stage = join(work, 'voltbay-agent');
  try {
    mkdirSync(stage);
    for (const part of ['bin', 'dist']) copyModule(join(agent, part), join(stage, part));
    copyDependencies(agent, stage, stage, new Map());
    const { devDependencies: _, scripts: __, ...shipped } = manifest;
    writeFileSync(
      join(stage, 'package.json'),
      `${JSON.stringify({ ...shipped, version: release }, null, 2)}\n`,
    );
    mkdirSync(out, { recursive: true });
    const name = `voltbay-agent-${release}-${process.platform}-${process.arch}`;
    const file = join(out, `${name}.tgz`);
    execFileSync('tar', ['--owner=0', '--group=0', '--sort=name', '-czf', file, '-C', work, 'voltbay-agent']);
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    const signed = key && {
      signature: sign(
        null,
        Buffer.from(`voltbay-update\n${release}\n${sha256}\n`),
        createPrivateKey(readFileSync(key)),
      ).toString('base64url'),
    };
    const about = { version: release, sha256, ...signed, platform: process.platform, arch: process.arch };
    writeFileSync(join(out, `${name}.json`), `${JSON.stringify(about, null, 2)}\n`);
    return { file, ...about };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (values['new-key'] !== undefined) {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(values['new-key'], pem, { mode: 0o600, flag: 'wx' });
  console.log(publicKeyOf(privateKey));
} else if (values.out !== undefined && !values.help) {
  console.log(JSON.stringify(build({ ...values, out: resolve(values.out) }), null, 2));
} else {
  console.error(
    'use: agent-artifact.mjs --out DIR [--version V] [--key PRIVATE.pem] | --new-key PRIVATE.pem',
  );
  process.exitCode = values.help ? 0 : 2;
}
