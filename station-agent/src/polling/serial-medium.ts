import type { HardwareClock } from '../hardware/deps.js';
import type { SerialLink } from '../transports/serial/serial-link.js';
import type { Medium } from './medium.js';
import { createSerialChannel } from './serial-channel.js';

/** A serial port as the way to all packs on it. */
export function createSerialMedium(port: string, link: SerialLink, clock: HardwareClock): Medium {
  const channel = createSerialChannel(link, clock);
  return {
    port,
    transport: 'serial',
    isUp: link.isUp,
    onState: link.onState,
    use: (_hint, signal, read) => read({ exchange: (exchange) => channel.exchange(exchange, signal) }),
    forget: () => undefined,
    reconnects: link.reconnects,
  };
}
