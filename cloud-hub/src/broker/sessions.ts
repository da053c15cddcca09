/** A station's signed-in MQTT connection. */
export type StationSession = {
  readonly device: string;
  readonly tenantId: string;
  readonly clientId: string;
  /** Topic filters that were granted. */
  readonly filters: Set<string>;
  /** Set by the birth: the session is a station agent's, of which a device has one. */
  agent: { epoch: number; instanceId: string | null } | null;
  /** Incarnation of the agent's database, once the birth told it. */
  incarnation: number | undefined;
  publish(topic: string, payload: string): void;
  close(): void;
  /** Bytes that wait for a slow reader. */
  backlogBytes(): number;
};

/**
 * Live sessions by device. A station written to the 2021 plan may hold several (one that publishes, one that listens); of agents, which
 * announce themselves by a birth, the newest one counts.
 */
export interface SessionRegistry {
  add(session: StationSession): void;
  remove(session: StationSession): { last: boolean };
  of(device: string): readonly StationSession[];
  agentOf(device: string): StationSession | null;
  devices(): number;
}

const MAX_ID_LENGTH = 200;

/**
 * The client id that a connection gets. It is its station's own: equal ids of two stations must not close each other's session. A second
 * connection under the id of a live agent gets one of its own, so that the births decide which of the two stays and not, as MQTT 3.1.1
 * section 3.1.4 has it, whoever came last.
 */
export function brokerClientId(
  sessions: Pick<SessionRegistry, 'of'>,
  packet: { username?: string | undefined; clientId: string },
  unique: () => string,
): string {
  const id = `${packet.username ?? ''}/${packet.clientId}`.slice(0, MAX_ID_LENGTH);
  const held = sessions.of(packet.username ?? '').some(({ clientId, agent }) => agent && clientId === id);
  return held ? `${id}#${unique()}` : id;
}

const NONE: readonly StationSession[] = [];

export function createSessionRegistry(): SessionRegistry {
  const byDevice = new Map<string, StationSession[]>();
  return {
    add(session) {
      const held = byDevice.get(session.device);
      if (held) held.push(session);
      else byDevice.set(session.device, [session]);
    },
    remove(session) {
      const held = byDevice.get(session.device);
      if (!held) return { last: false };
      const left = held.filter((each) => each !== session);
      if (left.length > 0) byDevice.set(session.device, left);
      else byDevice.delete(session.device);
      return { last: left.length === 0 && held.length > 0 };
    },
    of: (device) => byDevice.get(device) ?? NONE,
    agentOf: (device) => (byDevice.get(device) ?? NONE).findLast((session) => session.agent) ?? null,
    devices: () => byDevice.size,
  };
}
