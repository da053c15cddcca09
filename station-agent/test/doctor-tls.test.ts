import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CAUSES } from '../src/doctor/causes.js';
import type { Finding } from '../src/doctor/finding.js';
import { agentCommand } from './support/agent-command.js';
import {
  finding,
  type HubAddresses,
  look,
  NO_STATION,
  troubles,
  writeDoctorConfig,
} from './support/doctor-bench.js';
import { createScriptedHub } from './support/scripted-hub.js';
import { tempDir } from './support/test-agent.js';
import { createTestAuthority, type TestCertificate } from './support/test-authority.js';

const HUB = ['credentials', 'hub', 'broker'] as const;
const DAY_MS = 86_400_000;
const env = { VOLTBAY_STATION_SECRET: 'right' };

describe('doctor at a hub behind TLS', { timeout: 60_000 }, () => {
  const authority = createTestAuthority('Another Authority');
  let dir: ReturnType<typeof tempDir>;
  let close: (() => unknown)[] = [];
  beforeEach(() => {
    dir = tempDir();
  });
  afterEach(async () => {
    for (const one of close) await one();
    close = [];
    dir.remove();
  });

  async function listen(server: Server): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    close.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  /** The token service and a real broker, each with a certificate of its own. */
  async function hub(rest: TestCertificate, broker: TestCertificate): Promise<HubAddresses> {
    const scripted = await createScriptedHub('1231');
    close.push(() => scripted.close());
    const api = createHttpsServer({ cert: rest.certPem, key: rest.keyPem }, (_request, response) =>
      response.setHeader('content-type', 'application/json').end('{"accessToken":"t","tokenType":"Bearer"}'),
    );
    const mqtts = createTlsServer({ cert: broker.certPem, key: broker.keyPem }, (socket) => {
      socket.on('error', () => {});
      scripted.broker.handle(socket);
    });
    mqtts.on('tlsClientError', () => {});
    api.on('tlsClientError', () => {});
    return {
      apiUrl: `https://127.0.0.1:${await listen(api)}`,
      mqttUrl: `mqtts://127.0.0.1:${await listen(mqtts)}`,
    };
  }

  /** The command on a machine that trusts the authority, as the cure says. */
  function lookTrusting(file: string): Promise<Finding[]> {
    const trusted = join(dir.path, 'authority.pem');
    writeFileSync(trusted, authority.caPem);
    const args = [...agentCommand(), 'doctor', '-c', file, '--json'];
    return new Promise((resolve, reject) => {
      const childEnv = { ...process.env, ...env, NODE_EXTRA_CA_CERTS: trusted };
      execFile(process.execPath, args, { env: childEnv }, (error, out) => {
        try {
          resolve((JSON.parse(out) as { findings: Finding[] }).findings);
        } catch {
          reject(error);
        }
      });
    });
  }

  it('whose certificate is of an authority that the machine does not know: names it, and its cure cures', async () => {
    const addresses = await hub(authority.issue('127.0.0.1'), authority.issue('127.0.0.1'));
    const file = writeDoctorConfig(dir.path, NO_STATION, addresses);
    const findings = await look(file, { env });
    expect(troubles(findings, ...HUB)).toEqual(['hub: tls-authority', 'broker: tls-authority']);
    expect(finding(findings, 'tls-authority')?.subject).toBe(addresses.apiUrl);
    for (const words of Object.values(CAUSES['tls-authority'].cure))
      expect(words).toContain('NODE_EXTRA_CA_CERTS');
    expect(troubles(await lookTrusting(file), ...HUB)).toEqual([]);
  });

  it('whose certificates are out of date or of another name: each by its own cause', async () => {
    const now = Date.now();
    const addresses = await hub(
      authority.issue('127.0.0.1', { fromMs: now - 3 * DAY_MS, toMs: now - 2 * DAY_MS }),
      authority.issue('hub.example'),
    );
    const findings = await lookTrusting(writeDoctorConfig(dir.path, NO_STATION, addresses));
    expect(troubles(findings, ...HUB)).toEqual(['hub: tls-expired', 'broker: tls-name']);
    expect(finding(findings, 'tls-name')?.detail).toContain('hub.example');
  });
});
