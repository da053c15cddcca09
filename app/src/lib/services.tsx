import type { QueryClient } from '@tanstack/react-query';
import type { LiveConnect, Session } from '@voltbay/protocol/client';
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { RiderApi } from './api/rider-api.js';
import type { Locate } from './location/locate.js';
import type { PassStore } from './passes/pass-store.js';
import type { OpenPayment } from './payments/open-payment.js';
import type { PushPort } from './push/push-types.js';
import type { Kept, QueryKeeper } from './storage/query-keeper.js';
import type { SaveText } from './storage/save-text-types.js';

/** What screens need from the outside, built once; tests give their own. */
export type Services = {
  session: Session;
  api: RiderApi;
  connectOrder: (orderId: string) => LiveConnect;
  locate: Locate;
  /** Short secrets: the phone's keychain. */
  keptText: Kept;
  /** Long texts that are no secrets. */
  keptFiles: Kept;
  queryKeeper: QueryKeeper;
  push: PushPort;
  openPayment: OpenPayment;
  /** Hands a text to the rider as a file of their own; false when the device cannot. */
  saveText: SaveText;
  passes: PassStore;
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
