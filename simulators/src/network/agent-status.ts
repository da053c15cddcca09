import { createConnection } from 'node:net';
import { join } from 'node:path';

/** What a running agent says of itself on its socket; the fields that tests and the fault matrix look at. */
export type AgentStatus = {
  epoch: number;
  mode: string;
  hub: { state: string; lastError: string | null };
  cabinet: { up: boolean };
  swap: { swapId: string } | null;
  outbox: { rows: number; quarantined: number; byLane: Record<string, number> };
  alarms: { code: string; slot?: number }[];
  restCalls: number;
  commands: Record<string, number>;
  hardware: {
    slots: { slot: number; reads: number; silent: number; badFrames: number; lastGoodAtMs?: number }[];
    buses: { port: string; up: boolean }[];
  };
};

const TIMEOUT_MS = 5_000;

/** Asks the agent that runs on this data directory. Null when none answers. */
export const agentStatus = (dataDir: string): Promise<AgentStatus | null> =>
  askAgent<AgentStatus>(dataDir, 'status');

/** Any question of the technician's, for example `packs`. Null when no agent answers. */
export async function askAgent<T>(dataDir: string, command: string): Promise<T | null> {
  const text = await exchange(
    join(dataDir, 'agent.sock'),
    `${JSON.stringify({ command, args: {} })}\n`,
  ).catch(() => '');
  if (!text) return null;
  const answer = JSON.parse(text) as { ok: boolean; data?: T };
  return answer.ok ? (answer.data ?? null) : null;
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
    socket.on('close', () => resolve(text));
  });
}
