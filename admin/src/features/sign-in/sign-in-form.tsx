import { ApiError, errorCode } from '@voltbay/protocol/client';
import { Button, Input } from 'antd';
import { type FormEvent, useId, useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import styles from './sign-in.module.css';

const TOTP_DIGITS = 6;

/** The hub says that this account signs in with a code as well. */
const asksForTotp = (cause: unknown): boolean =>
  cause instanceof ApiError && (cause.problem.errors ?? []).some(({ path }) => path === 'body.totp');

export function SignInForm() {
  const t = useT();
  const { auth, session, queryClient } = useServices();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [totp, setTotp] = useState('');
  const [withTotp, setWithTotp] = useState(false);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const ids = { username: useId(), password: useId(), totp: useId(), error: useId() };

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setTried(true);
    if (!username || !password || (withTotp && totp.length < TOTP_DIGITS)) return;
    setBusy(true);
    setError(null);
    try {
      await session.accept(await auth.signIn({ username, password, ...(withTotp ? { totp } : {}) }));
      await queryClient.invalidateQueries();
    } catch (cause) {
      setBusy(false);
      if (asksForTotp(cause)) {
        setWithTotp(true);
        setError(withTotp ? t('signIn.totp.wrong') : t('signIn.totp.needed'));
      } else {
        setError(
          withTotp && errorCode(cause) === 'BAD_CREDENTIALS'
            ? t('signIn.totp.wrong')
            : t.code('error', errorCode(cause)),
        );
      }
      setTotp('');
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className={styles.form} noValidate>
      <label htmlFor={ids.username}>{t('signIn.username')}</label>
      <Input
        id={ids.username}
        size="large"
        autoComplete="username"
        autoFocus
        value={username}
        status={tried && !username ? 'error' : ''}
        placeholder={tried && !username ? t('signIn.required') : ''}
        onChange={(event) => setUsername(event.target.value)}
      />
      <label htmlFor={ids.password}>{t('signIn.password')}</label>
      <Input.Password
        id={ids.password}
        size="large"
        autoComplete="current-password"
        value={password}
        status={tried && !password ? 'error' : ''}
        placeholder={tried && !password ? t('signIn.required') : ''}
        aria-describedby={ids.error}
        onChange={(event) => setPassword(event.target.value)}
      />
      {withTotp && (
        <>
          <label htmlFor={ids.totp}>{t('signIn.totp')}</label>
          <Input
            id={ids.totp}
            size="large"
            autoComplete="one-time-code"
            inputMode="numeric"
            autoFocus
            maxLength={TOTP_DIGITS}
            value={totp}
            status={tried && totp.length < TOTP_DIGITS ? 'error' : ''}
            placeholder={t('signIn.totp.hint')}
            onChange={(event) => setTotp(event.target.value.replace(/\D/g, ''))}
          />
        </>
      )}
      <p id={ids.error} role="alert" className={styles.error}>
        {error}
      </p>
      <Button type="primary" htmlType="submit" size="large" block loading={busy}>
        {t('signIn.submit')}
      </Button>
    </form>
  );
}
