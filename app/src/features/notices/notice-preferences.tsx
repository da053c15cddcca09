import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { View } from 'react-native';
import { Button, Switch } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { Card } from '../../components/ui/screen.js';
import { Known } from '../../components/ui/stale-note.js';
import { Txt } from '../../components/ui/txt.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { NoticePreferences } from '../../lib/api/account-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { isRegistered, registerDevice } from '../../lib/push/register-device.js';
import { useServices } from '../../lib/services.js';

const CHANNELS = ['in-app', 'push', 'sms'] as const;
/** The others are for operators. */
const FOR_RIDERS: ReadonlySet<string> = new Set(['order', 'payment', 'reservation', 'plan', 'pack']);
const DEFAULT_QUIET = { from: '22:00', to: '07:00' } as const;

/** What the rider wants to be told, and how; urgent messages ignore quiet hours. */
export function NoticePreferencesCard() {
  const t = useT();
  const { api } = useServices();
  const preferences = useQuery({ queryKey: ['notice-preferences'], queryFn: () => api.noticePreferences() });
  return (
    <Card>
      <Txt variant="heading">{t('notices.preferences')}</Txt>
      <PushSwitch />
      <Known query={preferences}>{(known) => <Channels preferences={known} />}</Known>
    </Card>
  );
}

function PushSwitch() {
  const t = useT();
  const { api, keptText, push } = useServices();
  const [on, setOn] = useState(false);
  const register = useAction(() => registerDevice({ push, api, kept: keptText }), { onDone: setOn });
  useEffect(() => {
    void isRegistered(keptText).then(setOn);
  }, [keptText]);
  if (!push.supported)
    return (
      <Txt variant="small" tone="text3">
        {t('notices.noPush')}
      </Txt>
    );
  return (
    <>
      <ActionError error={register.error} />
      {on ? (
        <Txt tone="text2">{t('notices.pushOn')}</Txt>
      ) : (
        <Button mode="outlined" loading={register.busy} onPress={() => register.run()}>
          {t('notices.turnOnPush')}
        </Button>
      )}
    </>
  );
}

function Channels(props: { preferences: NoticePreferences }) {
  const t = useT();
  const { api } = useServices();
  const { preferences } = props;
  const save = useAction((_key, next: NoticePreferences) => api.saveNoticePreferences(next), {
    refresh: ['notice-preferences'],
  });
  const categories = Object.entries(preferences.channels).filter(([name]) => FOR_RIDERS.has(name));
  const toggle = (category: string, channel: (typeof CHANNELS)[number], on: boolean): void => {
    const channels = Object.fromEntries(
      Object.entries(preferences.channels).map(([name, chosen]) => [
        name,
        name === category ? { ...chosen, [channel]: on } : chosen,
      ]),
    ) as NoticePreferences['channels'];
    save.run({ ...preferences, channels });
  };
  return (
    <>
      <ActionError error={save.error} />
      <View style={{ flexDirection: 'row' }}>
        <View style={{ flex: 1 }} />
        {CHANNELS.map((channel) => (
          <Txt key={channel} variant="small" tone="text3" style={{ width: 64, textAlign: 'center' }}>
            {t(`notices.channel.${channel}`)}
          </Txt>
        ))}
      </View>
      {categories.map(([category, chosen]) => (
        <View key={category} style={{ flexDirection: 'row', alignItems: 'center', minHeight: 44 }}>
          <Txt style={{ flex: 1 }}>{t.code('notices.category', category, 'notices.category.other')}</Txt>
          {CHANNELS.map((channel) => (
            <View key={channel} style={{ width: 64, alignItems: 'center' }}>
              <Switch
                value={chosen[channel]}
                disabled={save.busy}
                onValueChange={(on) => toggle(category, channel, on)}
                accessibilityLabel={[
                  t.code('notices.category', category, 'notices.category.other'),
                  t(`notices.channel.${channel}`),
                ].join(', ')}
                testID={`notice-${category}-${channel}`}
              />
            </View>
          ))}
        </View>
      ))}
      <View style={{ flexDirection: 'row', alignItems: 'center', gap: 12 }}>
        <View style={{ flex: 1 }}>
          <Txt>{t('notices.quiet')}</Txt>
          <Txt variant="small" tone="text3">
            {preferences.quietHours
              ? t('notices.quietFrom', { from: preferences.quietHours.from, to: preferences.quietHours.to })
              : t('notices.quietOff')}
          </Txt>
        </View>
        <Switch
          value={preferences.quietHours !== null}
          disabled={save.busy}
          accessibilityLabel={t('notices.quiet')}
          onValueChange={(on) =>
            save.run({
              ...preferences,
              quietHours: on
                ? { ...DEFAULT_QUIET, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone }
                : null,
            })
          }
        />
      </View>
    </>
  );
}
