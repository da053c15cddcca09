import { packTargets } from '../capture/pack-target.js';
import { createRecordingChannel } from '../capture/recording-channel.js';
import { readerOf, withPack } from '../capture/with-pack.js';
import { createRegistry } from '../drivers/registry.js';
import type { PackSourceStats } from '../hardware/ports.js';
import { busDeps, leaveAgentAlone, pathsOf, requiredConfig } from './bus-access.js';
import type { CliContext } from './context.js';
import { askAgent } from './control-client.js';
import { table } from './output.js';

export type BusOptions = { config?: string; port?: string; json?: boolean };
type Measured = { slot: string; port: string; ok: boolean; ms: number; bytes: number; detail: string };

/** `voltbay-agent bus`: how busy each bus is and how each pack answers; measured by one read each when no agent runs. */
export async function bus(options: BusOptions, context: CliContext): Promise<number> {
  const config = requiredConfig(options, context);
  const live = await askAgent(config.dataDir, { command: 'status', args: {} });
  if (live !== null) return printLive((live as { hardware: PackSourceStats }).hardware, options, context);
  const targets = packTargets(options, config.hardware, createRegistry()).filter(
    ({ transport }) => transport === 'serial',
  );
  await leaveAgentAlone(pathsOf(targets), context);
  const deps = busDeps();
  const signal = context.untilInterrupted();
  const rows: Measured[] = [];
  for (const target of targets) {
    const reader = readerOf(target);
    let exchanges: { ms: number; requestHex: string; pieces: string[] }[] = [];
    const result = await withPack(target, deps, signal, (channel) => {
      const recording = createRecordingChannel(channel, deps.clock.monotonicMs);
      exchanges = recording.exchanges;
      return reader.read(recording.channel, { attempts: 1 });
    });
    const hex = exchanges.flatMap(({ requestHex, pieces }) => [requestHex, ...pieces]).join('');
    rows.push({
      slot: target.id,
      port: target.transport === 'serial' ? target.path : '',
      ok: result.ok,
      ms: exchanges.reduce((sum, { ms }) => sum + ms, 0),
      bytes: hex.length / 2,
      detail: result.ok ? '' : result.detail,
    });
  }
  const { output, t, widthChars } = context;
  output.out(
    options.json
      ? JSON.stringify({ live: false, packs: rows }, null, 2)
      : table(
          rows,
          [
            { title: t('PACK', '电池'), value: ({ slot }) => slot },
            { title: t('PORT', '串口'), value: ({ port }) => port },
            { title: t('ANSWERS', '应答'), value: ({ ok }) => (ok ? t('yes', '是') : t('no', '否')) },
            { title: t('TIME ms', '耗时 ms'), value: ({ ms }) => ms },
            { title: t('BYTES', '字节'), value: ({ bytes }) => bytes },
            { title: t('DETAIL', '详情'), value: ({ detail }) => detail },
          ],
          widthChars,
        ),
  );
  return rows.some(({ ok }) => ok) ? 0 : 1;
}

function printLive(
  stats: PackSourceStats,
  options: BusOptions,
  { output, t, widthChars }: CliContext,
): number {
  if (options.json) {
    output.out(JSON.stringify({ live: true, ...stats }, null, 2));
    return 0;
  }
  output.out(
    table(
      stats.buses,
      [
        { title: t('BUS', '总线'), value: ({ port }) => port },
        { title: t('UP', '可用'), value: ({ up }) => (up ? t('yes', '是') : t('no', '否')) },
        {
          title: t('CYCLE ms', '周期 ms'),
          value: ({ cycleMs }) => (cycleMs === undefined ? undefined : Math.round(cycleMs)),
        },
        {
          title: t('USED %', '占用 %'),
          value: ({ utilisationPct }) =>
            utilisationPct === undefined ? undefined : Math.round(utilisationPct),
        },
        { title: t('RECONNECTS', '重连'), value: ({ reconnects }) => reconnects },
      ],
      widthChars,
    ),
  );
  output.out('');
  output.out(
    table(
      stats.slots,
      [
        { title: t('SLOT', '仓位'), value: ({ slot }) => slot },
        { title: t('DRIVER', '驱动'), value: ({ driver }) => driver },
        { title: t('READS', '读取'), value: ({ reads }) => reads },
        { title: t('SILENT', '无应答'), value: ({ silent }) => silent },
        { title: t('BAD', '错帧'), value: ({ badFrames }) => badFrames },
        { title: t('LAST ERROR', '最近错误'), value: ({ lastError }) => lastError },
      ],
      widthChars,
    ),
  );
  if (stats.ble) output.out(`\nBLE: ${stats.ble.state} ${stats.ble.detail ?? ''}`.trimEnd());
  return 0;
}
