import { aggregateCommand } from './aggregate.js';
import { COLLECTION_COMMANDS } from './collections.js';
import type { Command } from './context.js';
import { countCommand, distinctCommand } from './count-distinct.js';
import { deleteCommand } from './delete.js';
import { explainCommand } from './explain.js';
import { findCommand, getMoreCommand, killCursorsCommand } from './find.js';
import { findAndModifyCommand } from './find-and-modify.js';
import { HANDSHAKE_COMMANDS } from './handshake.js';
import { createIndexesCommand, dropIndexesCommand, listIndexesCommand } from './indexes.js';
import { insertCommand } from './insert.js';
import { updateCommand } from './update.js';

/** Every command by its name. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  ...HANDSHAKE_COMMANDS,
  ...COLLECTION_COMMANDS,
  insert: insertCommand,
  update: updateCommand,
  delete: deleteCommand,
  findAndModify: findAndModifyCommand,
  find: findCommand,
  getMore: getMoreCommand,
  killCursors: killCursorsCommand,
  aggregate: aggregateCommand,
  count: countCommand,
  distinct: distinctCommand,
  createIndexes: createIndexesCommand,
  dropIndexes: dropIndexesCommand,
  listIndexes: listIndexesCommand,
  explain: explainCommand,
};

/** Older drivers and shells spell some names in lower case. */
const ALIASES: Readonly<Record<string, string>> = {
  ismaster: 'isMaster',
  buildinfo: 'buildInfo',
  findandmodify: 'findAndModify',
};

export function commandNamed(name: string): Command | undefined {
  const known = ALIASES[name] ?? name;
  return Object.hasOwn(COMMANDS, known) ? COMMANDS[known] : undefined;
}
