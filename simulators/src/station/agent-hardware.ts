import type { ValidStationConfig } from './config.js';
import type { Wiring } from './wiring.js';

/** The `hardware` part of an agent's configuration file. */
export interface AgentHardware {
  ports: Record<string, { path: string; baudRate: number }>;
  cabinet: { driver: 'cabinet-v1'; port: string };
  slots: {
    slot: number;
    packClass: string;
    pack: { driver: string; port?: string; address?: number };
  }[];
}

/** Driver of the agent for each kind of interface. */
const AGENT_DRIVERS = {
  pylontech: 'pylontech-rs485',
  'seplos-v2': 'seplos-v2',
  'pace-v25': 'pace-v25',
  'jbd-serial': 'jbd-serial',
  'jbd-ble': 'jbd-ble',
  'jk-ble': 'jk-ble',
  'daly-ble': 'daly-ble',
} as const;

/** What the agent of this station has to be told about its hardware. */
export function describeHardware(config: ValidStationConfig, wiring: Wiring): AgentHardware {
  return {
    ports: Object.fromEntries(
      [...wiring.ports].map(([name, { port, baudRate }]) => [
        name,
        { path: port.link, baudRate: baudRate || 115_200 },
      ]),
    ),
    cabinet: { driver: 'cabinet-v1', port: 'cabinet' },
    slots: config.slots.map(({ slot, packClass, interface: wire }) => ({
      slot,
      packClass,
      pack: {
        driver: AGENT_DRIVERS[wire.kind],
        ...('port' in wire ? { port: wire.port } : {}),
        ...('address' in wire ? { address: wire.address } : {}),
      },
    })),
  };
}
