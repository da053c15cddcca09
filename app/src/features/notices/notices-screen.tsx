import { useQuery } from '@tanstack/react-query';
import { formatTime } from '@voltbay/protocol/client';
import { useRouter } from 'expo-router';
import { Pressable, View } from 'react-native';
import { Button } from 'react-native-paper';
import { Page } from '../../components/ui/page.js';
import { Card } from '../../components/ui/screen.js';
import { Known } from '../../components/ui/stale-note.js';
import { Empty } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { Notice } from '../../lib/api/account-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { messageTarget } from '../../lib/links/message-target.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { NoticePreferencesCard } from './notice-preferences.js';

const SHOWN = 50;

export function NoticesScreen() {
  const t = useT();
  const { api } = useServices();
  const notices = useQuery({ queryKey: ['notices'], queryFn: () => api.notices(SHOWN) });
  const readAll = useAction(() => api.readAllNotices(), { refresh: ['notices'] });
  return (
    <Page title={t('notices.title')}>
      <Known query={notices}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon="bell">{t('notices.none')}</Empty>
          ) : (
            <>
              {list.some((notice) => notice.unread) && (
                <Button
                  compact
                  style={{ alignSelf: 'flex-end' }}
                  disabled={readAll.busy}
                  onPress={() => readAll.run()}
                  testID="read-all"
                >
                  {t('notices.readAll')}
                </Button>
              )}
              <Card style={{ gap: 0, paddingVertical: 4 }} role="list">
                {list.map((notice, index) => (
                  <NoticeRow key={notice.id} notice={notice} first={index === 0} />
                ))}
              </Card>
            </>
          )
        }
      </Known>
      <NoticePreferencesCard />
    </Page>
  );
}

function NoticeRow(props: { notice: Notice; first: boolean }) {
  const palette = usePalette();
  const router = useRouter();
  const { language } = usePreferences();
  const { api } = useServices();
  const { notice } = props;
  const read = useAction((_key, id: string) => api.readNotice(id), { refresh: ['notices'] });
  const target = messageTarget({
    orderId: notice.data.orderId ?? null,
    stationId: notice.data.stationId ?? null,
  });
  return (
    <Pressable
      role={target === null ? 'button' : 'link'}
      onPress={() => {
        if (notice.unread) read.run(notice.id);
        if (target !== null) router.push(target);
      }}
      style={{
        flexDirection: 'row',
        gap: 10,
        paddingVertical: 10,
        minHeight: 60,
        borderTopWidth: props.first ? 0 : 1,
        borderTopColor: palette.line,
      }}
    >
      <View
        style={{
          width: 8,
          height: 8,
          borderRadius: 4,
          marginTop: 7,
          backgroundColor: notice.unread ? palette.tone.fault.solid : 'transparent',
        }}
      />
      <View style={{ flex: 1, gap: 2 }}>
        <Txt variant={notice.unread ? 'strong' : 'body'}>{notice.title}</Txt>
        <Txt variant="small" tone="text2">
          {notice.body}
        </Txt>
        <Txt variant="small" tone="text3">
          {formatTime(notice.createdAt, language)}
        </Txt>
      </View>
    </Pressable>
  );
}
