import type { Command } from '@voltbay/protocol';
import { isSettled } from './command-state.js';

/** Callers that wait for a command; told as soon as this process learns a new state. */
export interface CommandWaiters {
  /** `early`: the station has it in its journal, the hub has not stored it yet. */
  tell(command: Command, early?: boolean): void;
  waitedFor(commandId: string): boolean;
  /** Resolves with the command in a wanted or settled state; never rejects. `cancel` frees it. `early`: as soon as the station says so. */
  wait(
    commandId: string,
    options: { states: readonly Command['state'][]; early: boolean },
  ): { told: Promise<Command>; cancel(): void };
}

export function createCommandWaiters(): CommandWaiters {
  const waiting = new Map<string, Set<(command: Command, early: boolean) => void>>();
  return {
    waitedFor: (commandId) => waiting.has(commandId),
    tell(command, early = false) {
      for (const listener of [...(waiting.get(command.id) ?? [])]) listener(command, early);
    },
    wait(commandId, { states, early }) {
      let listener: (command: Command, toldEarly: boolean) => void = () => undefined;
      const cancel = () => {
        const listeners = waiting.get(commandId);
        listeners?.delete(listener);
        if (listeners?.size === 0) waiting.delete(commandId);
      };
      const told = new Promise<Command>((resolve) => {
        listener = (command, toldEarly) => {
          if (toldEarly && !early) return;
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
