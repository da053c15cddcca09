import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { ControlAnswer, ControlRequest } from '../control/control-socket.js';
import { AgentError, messageOf } from '../errors.js';

const TIMEOUT_MS = 20_000;

/** The running agent said no. `code` names why. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${message} (${code})`);
    this.code = code;
  }
}

/** Asks the running agent. Null when none runs on this data directory; throws when it answers with an error. */
export async function askAgent(dataDir: string, request: ControlRequest): Promise<unknown | null> {
  let line: string;
  try {
    line = await exchange(join(dataDir, 'agent.sock'), `${JSON.stringify(request)}\n`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    if (code === 'EACCES')
      throw new AgentError(
        'NOT_RUNNING',
        `no permission on ${dataDir}/agent.sock; run this as the agent's user`,
      );
    throw new AgentError('NOT_RUNNING', `the agent did not answer: ${messageOf(error)}`, { cause: error });
  }
  const answer = JSON.parse(line) as ControlAnswer;
  if (!answer.ok) {
    if (answer.code !== undefined && answer.code !== 'BAD_USAGE')
      throw new RefusedError(answer.code, answer.error);
    throw new AgentError('BAD_USAGE', answer.error);
  }
  return answer.data;
}

function exchange(path: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('timed out')));
    socket.on('connect', () => socket.write(request));
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('end', () => resolve(text));
  });
}
