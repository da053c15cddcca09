/** Tabs share one rotating refresh token, so only one of them may spend it at a time. */
export const oneAtATime = async <T>(work: () => Promise<T>): Promise<T> =>
  'locks' in navigator ? navigator.locks.request('voltbay.rider-session', async () => work()) : work();
