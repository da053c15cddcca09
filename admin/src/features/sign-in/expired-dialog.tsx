import { Modal } from 'antd';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { SignInForm } from './sign-in-form.js';

/** Over the page that was open; signing in again closes it and the page goes on. */
export function ExpiredDialog() {
  const t = useT();
  const { session } = useServices();
  return (
    <Modal
      open
      title={t('signIn.expired.title')}
      footer={null}
      mask={{ closable: false }}
      onCancel={() => void session.signOut()}
      width={380}
    >
      <p>{t('signIn.expired.text')}</p>
      <SignInForm />
    </Modal>
  );
}
