import type { SerialFinding } from '../discovery/serial-scan.js';
import { type BleScanResult, createStationScan } from '../discovery/station-scan.js';
import { busDeps, leaveAgentAlone } from './bus-access.js';
import type { CliContext } from './context.js';
import { table } from './output.js';

export type ScanOptions = {
  ble?: boolean;
  serial?: boolean;
  seconds: number;
  addresses: number;
  json?: boolean;
};

/** `voltbay-agent scan`: what stands at the ports and on the air. 1 when nothing was found. */
export async function scan(
  paths: readonly string[],
  options: ScanOptions,
  context: CliContext,
): Promise<number> {
  const { output, t, widthChars } = context;
  const signal = context.untilInterrupted();
  const scanner = createStationScan(busDeps());
  const wanted = options.serial === false ? [] : paths.length > 0 ? [...paths] : await scanner.candidates();
  await leaveAgentAlone(wanted, context);
  const serial = await scanner.serial({
    paths: wanted,
    addresses: options.addresses,
    signal,
    ...(!options.json &&
      context.isTerminal && {
        onStep: ({ path, baudRate, driver }) => output.err(`… ${path} ${baudRate} ${driver}`),
      }),
  });
  const ble =
    options.ble === false ? null : await scanner.ble({ durationMs: options.seconds * 1000, signal });
  if (options.json) output.out(JSON.stringify({ serial, ble }, null, 2));
  else {
    if (wanted.length === 0) output.out(t('No serial port is there.', '没有可用的串口。'));
    if (serial.length > 0) output.out(renderSerial(serial, context));
    if (ble) output.out(renderBle(ble, context));
  }
  const found =
    serial.some(({ kind }) => kind === 'cabinet' || kind === 'pack') ||
    (ble?.ok && ble.devices.some(({ driver }) => driver !== null));
  if (!found && !options.json) output.err(t('nothing was found', '未发现任何设备'));
  return found ? 0 : 1;

  function renderBle(result: BleScanResult, { t: say }: CliContext): string {
    if (!result.ok) return `${say('Bluetooth', '蓝牙')}: ${result.detail}`;
    return table(
      result.devices,
      [
        { title: say('BLE ADDRESS', '蓝牙地址'), value: ({ address }) => address },
        { title: say('NAME', '名称'), value: ({ name }) => name },
        { title: 'RSSI', value: ({ rssi }) => rssi },
        { title: say('DRIVER', '驱动'), value: ({ driver }) => driver },
      ],
      widthChars,
    );
  }
}

function renderSerial(findings: readonly SerialFinding[], { t, widthChars }: CliContext): string {
  return table(
    findings,
    [
      { title: t('PORT', '串口'), value: ({ path }) => path },
      { title: t('FOUND', '发现'), value: ({ kind }) => kind },
      { title: t('BAUD', '波特率'), value: (one) => ('baudRate' in one ? one.baudRate : undefined) },
      { title: t('DRIVER', '驱动'), value: (one) => ('driver' in one ? one.driver : undefined) },
      { title: t('ADDRESS', '地址'), value: (one) => (one.kind === 'pack' ? one.address : undefined) },
      {
        title: t('WHAT', '说明'),
        value: (one) => {
          if (one.kind === 'cabinet')
            return `${one.identity.model} ${one.identity.firmware}, ${one.identity.slotCount}`;
          if (one.kind === 'pack') return `${one.reading.serial ?? ''} ${one.reading.socPct ?? '?'} %`.trim();
          return one.kind === 'unusable' ? one.message : undefined;
        },
      },
    ],
    widthChars,
  );
}
