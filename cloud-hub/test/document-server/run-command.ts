import { BSON, type Document } from 'mongodb';
import { CommandRequest } from '../../src/document-server/commands/request.js';
import type { Engine } from '../../src/document-server/index.js';

/** Runs one command on an engine without a wire; numbers in the reply are plain. */
export function runCommand(engine: Engine, command: Document): Document {
  const [reply] = engine.run([new CommandRequest(Buffer.from(BSON.serialize(command)))]);
  return BSON.deserialize(reply as Buffer);
}

/** Like runCommand, but a failed command throws. */
export function mustRun(engine: Engine, command: Document): Document {
  const reply = runCommand(engine, command);
  if (reply.ok !== 1 || reply.writeErrors) throw new Error(JSON.stringify(reply));
  return reply;
}

/** All documents of a find. */
export function findAll(engine: Engine, find: Document): Document[] {
  const reply = mustRun(engine, { ...find, $db: find.$db ?? 'test', batchSize: 100_000 });
  return reply.cursor.firstBatch;
}
