import { Link, useLocation } from '@tanstack/react-router';
import { useLayoutEffect, useRef } from 'react';
import { type MessageKey, useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import type { ListRoute, PlainRoute } from '../../routes/paths.js';
import styles from './section-tabs.module.css';

export type SectionTab = { to: ListRoute | PlainRoute; label: MessageKey; permission: string };

/** A row of tabs that is wider than a narrow screen shows the tab of the page. */
export function useTabInSight() {
  const { pathname } = useLocation();
  const row = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page has another tab
  useLayoutEffect(() => {
    const tab = row.current?.querySelector<HTMLElement>('.active');
    if (row.current && tab)
      row.current.scrollLeft = tab.offsetLeft - (row.current.clientWidth - tab.offsetWidth) / 2;
  }, [pathname]);
  return row;
}

/** Pages of one module, those that the person may open. */
export function SectionTabs(props: { name: MessageKey; tabs: readonly SectionTab[] }) {
  const t = useT();
  const may = usePermits();
  const row = useTabInSight();
  return (
    <nav ref={row} className={styles.tabs} aria-label={t(props.name)}>
      {props.tabs
        .filter(({ permission }) => may(permission))
        .map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            search={{}}
            className={styles.tab}
            activeOptions={{ exact: props.tabs[0]?.to === to, includeSearch: false }}
          >
            {t(label)}
          </Link>
        ))}
    </nav>
  );
}
