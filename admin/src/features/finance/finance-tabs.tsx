import { Link } from '@tanstack/react-router';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import styles from './finance.module.css';

const TABS = [
  { to: '/finance', label: 'finance.overview', permission: 'finance:manage' },
  { to: '/finance/payments', label: 'finance.payments', permission: 'payments:read' },
  { to: '/finance/refunds', label: 'finance.refunds', permission: 'payments:read' },
  { to: '/finance/ledger', label: 'finance.ledger', permission: 'finance:read' },
] as const;

export function FinanceTabs() {
  const t = useT();
  const may = usePermits();
  return (
    <nav className={styles.tabs} aria-label={t('nav.finance')}>
      {TABS.filter(({ permission }) => may(permission)).map(({ to, label }) => (
        <Link
          key={to}
          to={to}
          search={{}}
          className={styles.tab}
          activeOptions={{ exact: to === '/finance', includeSearch: false }}
        >
          {t(label)}
        </Link>
      ))}
    </nav>
  );
}
