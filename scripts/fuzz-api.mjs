// Fuzzes the running hub's API from its own OpenAPI document with Schemathesis (PyPI), as an operator, for a bounded time.
//   npm run fuzz:api [-- --seconds 180 --examples 25 --seed 7 --only analytics]
// SCHEMATHESIS names an installed program; else one is installed into var/fuzz. Without Python or network it is skipped, loudly.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const ROOT = resolve(import.meta.dirname, '..');
const VERSION = '4.32.5';
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
  'unsupported_method',
];
/** Bundles and releases are sent as files of this kind; the fuzzer has to be told that they are bytes. */
const HOOKS = `import schemathesis

schemathesis.serializer.alias("application/gzip", "application/octet-stream")
`;
/** Never ends: an open stream of events. */
const STREAMS = ['/core/v0/events'];

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    examples: { type: 'string', default: '25' },
    seed: { type: 'string' },
    /** Only paths that contain it. */
    only: { type: 'string' },
  },
});

const tool = await findTool();
if (tool === null) {
  console.error(`
==================== SKIPPED: API FUZZING ====================
Schemathesis ${VERSION} cannot be had here (it needs python3 with
venv, and PyPI or a SCHEMATHESIS=/path/to/schemathesis).
NOTHING WAS FUZZED.
===============================================================`);
  process.exit(0);
}
process.exitCode = await fuzz(tool);

async function findTool() {
  const works = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
  if (process.env.SCHEMATHESIS) return works(process.env.SCHEMATHESIS) ? process.env.SCHEMATHESIS : null;
  if (works('schemathesis')) return 'schemathesis';
  const folder = join(ROOT, 'var', 'fuzz');
  const program = join(folder, 'bin', 'schemathesis');
  if (existsSync(program) && works(program)) return program;
  await mkdir(folder, { recursive: true });
  console.log(`installing schemathesis ${VERSION} into var/fuzz ...`);
  const made = spawnSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
  if (made.status !== 0) return null;
  const install = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    `schemathesis==${VERSION}`,
  ];
  spawnSync(join(folder, 'bin', 'python'), install, { stdio: 'inherit', timeout: 300_000 });
  return works(program) ? program : null;
}

async function fuzz(program) {
  const data = await mkdtemp(join(tmpdir(), 'voltbay-fuzz-'));
  // Limits are off: what is asked for here is what lies behind them.
  const hub = spawn(
    process.execPath,
    [
      'cloud-hub/bin/voltbay-hub.mjs',
      'run',
      '--demo',
      '--port',
      '0',
      '--mqtt-port',
      '0',
      '--data',
      data,
      '--json',
    ],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, VOLTBAY_RATE_PER_ADDRESS: '0', VOLTBAY_RATE_PER_PRINCIPAL: '0' },
    },
  );
  try {
    const { apiUrl } = await firstLine(hub);
    const answer = await fetch(`${apiUrl}/auth/v1/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grantType: 'password', username: 'admin', password: 'voltbay-demo' }),
    });
    if (!answer.ok) throw new Error(`the demo operator cannot sign in: ${answer.status}`);
    const { accessToken } = await answer.json();
    // The first reader waits until the document is made; the fuzzer does not wait long.
    await (await fetch(`${apiUrl}/openapi.json`)).arrayBuffer();
    const options = [
      ...['run', `${apiUrl}/openapi.json`, '--header', `Authorization: Bearer ${accessToken}`],
      ...['--checks', CHECKS.join(','), '--max-examples', values.examples, '--request-timeout', '15'],
      ...['--phases', 'examples,coverage,fuzzing', '--continue-on-failure', '--warnings', 'off'],
      ...['--max-time', values.seconds],
      ...STREAMS.flatMap((path) => ['--exclude-path', path]),
      ...(values.only ? ['--include-path-regex', values.only] : []),
      ...(values.seed ? ['--seed', values.seed] : []),
    ];
    await writeFile(join(data, 'fuzz_hooks.py'), HOOKS);
    const run = spawn(program, options, {
      cwd: data,
      stdio: 'inherit',
      env: { ...process.env, SCHEMATHESIS_HOOKS: 'fuzz_hooks' },
    });
    // Its own time budget ends it in good order; this is for a run that hangs.
    const limit = setTimeout(() => run.kill('SIGINT'), (Number(values.seconds) + 120) * 1_000);
    const code = await new Promise((done) => run.once('exit', done));
    clearTimeout(limit);
    if (hub.exitCode !== null) throw new Error(`the hub ended while it was fuzzed (exit ${hub.exitCode})`);
    return code ?? 1;
  } finally {
    if (hub.exitCode === null) {
      const ended = new Promise((done) => hub.once('exit', done));
      hub.kill('SIGTERM');
      await ended;
    }
    await rm(data, { recursive: true, force: true });
  }
}

async function firstLine(child) {
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) return JSON.parse(line);
  throw new Error('the hub did not start: run npm run build first, or look at its log');
}
