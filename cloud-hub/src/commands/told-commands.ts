import type { Command } from '@voltbay/protocol';

/** Newest states of commands that this process sent a short while ago: what callers were told may be ahead of what is written down. */
export interface ToldCommands {
  /** As sent, or after a result that is stored. */
  stored(commandId: string): Command | undefined;
  /** The same, or after a result that the station has in its journal and the hub does not store yet. */
  newestOf(commandId: string): Command | undefined;
  keep(command: Command, options?: { early: boolean }): void;
  /** It never came to be. */
  forget(commandId: string): void;
  /** The command, or what was told of it since. */
  newest(known: Command): Command;
}

export function createToldCommands(maxCommands = 2_000): ToldCommands {
  const recent = new Map<string, Command>();
  const promised = new Map<string, Command>();
  const newestOf = (id: string) => promised.get(id) ?? recent.get(id);
  return {
    stored: (id) => recent.get(id),
    newestOf,
    keep(command, { early } = { early: false }) {
      if (early) {
        promised.set(command.id, command);
        return;
      }
      if ((promised.get(command.id)?.version ?? 0) <= command.version) promised.delete(command.id);
      recent.delete(command.id);
      recent.set(command.id, command);
      if (recent.size <= maxCommands) return;
      const oldest = recent.keys().next().value;
      if (oldest === undefined) return;
      recent.delete(oldest);
      promised.delete(oldest);
    },
    forget(id) {
      recent.delete(id);
      promised.delete(id);
    },
    newest(known) {
      const told = newestOf(known.id);
      return told && told.version > known.version ? told : known;
    },
  };
}
