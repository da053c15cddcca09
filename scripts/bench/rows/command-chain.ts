import { join } from 'node:path';
import { COMMANDS, ECHO, echoClient, echoed, restCaller, sequence, warmUp } from '../command-load.js';
import { needsMosquitto, startMosquitto, startPeer } from '../processes.js';
import type { Row, Sides } from '../row.js';

/**
 * What the hops of `command` cost by themselves: the same call, but to a program of forty lines that stores one document beside the same
 * echo and knows no callers, stations or outcomes. Nothing between a caller and a station over these hops takes less.
 */
export const commandChain: Row = {
  name: 'command-chain',
  title:
    'POST → one stored document beside a raw QoS 1 echo with one fsync → answer (p50), against the echo alone',
  unit: 'ms',
  target: { atMost: 10 },
  rounds: 5,
  onlyByName: true,
  unavailable: needsMosquitto,
  async prepare({ root, dir }): Promise<Sides> {
    const broker = await startMosquitto(dir);
    const peer = await startPeer(root, dir, 'qos1-echo.mjs', {
      ...ECHO,
      mqttUrl: broker.url,
      file: join(dir, ECHO.file),
    });
    const chain = await startPeer<{ ready: true; apiUrl: string }>(root, dir, 'bare-command.mjs', {
      ...ECHO,
      mqttUrl: broker.url,
      file: join(dir, 'chain.db'),
    });
    const echo = await echoClient(broker.url);
    const caller = restCaller(chain.ready.apiUrl);
    const body = JSON.stringify({ name: 'SERVER_ASK_INFO' });
    const answered = async () => echoed(join(dir, ECHO.file))();
    const call = async () => (await caller.post<{ id: string }>('/', body)).id;
    await warmUp(call, echo.ask);
    return {
      ours: sequence([chain.pid, peer.pid], call, answered),
      peer: sequence([peer.pid], echo.ask, answered),
      note: `${COMMANDS} calls a round, one after another, over Mosquitto`,
      async close() {
        caller.close();
        await echo.close();
        await chain.stop();
        await peer.stop();
        await broker.stop();
      },
    };
  },
};
