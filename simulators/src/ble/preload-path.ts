import { fileURLToPath } from 'node:url';

/** Environment variable that names the virtual adapter, `tcp://host:port`. */
export const BLE_HCI_VARIABLE = 'VOLTBAY_BLE_HCI';

/** Path of the CommonJS preload that puts the virtual adapter under noble: `node --require <path> …`. */
export function blePreloadPath(): string {
  return fileURLToPath(new URL('../../ble-preload.cjs', import.meta.url));
}

/** Variables for a process that shall use the virtual adapter; keeps the options that it has already. */
export function bleEnvironment(hciUrl: string, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const before = env.NODE_OPTIONS ? `${env.NODE_OPTIONS} ` : '';
  const path = blePreloadPath();
  // NODE_OPTIONS splits at spaces; inside double quotes a backslash escapes.
  const quoted = /[\s"\\]/.test(path) ? `"${path.replace(/[\\"]/g, '\\$&')}"` : path;
  return { [BLE_HCI_VARIABLE]: hciUrl, NODE_OPTIONS: `${before}--require ${quoted}` };
}
