import type { PackReading } from '@voltbay/protocol';
import { packTargets, type TargetOptions } from '../capture/pack-target.js';
import { readerOf, withPack } from '../capture/with-pack.js';
import { createRegistry } from '../drivers/registry.js';
import { busDeps, leaveAgentAlone, optionalConfig, pathsOf, tagsOf } from './bus-access.js';
import type { CliContext } from './context.js';
import { askAgent } from './control-client.js';
import { renderFields } from './questions.js';

export type ReadOptions = TargetOptions & { config?: string; json?: boolean };
type Answer = { slot?: number; driver: string; transport: string; reading: PackReading };

/** `voltbay-agent read`: one pack now, through the running agent when there is one, else from its wire. */
export async function read(options: ReadOptions, context: CliContext): Promise<number> {
  const { output } = context;
  const config = optionalConfig(options, context);
  const live =
    config && options.slot !== undefined && options.driver === undefined
      ? await askAgent(config.dataDir, { command: 'read-slot', args: { slot: options.slot } })
      : null;
  const answer = (live as Answer | null) ?? (await readDirectly(options, context));
  if (options.json) output.out(JSON.stringify(answer, null, 2));
  else {
    const { reading, ...about } = answer;
    output.out(renderFields({ ...about, ...reading }));
  }
  return 0;
}

async function readDirectly(options: ReadOptions, context: CliContext): Promise<Answer> {
  const config = optionalConfig(options, context);
  const [target] = packTargets(options, config?.hardware ?? null, createRegistry(), tagsOf(config));
  if (!target) throw new Error('no pack is named');
  await leaveAgentAlone(pathsOf([target]), context);
  const reader = readerOf(target);
  const result = await withPack(target, busDeps(), context.untilInterrupted(), (channel) =>
    reader.read(channel, { attempts: 2 }),
  );
  if (!result.ok) throw new Error(`${target.id}: ${result.reason}: ${result.detail}`);
  return {
    ...(options.slot !== undefined && { slot: options.slot }),
    driver: target.driver.id,
    transport: target.transport,
    reading: result.reading,
  };
}
