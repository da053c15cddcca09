import { errorCode } from '@voltbay/protocol/client';
import { useState } from 'react';
import { View } from 'react-native';
import { Button, HelperText, TextInput } from 'react-native-paper';
import { tellLanguage } from '../../lib/account/tell-language.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { useNow } from '../ui/age-text.js';
import { Card } from '../ui/screen.js';
import { Notice } from '../ui/states.js';
import { Txt } from '../ui/txt.js';

const PHONE = /^\+?[0-9]{6,15}$/;
const CODE = /^[0-9]{4,8}$/;
const RESEND_AFTER_MS = 60_000;

/** Phone, then the one-time code. */
export function SignInForm(props: { expired: boolean }) {
  const t = useT();
  const { language } = usePreferences();
  const { api, session, queryClient } = useServices();
  const now = useNow();
  const [phone, setPhone] = useState('');
  const [code, setCode] = useState('');
  const [sentAt, setSentAt] = useState<number | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const number = phone.replace(/[\s-]/g, '');
  const waitS = sentAt === null ? 0 : Math.ceil((sentAt + RESEND_AFTER_MS - now) / 1_000);

  async function attempt(work: () => Promise<void>): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (cause) {
      setError(t.code('error', errorCode(cause), 'error.UNEXPECTED'));
    } finally {
      setBusy(false);
    }
  }

  function sendCode(): void {
    if (!PHONE.test(number)) {
      setError(t('signIn.badPhone'));
      return;
    }
    void attempt(async () => {
      await api.requestCode(number);
      setSentAt(Date.now());
    });
  }

  const signIn = (): Promise<void> =>
    attempt(async () => {
      await session.accept(await api.signIn(number, code));
      void tellLanguage(api, language);
      await queryClient.invalidateQueries();
    });

  return (
    <>
      {props.expired && <Notice tone="charging" icon="alert" title={t('signIn.expired')} />}
      <View style={{ gap: 4, paddingTop: 28 }}>
        <Txt variant="title" role="heading" aria-level={1}>
          {t('signIn.title')}
        </Txt>
        <Txt tone="text2">{t('signIn.text')}</Txt>
      </View>
      <Card>
        <TextInput
          mode="outlined"
          label={t('signIn.phone')}
          value={phone}
          onChangeText={setPhone}
          keyboardType="phone-pad"
          autoComplete="tel"
          editable={sentAt === null}
          testID="phone"
          onSubmitEditing={sendCode}
        />
        {sentAt !== null && (
          <>
            <Txt variant="small" tone="text2">
              {t('signIn.sent', { phone: number })}
            </Txt>
            <TextInput
              mode="outlined"
              label={t('signIn.code')}
              value={code}
              onChangeText={setCode}
              keyboardType="number-pad"
              autoComplete="one-time-code"
              autoFocus
              maxLength={8}
              testID="otp"
              onSubmitEditing={() => void signIn()}
            />
          </>
        )}
        {error !== null && (
          <HelperText type="error" visible padding="none" role="alert">
            {error}
          </HelperText>
        )}
        {sentAt === null ? (
          <Button
            mode="contained"
            contentStyle={{ height: 46 }}
            loading={busy}
            disabled={busy}
            onPress={sendCode}
            testID="send-code"
          >
            {t('signIn.sendCode')}
          </Button>
        ) : (
          <>
            <Button
              mode="contained"
              contentStyle={{ height: 46 }}
              loading={busy}
              disabled={busy || !CODE.test(code)}
              onPress={() => void signIn()}
              testID="sign-in"
            >
              {t('signIn.submit')}
            </Button>
            <View style={{ flexDirection: 'row', justifyContent: 'space-between' }}>
              <Button compact onPress={() => setSentAt(null)}>
                {t('signIn.changePhone')}
              </Button>
              <Button compact disabled={waitS > 0 || busy} onPress={sendCode}>
                {waitS > 0 ? t('signIn.resend', { seconds: waitS }) : t('signIn.sendCode')}
              </Button>
            </View>
          </>
        )}
      </Card>
    </>
  );
}
