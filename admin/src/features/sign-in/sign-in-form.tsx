import { errorCode } from '@voltbay/protocol/client';
import { Button, Input } from 'antd';
import { type FormEvent, useId, useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import styles from './sign-in.module.css';

export function SignInForm() {
  const t = useT();
  const { auth, session, queryClient } = useServices();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const ids = { username: useId(), password: useId(), error: useId() };

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setTried(true);
    if (!username || !password) return;
    setBusy(true);
    setError(null);
    try {
      await session.accept(await auth.signIn({ username, password }));
      await queryClient.invalidateQueries();
    } catch (cause) {
      setError(t.code('error', errorCode(cause)));
      setBusy(false);
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
      <p id={ids.error} role="alert" className={styles.error}>
        {error}
      </p>
      <Button type="primary" htmlType="submit" size="large" block loading={busy}>
        {t('signIn.submit')}
      </Button>
    </form>
  );
}
