import type { PushPort } from './push-types.js';

/** A browser tab gets no pushes; the inbox under "Me" shows the same messages. */
export const createPushPort = (): PushPort => ({
  supported: false,
  token: async () => null,
  onOpened: () => () => undefined,
});
