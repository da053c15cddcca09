/** A rider's hands: what a person can do at a simulated cabinet, through its control API. */
export type CabinetSlot = {
  slot: number;
  packClass: string;
  doorOpen: boolean;
  latched: boolean;
  pack: { serial: string; socPct: number } | null;
};

export type Hands = {
  slots(): Promise<CabinetSlot[]>;
  openDoor(slot: number): Promise<void>;
  insertPack(slot: number, serial: string): Promise<void>;
  removePack(slot: number): Promise<string>;
  closeDoor(slot: number): Promise<void>;
  scan(reader: 'qr' | 'rfid', payload: string): Promise<void>;
};

const TIMEOUT_MS = 10_000;

export function createHands(controlUrl: string): Hands {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${controlUrl}${path}`, {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = (await response.json()) as T & { error?: string };
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const act = (name: string, body: object) => call<Record<string, unknown>>('POST', `/actions/${name}`, body);
  const hands: Hands = {
    slots: async () => (await call<{ slots: CabinetSlot[] }>('GET', '/state')).slots,
    openDoor: async (slot) => {
      await act('open-door', { slot });
    },
    insertPack: async (slot, serial) => {
      await act('insert-pack', { slot, serial });
    },
    async removePack(slot) {
      const serial = (await hands.slots()).find((one) => one.slot === slot)?.pack?.serial;
      await act('remove-pack', { slot });
      if (!serial) throw new Error(`slot ${slot} held no pack`);
      return serial;
    },
    closeDoor: async (slot) => {
      await act('close-door', { slot });
    },
    scan: async (reader, payload) => {
      await act('scan', { reader, payload });
    },
  };
  return hands;
}
