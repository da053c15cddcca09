import { useCallback } from 'react';
import { forgetDevice } from '../push/register-device.js';
import { useServices } from '../services.js';

/** Signs out and leaves nothing of the rider on the device: no messages, no pass, no known answers. */
export function useSignOut(): () => Promise<void> {
  const { api, keptText, passes, queryKeeper, session } = useServices();
  return useCallback(async () => {
    await forgetDevice({ api, kept: keptText }).catch(() => undefined);
    await session.signOut();
    await passes.update(() => null);
    await queryKeeper.forget();
  }, [api, keptText, passes, queryKeeper, session]);
}
