import { Link, useRouter } from '@tanstack/react-router';
import { ErrorPanel } from '../../components/ui/states.js';
import { useT } from '../../lib/i18n/create-i18n.js';

export function NotFoundPage() {
  const t = useT();
  return (
    <div style={{ padding: '64px 0', textAlign: 'center' }} data-testid="not-found">
      <h1 style={{ fontSize: 18 }}>{t('state.notFound')}</h1>
      <p style={{ marginTop: 12 }}>
        <Link to="/stations" search={{}}>
          {t('nav.stations')}
        </Link>
      </p>
    </div>
  );
}

/** What is there is for others. */
export function NotPermittedPage() {
  const t = useT();
  return (
    <div style={{ padding: '64px 0', textAlign: 'center' }} role="alert" data-testid="not-permitted">
      <h1 style={{ fontSize: 18 }}>{t('error.FORBIDDEN')}</h1>
      <p style={{ marginTop: 12 }}>
        <Link to="/">{t('nav.home')}</Link>
      </p>
    </div>
  );
}

/** A fault of the page itself; the shell around it keeps working. */
export function CrashPage(props: { error: unknown }) {
  const t = useT();
  const router = useRouter();
  return (
    <ErrorPanel title={t('state.crashed')} error={props.error} onRetry={() => void router.invalidate()} />
  );
}
