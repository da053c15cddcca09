import type { QueryClient } from '@tanstack/react-query';
import type { LiveConnect, Session } from '@voltbay/protocol/client';
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { AuthApi } from './api/auth-api.js';
import type { HubApi } from './api/hub-api.js';
import type { LiveFilter } from './live/connect-events.js';

/** What pages need from the outside, built once in `main.tsx`; tests give their own. */
export type Services = {
  session: Session;
  auth: AuthApi;
  hub: HubApi;
  connectEvents: (filter: LiveFilter) => LiveConnect;
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
  return useSyncExternalStore(session.subscribe, session.phase);
}
