import type { IssuedPass } from '@voltbay/protocol/api';
import { ApiError } from '@voltbay/protocol/client';
import type { SwapApi } from '../api/swap-api.js';

/**
 * A new pass. When the hub says that too many are open, the oldest one is taken back first: an app that was closed between asking and
 * keeping has lost one that nobody can show any more.
 */
export async function issueOne(
  api: Pick<SwapApi, 'issuePass' | 'passes' | 'revokePass'>,
  vehicleId: string,
  newKey: () => string,
): Promise<IssuedPass> {
  try {
    return await api.issuePass(vehicleId, newKey());
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'CONFLICT') throw error;
    const oldest = (await api.passes()).findLast(({ state }) => state === 'issued');
    if (!oldest) throw error;
    // It may have been taken back or spent meanwhile; the hub says whether there is room now.
    await api.revokePass(oldest.id).catch(() => undefined);
    return api.issuePass(vehicleId, newKey());
  }
}
