import { Logo } from '../../components/ui/logo.js';
import { PreferenceControls } from '../../components/ui/preference-controls.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import styles from './sign-in.module.css';
import { SignInForm } from './sign-in-form.js';

export function SignInPage() {
  const t = useT();
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Logo />
        <h1 className={styles.title}>{t('signIn.title')}</h1>
        <SignInForm />
      </div>
      <div className={styles.preferences}>
        <PreferenceControls />
      </div>
    </main>
  );
}
