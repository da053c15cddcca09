import type { Doc } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { writeError } from './reply.js';

/**
 * Runs the statements of a bulk write. A statement that fails becomes a write error; an ordered write stops there,
 * an unordered one goes on. Anything but a CommandError is a fault of the server and ends the command.
 */
export function runStatements<T>(
  statements: readonly T[],
  ordered: boolean,
  run: (statement: T, index: number) => void,
): Doc {
  const writeErrors: Doc[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      run(statement, index);
    } catch (error) {
      if (!(error instanceof CommandError) || error.codeName === 'OutOfDiskSpace') throw error;
      writeErrors.push(writeError(index, error));
      if (ordered) break;
    }
  }
  return writeErrors.length > 0 ? { writeErrors } : {};
}
