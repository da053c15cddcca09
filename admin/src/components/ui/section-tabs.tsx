import { Link } from '@tanstack/react-router';
import { type MessageKey, useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import type { ListRoute, PlainRoute } from '../../routes/paths.js';
import styles from './section-tabs.module.css';

export type SectionTab = { to: ListRoute | PlainRoute; label: MessageKey; permission: string };

/** Pages of one module, those that the person may open. */
export function SectionTabs(props: { name: MessageKey; tabs: readonly SectionTab[] }) {
  const t = useT();
  const may = usePermits();
  return (
    <nav className={styles.tabs} aria-label={t(props.name)}>
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
