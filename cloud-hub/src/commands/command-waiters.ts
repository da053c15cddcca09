import type { Command } from '@voltbay/protocol';
import { isSettled } from './command-state.js';

/** Callers that wait for a command; told as soon as this process learns a new state. */
export interface CommandWaiters {
  tell(command: Command): void;
  waitedFor(commandId: string): boolean;
  /** Resolves with the command in a wanted or settled state; never rejects. `cancel` frees it. */
  wait(commandId: string, states: readonly Command['state'][]): { told: Promise<Command>; cancel(): void };
}

export function createCommandWaiters(): CommandWaiters {
  const waiting = new Map<string, Set<(command: Command) => void>>();
  return {
    waitedFor: (commandId) => waiting.has(commandId),
    tell(command) {
      for (const listener of [...(waiting.get(command.id) ?? [])]) listener(command);
    },
    wait(commandId, states) {
      let listener: (command: Command) => void = () => undefined;
      const cancel = () => {
        const listeners = waiting.get(commandId);
        listeners?.delete(listener);
        if (listeners?.size === 0) waiting.delete(commandId);
      };
      const told = new Promise<Command>((resolve) => {
        listener = (command) => {
          if (!isSettled(command.state) && !states.includes(command.state)) return;
          cancel();
          resolve(command);
        };
      });
      const listeners = waiting.get(commandId) ?? new Set();
      listeners.add(listener);
      waiting.set(commandId, listeners);
      return { told, cancel };
    },
  };
}
