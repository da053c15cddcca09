import type { QueryClient } from '@tanstack/react-query';
import type { LiveConnect, Session } from '@voltbay/protocol/client';
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { RiderApi } from './api/rider-api.js';
import type { Locate } from './location/locate.js';

/** What screens need from the outside, built once; tests give their own. */
export type Services = {
  session: Session;
  api: RiderApi;
  connectOrder: (orderId: string) => LiveConnect;
  locate: Locate;
  keptText: {
    read(key: string): Promise<string | null>;
    write(key: string, value: string | null): Promise<void>;
  };
  newKey: () => string;
  queryClient: QueryClient;
};

const ServicesContext = createContext<Services | null>(null);
export const ServicesProvider = ServicesContext.Provider;

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error('useServices outside of ServicesProvider');
  return services;
}

export function useSessionPhase() {
  const { session } = useServices();
  return useSyncExternalStore(session.subscribe, session.phase, session.phase);
}
