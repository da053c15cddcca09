import { ApiError } from '@voltbay/protocol/client';
import type { AccountApi } from '../api/account-api.js';
import type { Kept } from '../storage/query-keeper.js';
import type { PushPort } from './push-types.js';

const DEVICE_KEY = 'voltbay.push-device';

/** Sends the rider's messages to this device; false when the device or the rider says no. */
export async function registerDevice(deps: {
  push: PushPort;
  api: AccountApi;
  kept: Kept;
}): Promise<boolean> {
  const device = await deps.push.token();
  if (!device) return false;
  const { id } = await deps.api.registerPush(device);
  await deps.kept.write(DEVICE_KEY, id);
  return true;
}

/** Whether this device was registered by its present rider. */
export const isRegistered = async (kept: Kept): Promise<boolean> => (await kept.read(DEVICE_KEY)) !== null;

/** Before signing out: the next rider on this phone must not get the messages of this one. */
export async function forgetDevice(deps: { api: AccountApi; kept: Kept }): Promise<void> {
  const id = await deps.kept.read(DEVICE_KEY);
  if (id === null) return;
  try {
    await deps.api.removePush(id);
  } catch (error) {
    // Gone already is as good; without a network the hub moves the device when the next rider registers it.
    if (error instanceof ApiError && error.status >= 500) throw error;
  }
  await deps.kept.write(DEVICE_KEY, null);
}
