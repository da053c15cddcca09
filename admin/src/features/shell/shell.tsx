import { Link, useLocation } from '@tanstack/react-router';
import { zoneLabel } from '@voltbay/protocol/client';
import { lazy, Suspense, useEffect, useState } from 'react';
import { CloseIcon, MenuIcon, SearchIcon } from '../../components/ui/icons.js';
import { Logo } from '../../components/ui/logo.js';
import { PreferenceControls } from '../../components/ui/preference-controls.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { permits, useMe } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { permittedNav } from './navigation.js';
import styles from './shell.module.css';

const GlobalSearch = lazy(async () => ({ default: (await import('./global-search.js')).GlobalSearch }));

export function Shell(props: { children: React.ReactNode }) {
  const t = useT();
  const me = useMe();
  const { session, queryClient } = useServices();
  const location = useLocation();
  const [menuOpen, setMenuOpen] = useState(false);
  const [searching, setSearching] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setSearching(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

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

  const groups = permittedNav((permission) => permits(me.data?.permissions, permission));
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
        <button
          type="button"
          className={styles.search}
          onClick={() => setSearching(true)}
          data-testid="open-search"
        >
          <SearchIcon />
          {t('search.title')}
          <kbd>{/Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'}</kbd>
        </button>
        <nav aria-label={t('nav.main')} className={styles.nav}>
          {groups.map((group) => (
            <div key={group.label ?? 'top'} className={styles.group}>
              {group.label && <h2>{t(group.label)}</h2>}
              {group.items.map(({ to, label, icon: Icon }) => (
                <Link
                  key={to}
                  to={to}
                  search={{}}
                  className={styles.link}
                  activeOptions={{ exact: to === '/', includeSearch: false }}
                >
                  <Icon />
                  {t(label)}
                </Link>
              ))}
            </div>
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
      {searching && (
        <Suspense fallback={null}>
          <GlobalSearch onClose={() => setSearching(false)} />
        </Suspense>
      )}
      <main id="content" className={styles.main} tabIndex={-1}>
        {props.children}
      </main>
    </div>
  );
}
