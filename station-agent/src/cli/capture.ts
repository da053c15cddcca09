import { existsSync, writeFileSync } from 'node:fs';
import { captureCase, type RecordedCase } from '../capture/capture-case.js';
import { type PackTarget, packTargets, type TargetOptions } from '../capture/pack-target.js';
import { createRecordingChannel } from '../capture/recording-channel.js';
import { readerOf, withPack } from '../capture/with-pack.js';
import { createRegistry } from '../drivers/registry.js';
import { AgentError } from '../errors.js';
import { busDeps, leaveAgentAlone, optionalConfig, pathsOf, tagsOf } from './bus-access.js';
import type { CliContext } from './context.js';

export type CaptureOptions = TargetOptions & {
  config?: string;
  out: string;
  rounds: number;
  force?: boolean;
  json?: boolean;
};

/** `voltbay-agent capture`: reads packs as the agent would and writes what was on the wire. 1 when no pack answered. */
export async function capture(options: CaptureOptions, context: CliContext): Promise<number> {
  const { output, t } = context;
  if (existsSync(options.out) && !options.force)
    throw new AgentError(
      'BAD_USAGE',
      t(`${options.out} exists; --force overwrites it`, `${options.out} 已存在；使用 --force 覆盖`),
    );
  const config = optionalConfig(options, context);
  const targets = packTargets(options, config?.hardware ?? null, createRegistry(), tagsOf(config));
  await leaveAgentAlone(pathsOf(targets), context);
  const signal = context.untilInterrupted();
  const cases: RecordedCase[] = [];
  const failures: { id: string; detail: string }[] = [];
  for (const target of targets) {
    if (signal.aborted) break;
    const { recorded, failure } = await record(target, options.rounds, signal);
    if (recorded.frames.length > 0) cases.push(recorded);
    if (failure !== null) failures.push({ id: target.id, detail: failure });
    if (!options.json)
      output.err(
        `${target.id}: ${t(`${recorded.frames.length} frames`, `${recorded.frames.length} 帧`)}${failure === null ? '' : ` (${failure})`}`,
      );
  }
  if (cases.length > 0) writeFileSync(options.out, `${JSON.stringify(cases, null, 1)}\n`);
  if (options.json)
    output.out(
      JSON.stringify(
        {
          file: cases.length > 0 ? options.out : null,
          cases: cases.map(({ id, frames }) => ({ id, frames: frames.length })),
          failures,
        },
        null,
        2,
      ),
    );
  else if (cases.length > 0)
    output.out(
      t(
        `${cases.length} cases in ${options.out}; see them with: voltbay-agent decode ${options.out}`,
        `已将 ${cases.length} 组报文写入 ${options.out}；查看：voltbay-agent decode ${options.out}`,
      ),
    );
  else output.err(t('no pack answered: nothing was written', '没有电池应答，未写入文件'));
  return cases.length > 0 ? 0 : 1;
}

async function record(
  target: PackTarget,
  rounds: number,
  signal: AbortSignal,
): Promise<{ recorded: RecordedCase; failure: string | null }> {
  const deps = busDeps();
  const reader = readerOf(target);
  const about = { id: target.id, driver: target.driver.id, transport: target.transport };
  let exchanges: Parameters<typeof captureCase>[1] = [];
  const result = await withPack(target, deps, signal, async (channel) => {
    const recording = createRecordingChannel(channel, deps.clock.monotonicMs);
    exchanges = recording.exchanges;
    let last = await reader.read(recording.channel, { attempts: 2 });
    // Identity is asked one question a read, so several reads tell everything.
    for (let round = 1; round < rounds && last.ok && !signal.aborted; round += 1)
      last = await reader.read(recording.channel, { attempts: 2 });
    return last;
  });
  return { recorded: captureCase(about, exchanges), failure: result.ok ? null : result.detail };
}
