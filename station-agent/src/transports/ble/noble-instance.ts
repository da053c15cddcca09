import type { LoadNoble, Noble } from './noble-api.js';

/** A noble that was started, with the way to get rid of it: noble itself has no stop(). */
export type NobleInstance = { noble: Noble; dispose(): void };

/**
 * Loads and starts noble. Problems with the adapter are thrown here instead of being printed.
 * @throws what loading or opening the adapter threw
 */
export function startNoble(load: LoadNoble): NobleInstance {
  const before = new Set(process.listeners('exit'));
  const noble = load();
  // A listener keeps noble from printing warnings itself.
  noble.on('warning', () => undefined);
  try {
    void noble.state;
  } finally {
    // noble ends the process on SIGINT when its listener is the last one: that is the agent's to decide.
    const onSigInt = noble._bindings?.onSigIntBinded;
    if (onSigInt) process.removeListener('SIGINT', onSigInt);
    for (const listener of process.listeners('exit'))
      if (!before.has(listener)) process.removeListener('exit', listener);
  }
  return {
    noble,
    dispose() {
      const hci = noble._bindings?._hci;
      // The adapter is polled by a chain of timers: this ends it at its next link.
      if (hci) hci.pollIsDevUp = () => undefined;
      const socket = hci?._socket;
      try {
        socket?.stop?.();
      } catch {
        // A socket whose adapter is gone may refuse to stop; it is dropped all the same.
      }
      socket?.removeAllListeners();
      socket?.on('error', () => undefined);
      hci?.removeAllListeners();
      noble.removeAllListeners();
    },
  };
}
