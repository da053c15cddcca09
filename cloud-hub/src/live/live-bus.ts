import type { LiveEvent } from '@voltbay/protocol';
import type { LiveBus } from '../ports.js';

/** A subscriber that leaves more than this many events unread is dropped; its page reconnects and reads the state anew. */
const MAX_UNREAD = 1_000;

export interface LiveBusControl extends LiveBus {
  /** Nobody listens: events need not even be made. */
  readonly idle: boolean;
  /** Ends every subscription. */
  close(): void;
  stats(): { subscribers: number; published: number; dropped: number };
}

/** Events to every live page that this process serves. */
export function createLiveBus(options: { maxUnread?: number } = {}): LiveBusControl {
  const maxUnread = options.maxUnread ?? MAX_UNREAD;
  type Subscriber = { offer(event: LiveEvent): void; end(): void };
  const subscribers = new Set<Subscriber>();
  const counts = { published: 0, dropped: 0 };

  async function* subscribe(
    filter: (event: LiveEvent) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<LiveEvent> {
    const unread: LiveEvent[] = [];
    let ended = signal.aborted;
    let wake: () => void = () => undefined;
    const subscriber: Subscriber = {
      offer(event) {
        if (ended || !filter(event)) return;
        if (unread.length >= maxUnread) {
          counts.dropped++;
          subscriber.end();
          return;
        }
        unread.push(event);
        wake();
      },
      end() {
        ended = true;
        subscribers.delete(subscriber);
        wake();
      },
    };
    const onAbort = () => subscriber.end();
    signal.addEventListener('abort', onAbort);
    subscribers.add(subscriber);
    try {
      while (!ended) {
        const event = unread.shift();
        if (event) yield event;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      subscribers.delete(subscriber);
    }
  }

  return {
    get idle() {
      return subscribers.size === 0;
    },
    publish(event) {
      counts.published++;
      for (const subscriber of [...subscribers]) subscriber.offer(event);
    },
    subscribe(filter, signal) {
      const events = subscribe(filter, signal);
      // The subscription counts from this call, not from the first read.
      const first = events.next();
      let primed = true;
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            if (!primed) return events.next();
            primed = false;
            return first;
          },
          return: () => {
            void first.catch(() => undefined);
            return events.return(undefined);
          },
        }),
      };
    },
    close() {
      for (const subscriber of [...subscribers]) subscriber.end();
    },
    stats: () => ({ subscribers: subscribers.size, ...counts }),
  };
}
