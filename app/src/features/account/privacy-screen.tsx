import { ApiError } from '@voltbay/protocol/client';
import { useState } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { ConfirmButton } from '../../components/ui/confirm-button.js';
import { Page } from '../../components/ui/page.js';
import { Card } from '../../components/ui/screen.js';
import { Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useSignOut } from '../../lib/account/use-sign-out.js';
import { useAction } from '../../lib/actions/use-action.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';

const FILE_NAME = 'voltbay-my-data.json';

export function PrivacyScreen() {
  const t = useT();
  return (
    <Page title={t('privacy.title')}>
      <Card>
        <Txt variant="heading">{t('privacy.kept')}</Txt>
        <Txt tone="text2">{t('privacy.keptText')}</Txt>
        <Txt tone="text2">{t('privacy.deviceText')}</Txt>
      </Card>
      <Export />
      <CloseAccount />
    </Page>
  );
}

function Export() {
  const t = useT();
  const { api, saveText } = useServices();
  const [saved, setSaved] = useState(false);
  const take = useAction(async () => saveText(FILE_NAME, JSON.stringify(await api.myData(), null, 2)), {
    onDone: setSaved,
  });
  return (
    <Card>
      <Txt variant="heading">{t('privacy.export')}</Txt>
      <Txt tone="text2">{t('privacy.exportText')}</Txt>
      <ActionError error={take.error} />
      {saved && <Notice tone="ready" icon="check" title={t('privacy.exported')} />}
      <Button
        mode="outlined"
        loading={take.busy}
        disabled={take.busy}
        onPress={() => take.run()}
        testID="export-data"
      >
        {t('privacy.export')}
      </Button>
    </Card>
  );
}

/** What stands in the way, by code; empty when it was something else. */
const obstaclesIn = (error: unknown): string[] =>
  error instanceof ApiError && error.status === 409
    ? (error.problem.errors ?? []).map(({ path }) => path)
    : [];

function CloseAccount() {
  const t = useT();
  const { api } = useServices();
  const signOut = useSignOut();
  const close = useAction(() => api.closeAccount(), { onDone: () => void signOut() });
  const obstacles = obstaclesIn(close.error);
  return (
    <Card>
      <Txt variant="heading">{t('privacy.close')}</Txt>
      <Txt tone="text2">{t('privacy.closeText')}</Txt>
      {obstacles.length > 0 ? (
        <View testID="obstacles">
          <Notice
            tone="charging"
            icon="alert"
            title={t('privacy.notYet')}
            text={obstacles.map((code) => t.codeOr('privacy.obstacle', code, code)).join('\n')}
          />
        </View>
      ) : (
        <ActionError error={close.error} />
      )}
      <ConfirmButton
        label={t('privacy.close')}
        question={t('privacy.closeQuestion')}
        busy={close.busy}
        onConfirm={() => close.run()}
        testID="close-account"
      />
    </Card>
  );
}
