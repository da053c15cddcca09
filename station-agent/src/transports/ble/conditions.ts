/**
 * What the BLE adapter is up to.
 * `off` not started · `starting` waiting for it · `ready` usable · the rest say why not.
 */
export type BleCondition =
  | 'off'
  | 'starting'
  | 'ready'
  | 'not-installed'
  | 'not-supported'
  | 'no-adapter'
  | 'unauthorized'
  | 'powered-off'
  | 'failed';

type Rule = {
  /** What a technician is told: cause and cure. */
  hint: string;
  /** Time until the next try; null = none helps before a restart. */
  retryMs: number | null;
};

export const BLE_RULES: Readonly<Record<Exclude<BleCondition, 'off' | 'starting' | 'ready'>, Rule>> = {
  'not-installed': {
    hint: 'Bluetooth support is not installed. Install it with: npm install @abandonware/noble (needs a C++ compiler), then restart the agent',
    retryMs: null,
  },
  'not-supported': {
    hint: 'this system has no Bluetooth support (address family not supported). Load the kernel module: modprobe bluetooth, or run outside the container',
    retryMs: 300_000,
  },
  'no-adapter': {
    hint: 'no Bluetooth adapter was found. Plug one in, or check: hciconfig -a',
    retryMs: 30_000,
  },
  unauthorized: {
    hint: 'no permission to use the Bluetooth adapter. Allow it with: setcap cap_net_raw+eip $(readlink -f $(which node))',
    retryMs: 60_000,
  },
  'powered-off': {
    hint: 'the Bluetooth adapter is switched off. Switch it on with: rfkill unblock bluetooth; bluetoothctl power on',
    retryMs: null,
  },
  failed: { hint: 'the Bluetooth adapter could not be used', retryMs: 30_000 },
};

/** What an error of loading or starting noble means. */
export function conditionOfError(error: unknown): keyof typeof BLE_RULES {
  const code = (error as { code?: unknown } | null)?.code;
  const text = `${String(code ?? '')} ${error instanceof Error ? error.message : String(error)}`;
  if (/MODULE_NOT_FOUND|could not locate the bindings file|was compiled against|ERR_DLOPEN/i.test(text))
    return 'not-installed';
  if (/EAFNOSUPPORT|address family not supported/i.test(text)) return 'not-supported';
  if (/ENODEV|no such device|ENXIO/i.test(text)) return 'no-adapter';
  if (/EPERM|EACCES|not permitted|permission/i.test(text)) return 'unauthorized';
  return 'failed';
}
