/** What doctor looks at, in the order in which it looks. */
export type CheckId =
  | 'config'
  | 'disk'
  | 'database'
  | 'agents'
  | 'ports'
  | 'cabinet'
  | 'packs'
  | 'bluetooth'
  | 'credentials'
  | 'hub'
  | 'broker'
  | 'clock';

/** Stable names of what can be wrong. */
export type CauseCode =
  | 'config-invalid'
  | 'disk-low'
  | 'data-dir-unusable'
  | 'database-damaged'
  | 'database-newer'
  | 'database-io'
  | 'two-agents'
  | 'port-missing'
  | 'port-locked'
  | 'port-forbidden'
  | 'port-not-serial'
  | 'port-failed'
  | 'cabinet-silent'
  | 'cabinet-protocol'
  | 'firmware-old'
  | 'wrong-baud'
  | 'bus-silent'
  | 'bus-noise'
  | 'pack-silent'
  | 'ble-not-installed'
  | 'ble-not-supported'
  | 'ble-no-adapter'
  | 'ble-unauthorized'
  | 'ble-powered-off'
  | 'ble-failed'
  | 'credentials-missing'
  | 'credentials-damaged'
  | 'credentials-wrong'
  | 'name-unknown'
  | 'hub-unreachable'
  | 'hub-failing'
  | 'broker-unreachable'
  | 'tls-authority'
  | 'tls-expired'
  | 'tls-name'
  | 'tls-failed'
  | 'identity-contested'
  | 'clock-off';

/**
 * One result. `ok` and `skipped` carry only `detail`; `problem` and `warning` also the cause. `subject` names the port, slot, file or
 * address; `detail` is what was seen, with figures.
 */
export type Finding =
  | { check: CheckId; state: 'ok' | 'skipped'; subject?: string; detail: string }
  | { check: CheckId; state: 'problem' | 'warning'; cause: CauseCode; subject?: string; detail: string };

export const ok = (check: CheckId, detail: string, subject?: string): Finding => ({
  check,
  state: 'ok',
  detail,
  ...(subject !== undefined && { subject }),
});
export const skipped = (check: CheckId, detail: string): Finding => ({ check, state: 'skipped', detail });
export const problem = (check: CheckId, cause: CauseCode, detail: string, subject?: string): Finding => ({
  check,
  state: 'problem',
  cause,
  detail,
  ...(subject !== undefined && { subject }),
});
export const warning = (check: CheckId, cause: CauseCode, detail: string, subject?: string): Finding => ({
  ...problem(check, cause, detail, subject),
  state: 'warning',
  cause,
});
