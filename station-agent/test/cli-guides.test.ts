import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentManual } from '../src/cli/agent-manual.js';
import { createProgram, runCli } from '../src/cli/cli.js';
import { createContext, processSurroundings, type Surroundings } from '../src/cli/context.js';
import { PLAYBOOKS } from '../src/cli/playbooks.js';
import { displayWidth, fitLine, wrapText } from '../src/cli/text-width.js';
import { loadConfig } from '../src/config/effective.js';
import { startVirtualStation } from './hardware/support/virtual-station.js';
import { aPack, createCabinetModel } from './support/cabinet-model.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

const PAGE = new URL('../../docs/hardware/voltbay-agent.md', import.meta.url);

let dir: ReturnType<typeof tempDir>;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => dir.remove());

async function cli(args: string[], surroundings: Partial<Surroundings> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(
    ['node', 'voltbay-agent', ...args],
    { out: (text) => void out.push(text), err: (text) => void err.push(text) },
    { env: {}, confirm: null, untilInterrupted: () => new AbortController().signal, ...surroundings },
  );
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('every command', () => {
  const surroundings = { ...processSurroundings(), env: {} };
  const program = createProgram(createContext([], surroundings, () => {}));
  const leaves = program.commands.flatMap((command) =>
    command.commands.length > 0
      ? command.commands.map((child) => [command.name(), child.name()])
      : [[command.name()]],
  );

  it.each(leaves.map((path) => [path.join(' ')]))(
    '%s has help with examples in both languages',
    async (path) => {
      const english = await cli([...path.split(' '), '--help']);
      expect(english).toMatchObject({ code: 0, out: expect.stringMatching(/Examples:\n {2}voltbay-agent /) });
      const chinese = await cli([...path.split(' '), '--help', '--lang', 'zh']);
      expect(chinese.out).toMatch(/示例：/);
      expect(chinese.out.split('\n').slice(1).join('\n')).toMatch(/[\u4e00-\u9fff]/);
    },
  );

  it('follows LANG and is Chinese there', async () => {
    expect((await cli(['playbook'], { env: { LANG: 'zh_CN.UTF-8' } })).out).toMatch(/故障/);
    expect((await cli(['playbook'], { env: { LANG: 'de_DE.UTF-8' } })).out).toMatch(/FAULT/);
  });
});

describe('the manual', () => {
  it('in docs is what the program says; npx tsc -b station-agent && node scripts/agent-manual.mjs writes it', () => {
    expect(readFileSync(PAGE, 'utf8')).toBe(agentManual());
  });
});

describe('playbooks', () => {
  it('name only commands that exist', () => {
    const program = createProgram(createContext([], { ...processSurroundings(), env: {} }, () => {}));
    for (const { id, steps } of PLAYBOOKS)
      for (const { run } of steps) {
        const [name, sub] = (run ?? 'status').split(' ');
        const command = program.commands.find((one) => one.name() === name);
        expect(command, `${id}: ${run}`).toBeDefined();
        if (command && command.commands.length > 0)
          expect(
            command.commands.map((one) => one.name()),
            `${id}: ${run}`,
          ).toContain(sub);
      }
    expect(PLAYBOOKS).toHaveLength(10);
  });

  it('are listed, shown, and a mistyped one is suggested', async () => {
    expect((await cli(['playbook', 'pack-silent'])).out).toMatch(
      /1\. Read it now\n {4}voltbay-agent read SLOT/,
    );
    expect((await cli(['help-me', 'pack-silent', '--lang', 'zh'])).out).toMatch(/立即读取/);
    expect(await cli(['playbook', 'pack-silnt'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/"pack-silent"/),
    });
    expect(JSON.parse((await cli(['playbook', '--json'])).out)).toHaveLength(10);
  });
});

describe('completion', () => {
  it('for bash offers commands, subcommands and options', async () => {
    const { out } = await cli(['completion', 'bash']);
    const script = join(dir.path, 'completion.sh');
    writeFileSync(script, out);
    const complete = (...words: string[]): string[] => {
      const line = words.map((word) => `'${word}'`).join(' ');
      const ask = `source ${script}; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _voltbay_agent; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).trim().split('\n');
    };
    expect(complete('voltbay-agent', 'do')).toEqual(['doctor']);
    expect(complete('voltbay-agent', 'queue', '')).toContain('quarantine');
    expect(complete('voltbay-agent', 'open', '--re')).toEqual(['--reason']);
  });

  it('for fish and zsh is made, for another shell refused', async () => {
    expect((await cli(['completion', 'fish'])).out).toMatch(/-a doctor /);
    expect((await cli(['completion', 'zsh'])).out).toMatch(/bashcompinit/);
    expect((await cli(['completion', 'csh'])).code).toBe(2);
  });
});

describe('watch and selftest', () => {
  it('show the running station within the width and without colour where none is wanted', async () => {
    const data = join(dir.path, 'data');
    const model = createCabinetModel({ slots: 2, packs: { 1: aPack('VB-A-1', { socPct: 50 }) } });
    const agent = await startTestAgent(testConfig(data, { slots: 2 }), model);
    try {
      await expect.poll(() => agent.board.slot(1)?.tag).toBe('VB-A-1');
      const plain = await cli(['watch', '-d', data, '--count', '1'], { widthChars: 60, isTerminal: false });
      expect(plain.out).toMatch(/Station 1231/);
      expect(plain.out).toMatch(/VB-A-1 +█{5}░{5} 50%/);
      expect(plain.out).not.toContain('\u001b');
      for (const line of plain.out.split('\n').slice(1)) expect(displayWidth(line)).toBeLessThanOrEqual(60);
      const colourful = await cli(['watch', '-d', data, '--count', '1'], { isTerminal: true });
      expect(colourful.out).toContain('\u001b[');
      const asked = await cli(['watch', '-d', data, '--count', '1'], {
        isTerminal: true,
        env: { NO_COLOR: '1' },
      });
      expect(asked.out.replace('\u001b[H\u001b[2J', '')).not.toContain('\u001b');
      const line = JSON.parse((await cli(['watch', '-d', data, '--count', '1', '--json'])).out);
      expect(line.slots).toHaveLength(2);

      const file = join(dir.path, 'agent.json');
      const raw = {
        ...testConfig(data, { slots: 2 }),
        dataDir: data,
        hash: undefined,
        file: undefined,
        version: undefined,
      };
      writeFileSync(file, JSON.stringify(raw));
      const test = await cli(['selftest', '-c', file, '--json']);
      expect(JSON.parse(test.out)).toMatchObject({ ok: true });
      expect(JSON.parse(test.out).steps.map(({ step }: { step: string }) => step)).toEqual([
        'storage',
        'codecs',
        'cabinet',
        'pack 1',
      ]);
      model.slot(1).pack = aPack('VB-A-1', { silent: true });
      expect((await cli(['selftest', '-c', file])).code).toBe(1);
    } finally {
      await agent.stop();
    }
    expect((await cli(['watch', '-d', data, '--count', '1'])).code).toBe(1);
  });
});

describe('setup', () => {
  it('finds cabinet and packs and writes a config that the agent takes', { timeout: 90_000 }, async () => {
    const station = await startVirtualStation({
      device: '1231',
      speed: 0,
      baudRates: { bus1: 0 },
      slots: [1, 2].map((slot) => ({
        slot,
        packClass: 'A',
        interface: { kind: 'pylontech', port: 'bus1', address: slot + 1 },
        pack: { serial: `VB-A-${slot}`, packClass: 'A' },
      })),
    });
    try {
      const file = join(dir.path, 'agent.json');
      const { cabinet, bus1 } = station.hardware.ports;
      const args = [
        'setup',
        '--out',
        file,
        '--device',
        '1231',
        '--api-url',
        'http://127.0.0.1:9',
        '--mqtt-url',
        'mqtt://127.0.0.1:9',
        '--no-ble',
        '--yes',
        '--json',
      ];
      expect(await cli(args)).toMatchObject({ code: 2, err: expect.stringMatching(/add --data-dir/) });
      const ports = [
        '--data-dir',
        join(dir.path, 'data'),
        '--port',
        cabinet?.path ?? '',
        '--port',
        bus1?.path ?? '',
      ];
      const { code, out } = await cli([...args, ...ports]);
      expect([code, JSON.parse(out)]).toEqual([0, { file, slots: 2, readers: 2 }]);
      expect(loadConfig(file).hardware).toMatchObject({
        ports: { cabinet: { baudRate: 115_200 }, bus1: { path: bus1?.path } },
        slots: [
          { slot: 1, pack: { driver: 'pylontech-rs485', port: 'bus1', address: 2 } },
          { slot: 2, pack: { driver: 'pylontech-rs485', port: 'bus1', address: 3 } },
        ],
      });
      expect((await cli([...args, ...ports])).code).toBe(2);
    } finally {
      await station.close();
    }
  });
});

describe('text', () => {
  it('counts Chinese as two columns, cuts and wraps by them', () => {
    expect(displayWidth('仓门 ok')).toBe(7);
    expect(fitLine('仓门打不开', 6)).toBe('仓门…');
    for (const line of wrapText(
      '检查总线终端电阻、屏蔽与接地、波特率，以及是否有电池地址冲突',
      24,
      '  ',
    ).split('\n'))
      expect(displayWidth(line)).toBeLessThanOrEqual(24);
  });
});
