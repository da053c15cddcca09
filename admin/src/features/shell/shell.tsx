import { Link, useLocation } from '@tanstack/react-router';
import { zoneLabel } from '@voltbay/protocol/client';
import { useEffect, useState } from 'react';
import { BatteryIcon, CloseIcon, MenuIcon, OrderIcon, StationIcon } from '../../components/ui/icons.js';
import { Logo } from '../../components/ui/logo.js';
import { PreferenceControls } from '../../components/ui/preference-controls.js';
import { type MessageKey, useT } from '../../lib/i18n/create-i18n.js';
import { permits, useMe } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import styles from './shell.module.css';

type NavItem = {
  to: '/stations' | '/orders' | '/batteries';
  label: MessageKey;
  permission: string;
  icon: () => React.ReactNode;
};

const NAV: readonly NavItem[] = [
  { to: '/stations', label: 'nav.stations', permission: 'stations:read', icon: StationIcon },
  { to: '/orders', label: 'nav.orders', permission: 'orders:read', icon: OrderIcon },
  { to: '/batteries', label: 'nav.batteries', permission: 'batteries:read', icon: BatteryIcon },
];

export function Shell(props: { children: React.ReactNode }) {
  const t = useT();
  const me = useMe();
  const { session, queryClient } = useServices();
  const location = useLocation();
  const [menuOpen, setMenuOpen] = useState(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes whenever the page changes
  useEffect(() => setMenuOpen(false), [location.pathname]);
  useEffect(() => {
    if (!menuOpen) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') setMenuOpen(false);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [menuOpen]);

  const items = NAV.filter((item) => permits(me.data?.permissions, item.permission));
  const zone = `${Intl.DateTimeFormat().resolvedOptions().timeZone} (${zoneLabel(undefined, new Date())})`;

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        {t('nav.skip')}
      </a>
      <header className={styles.topbar}>
        <button
          type="button"
          className={styles.menuButton}
          aria-label={t('nav.open')}
          aria-expanded={menuOpen}
          onClick={() => setMenuOpen(true)}
        >
          <MenuIcon />
        </button>
        <Logo />
      </header>
      {menuOpen && (
        <button
          type="button"
          className={styles.scrim}
          aria-label={t('action.close')}
          onClick={() => setMenuOpen(false)}
        />
      )}
      <aside className={styles.side} data-open={menuOpen}>
        <div className={styles.brand}>
          <Logo />
          <span className={styles.console}>{t('app.console')}</span>
          <button
            type="button"
            className={styles.closeButton}
            aria-label={t('action.close')}
            onClick={() => setMenuOpen(false)}
          >
            <CloseIcon />
          </button>
        </div>
        <nav aria-label={t('nav.main')} className={styles.nav}>
          {items.map(({ to, label, icon: Icon }) => (
            <Link
              key={to}
              to={to}
              search={{}}
              className={styles.link}
              activeOptions={{ includeSearch: false }}
            >
              <Icon />
              {t(label)}
            </Link>
          ))}
        </nav>
        <div className={styles.foot}>
          <PreferenceControls />
          <p className={styles.zone}>{t('settings.timeZone', { zone })}</p>
          <section className={styles.account} aria-label={t('settings.account')}>
            <span className={styles.avatar} aria-hidden="true">
              {(me.data?.name ?? me.data?.sub ?? '·').slice(0, 1).toUpperCase()}
            </span>
            <span className={styles.who}>
              <b>{me.data?.name ?? me.data?.sub ?? '…'}</b>
              <span>{me.data?.roles.join(', ')}</span>
            </span>
            <button
              type="button"
              className={styles.signOut}
              onClick={() => {
                void session.signOut();
                queryClient.clear();
              }}
            >
              {t('signIn.signOut')}
            </button>
          </section>
        </div>
      </aside>
      <main id="content" className={styles.main} tabIndex={-1}>
        {props.children}
      </main>
    </div>
  );
}
