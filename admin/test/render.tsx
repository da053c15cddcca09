import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import type { Station } from '@voltbay/protocol/api';
import { createSession, type LiveConnect, type Session } from '@voltbay/protocol/client';
import { I18nextProvider } from 'react-i18next';
import { Themed } from '../src/console-app.js';
import type { HubApi } from '../src/lib/api/hub-api.js';
import { createI18n } from '../src/lib/i18n/create-i18n.js';
import { PreferencesProvider } from '../src/lib/preferences.js';
import { type Services, ServicesProvider } from '../src/lib/services.js';

export const AT = '2026-11-22T08:00:00.000Z';

export function aSession(): Session {
  let kept: string | null = null;
  return createSession({
    now: () => Date.parse(AT),
    storage: {
      read: async () => kept,
      write: async (value) => {
        kept = value;
      },
    },
    refresh: async () => ({ ok: false, why: 'unreachable' }),
  });
}

/** Fails loudly when a page asks for what the test did not expect. */
export function aHub(answers: Partial<HubApi>): HubApi {
  return new Proxy(answers as HubApi, {
    get: (target, name) =>
      Reflect.get(target, name) ?? (() => Promise.reject(new Error(`unexpected call: ${String(name)}`))),
  });
}

export function someServices(patch: Partial<Services> = {}): Services {
  const idle: LiveConnect = () => ({ done: new Promise(() => {}), close: () => {} });
  return {
    session: aSession(),
    auth: {
      signIn: () => Promise.reject(new Error('not expected')),
      refresh: async () => ({ ok: false, why: 'unreachable' }),
    },
    hub: aHub({}),
    connectEvents: () => idle,
    queryClient: new QueryClient({ defaultOptions: { queries: { retry: false } } }),
    ...patch,
  };
}

/** Renders inside all providers; `element` stands where a page would. English, so that texts read well in tests. */
export function renderPage(element: React.ReactNode, services = someServices()) {
  localStorage.setItem('voltbay.language', 'en');
  const i18n = createI18n('en');
  const router = createRouter({
    routeTree: createRootRoute({ component: () => element }),
    history: createMemoryHistory({ initialEntries: ['/'] }),
  });
  return {
    services,
    ...render(
      <ServicesProvider value={services}>
        <QueryClientProvider client={services.queryClient}>
          <I18nextProvider i18n={i18n}>
            <PreferencesProvider onLanguage={(language) => void i18n.changeLanguage(language)}>
              <Themed>
                <RouterProvider router={router as never} />
              </Themed>
            </PreferencesProvider>
          </I18nextProvider>
        </QueryClientProvider>
      </ServicesProvider>,
    ),
  };
}

export function aStation(patch: Partial<Station> = {}): Station {
  return {
    id: '1231',
    tenantId: 'demo',
    version: 1,
    createdAt: AT,
    updatedAt: AT,
    name: 'Demo Station',
    device: '1231',
    lifecycle: 'live',
    topics: 'own',
    location: null,
    timeZone: 'Asia/Shanghai',
    openingHours: null,
    online: true,
    lastSeenAt: AT,
    epoch: 1,
    info: null,
    slots: [
      {
        slot: 1,
        door: 'closed',
        lock: 'locked',
        occupied: true,
        use: 'ready',
        tag: 'VB-A-0101',
        reading: { socPct: 96 },
      },
      { slot: 2, door: 'open', lock: 'unlocked', occupied: false, use: 'empty' },
      {
        slot: 3,
        occupied: true,
        use: 'charging',
        charging: true,
        reading: { socPct: 40, alarms: ['cell_fault'] },
      },
    ],
    ready: { A: 1 },
    emptySlots: 1,
    regionId: null,
    ...patch,
  };
}
