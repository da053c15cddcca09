/**
 * Reads that many callers ask for at the same time, asked of the store once. Whoever comes while one is under way waits for the next, which
 * begins after all who wait for it have come: nobody is shown what was true before the own request, so that a caller reads what was just
 * written. At most one read under way and one waiting for each key, and nothing is kept.
 */
export interface SharedReads {
  read<T>(key: string, work: () => Promise<T>): Promise<T>;
}

type Flight = { current: Promise<unknown>; next: Promise<unknown> | null };

export function createSharedReads(): SharedReads {
  const flights = new Map<string, Flight>();

  function begin(key: string, work: () => Promise<unknown>): Promise<unknown> {
    const current = work();
    const flight: Flight = { current, next: null };
    flights.set(key, flight);
    const over = () => {
      // The next one takes the place itself.
      if (!flight.next) flights.delete(key);
    };
    current.then(over, over);
    return current;
  }

  return {
    read<T>(key: string, work: () => Promise<T>) {
      const flight = flights.get(key);
      if (!flight) return begin(key, work) as Promise<T>;
      const start = () => begin(key, work);
      flight.next ??= flight.current.then(start, start);
      return flight.next as Promise<T>;
    },
  };
}
