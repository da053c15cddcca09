import type { User } from '@voltbay/protocol/api';
import { useState } from 'react';
import { Button, TextInput } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { Page } from '../../components/ui/page.js';
import { Card, Row } from '../../components/ui/screen.js';
import { Known } from '../../components/ui/stale-note.js';
import { maskPhone } from '../../lib/account/mask-phone.js';
import { useAccount } from '../../lib/account/use-account.js';
import { useAction } from '../../lib/actions/use-action.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

export function ProfileScreen() {
  const t = useT();
  const { user } = useAccount();
  return (
    <Page title={t('me.profile')}>
      <Known query={user}>{(known) => <Profile key={known.version} user={known} />}</Known>
    </Page>
  );
}

function Profile(props: { user: User }) {
  const t = useT();
  const { api } = useServices();
  const { language } = usePreferences();
  const { user } = props;
  const [name, setName] = useState(user.name);
  const save = useAction(
    (_key, change: { name: string; locale: 'zh-CN' | 'en' }) => api.updateUser(user, change),
    {
      refresh: ['account'],
    },
  );
  const changed = name.trim() !== user.name || language !== user.locale;
  return (
    <>
      <Card>
        <TextInput
          mode="outlined"
          label={t('profile.name')}
          value={name}
          onChangeText={setName}
          maxLength={64}
          testID="profile-name"
        />
        <Row name={t('signIn.phone')}>{user.phone === undefined ? '–' : maskPhone(user.phone)}</Row>
        <Row name={t('profile.realName')} last>
          {t(`profile.realName.${user.realName}`)}
        </Row>
      </Card>
      <ActionError error={save.error} />
      <Button
        mode="contained"
        disabled={!changed || name.trim() === '' || save.busy}
        loading={save.busy}
        onPress={() => save.run({ name: name.trim(), locale: language })}
        testID="profile-save"
      >
        {t('action.save')}
      </Button>
    </>
  );
}
