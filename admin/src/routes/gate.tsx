import { lazy, Suspense } from 'react';
import { Shell } from '../features/shell/shell.js';
import { useSessionPhase } from '../lib/services.js';
import { Permitted } from './permitted.js';

const SignInPage = lazy(async () => ({
  default: (await import('../features/sign-in/sign-in-page.js')).SignInPage,
}));
const ExpiredDialog = lazy(async () => ({
  default: (await import('../features/sign-in/expired-dialog.js')).ExpiredDialog,
}));

/** Signed out: the sign-in page. Expired: a dialog over the page, which stays as it is with everything typed into it. */
export function Gate(props: { children: React.ReactNode }) {
  const phase = useSessionPhase();
  if (phase === 'starting') return null;
  if (phase === 'signed-out') {
    return (
      <Suspense fallback={null}>
        <SignInPage />
      </Suspense>
    );
  }
  return (
    <>
      <Shell>
        <Permitted>{props.children}</Permitted>
      </Shell>
      {phase === 'expired' && (
        <Suspense fallback={null}>
          <ExpiredDialog />
        </Suspense>
      )}
    </>
  );
}
