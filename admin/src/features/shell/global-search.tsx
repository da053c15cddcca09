import { useQuery } from '@tanstack/react-query';
import { type LinkProps, useNavigate } from '@tanstack/react-router';
import { Input, Modal } from 'antd';
import { useEffect, useState } from 'react';
import type { HubApi } from '../../lib/api/hub-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { ALL_TABS } from '../../routes/sections.js';
import styles from './global-search.module.css';
import { permittedNav } from './navigation.js';

const PER_KIND = 5;
const PAUSE_MS = 180;

type Hit = { key: string; kind: string; title: string; detail: string; link: LinkProps };

async function find(
  hub: HubApi,
  q: string,
  may: (permission: string) => boolean,
  signal: AbortSignal,
): Promise<{ area: 'stations' | 'orders' | 'batteries' | 'users' | 'vehicles'; hit: Omit<Hit, 'kind'> }[]> {
  const wanted = { q, _limit: PER_KIND };
  // Somebody who may not read one kind still finds the others.
  const answers = await Promise.all([
    may('stations:read')
      ? hub.stations(wanted, signal).then(({ items }) =>
          items.map((one) => ({
            area: 'stations' as const,
            hit: {
              key: `station ${one.id}`,
              title: one.name,
              detail: one.id,
              link: { to: '/stations/$stationId', params: { stationId: one.id } } as LinkProps,
            },
          })),
        )
      : [],
    may('orders:read')
      ? hub.orders(wanted, signal).then(({ items }) =>
          items.map((one) => ({
            area: 'orders' as const,
            hit: {
              key: `order ${one.id}`,
              title: one.id.slice(-8),
              detail: `${one.stationId} · ${one.userId}`,
              link: { to: '/orders/$orderId', params: { orderId: one.id } } as LinkProps,
            },
          })),
        )
      : [],
    may('batteries:read')
      ? hub.batteries(wanted, signal).then(({ items }) =>
          items.map((one) => ({
            area: 'batteries' as const,
            hit: {
              key: `battery ${one.id}`,
              title: one.id,
              detail: one.packClass,
              link: { to: '/batteries/$batteryId', params: { batteryId: one.id } } as LinkProps,
            },
          })),
        )
      : [],
    may('users:read')
      ? hub.users(wanted, signal).then(({ items }) =>
          items.map((one) => ({
            area: 'users' as const,
            hit: {
              key: `user ${one.id}`,
              title: one.name,
              detail: one.id,
              link: { to: '/users/$userId', params: { userId: one.id } } as LinkProps,
            },
          })),
        )
      : [],
    may('vehicles:read')
      ? hub.vehicles(wanted, signal).then(({ items }) =>
          items.map((one) => ({
            area: 'vehicles' as const,
            hit: {
              key: `vehicle ${one.id}`,
              title: one.plate ?? one.id,
              detail: one.id,
              link: { to: '/vehicles/$vehicleId', params: { vehicleId: one.id } } as LinkProps,
            },
          })),
        )
      : [],
  ]);
  return answers.flat();
}

/** Pages of the side bar, then those behind tabs. */
function searchedPages(may: (permission: string) => boolean) {
  const inBar = permittedNav(may).flatMap(({ items }) => items);
  const behind = ALL_TABS.filter(({ permission }) => may(permission));
  return [...inBar, ...behind.filter(({ to }) => !inBar.some((item) => item.to === to))];
}

/** ⌘K / Ctrl K: pages, stations, orders, packs, users and vehicles by name or number; arrows and Enter. */
export function GlobalSearch(props: { onClose: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const { hub } = useServices();
  const may = usePermits();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const [at, setAt] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useQuery({
    queryKey: ['search', asked],
    queryFn: ({ signal }) => find(hub, asked, may, signal),
    enabled: asked.length > 0,
  });
  const word = text.trim().toLowerCase();
  const hits: Hit[] = [
    ...searchedPages(may)
      .map(({ to, label }) => ({
        key: to,
        kind: t('search.page'),
        title: t(label),
        detail: '',
        link: { to, search: {} } as LinkProps,
      }))
      .filter(({ title }) => title.toLowerCase().includes(word)),
    ...(asked ? (found.data ?? []) : []).map(({ area, hit }) => ({ ...hit, kind: t(`nav.${area}`) })),
  ];
  const chosen = Math.min(at, Math.max(0, hits.length - 1));
  const open = (hit: Hit | undefined): void => {
    if (!hit) return;
    props.onClose();
    void navigate(hit.link);
  };
  return (
    <Modal open footer={null} closable={false} width={560} onCancel={props.onClose} title={t('search.title')}>
      <Input
        autoFocus
        size="large"
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls="search-hits"
        aria-activedescendant={hits[chosen] ? `hit-${chosen}` : undefined}
        aria-label={t('search.title')}
        placeholder={t('search.hint')}
        value={text}
        data-testid="global-search"
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, hits.length - 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0));
          else if (event.key === 'Enter' && !event.nativeEvent.isComposing) open(hits[chosen]);
          else return;
          event.preventDefault();
        }}
      />
      <div className={styles.hits} id="search-hits" role="listbox" aria-label={t('search.title')}>
        {hits.map((hit, index) => (
          <button
            key={hit.key}
            type="button"
            role="option"
            id={`hit-${index}`}
            aria-selected={index === chosen}
            tabIndex={-1}
            className={styles.hit}
            onClick={() => open(hit)}
            onMouseMove={() => setAt(index)}
          >
            <b>{hit.title}</b>
            <span className="mono">{hit.detail}</span>
            <span className={styles.kind}>{hit.kind}</span>
          </button>
        ))}
      </div>
      {asked && hits.length === 0 && (
        <p className="muted" role="status">
          {t(found.isPending ? 'state.loading' : found.isError ? 'state.failed' : 'search.nothing')}
        </p>
      )}
    </Modal>
  );
}
