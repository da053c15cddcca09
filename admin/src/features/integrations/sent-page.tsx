import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { INTEGRATION_TABS } from '../../routes/sections.js';

type Sent = RowOf<'listNotificationLog'>;
const CATEGORIES = ['order', 'payment', 'reservation', 'alarm'] as const;

/** What riders were told, by which way, and whether it arrived. */
export function SentPage() {
  const t = useT();
  const { hub } = useServices();
  const fields = useFields<Sent>();
  const ways = (row: Sent): string =>
    row.channels
      .map(({ channel, state }) => `${t(`channel.${channel}`)} ${t(`channel.state.${state}`)}`)
      .join(', ');
  return (
    <RecordList<Sent, QueryOf<'listNotificationLog'>>
      title={t('system.sent')}
      name="notifications"
      route="/integrations/sent"
      tabs={<SectionTabs name="nav.integrations" tabs={INTEGRATION_TABS} />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/notification-log', { params: { query }, signal }))
      }
      filters={[
        {
          field: 'category',
          label: t('template.category'),
          options: CATEGORIES.map((value) => ({ value, label: t(`notification.${value}`) })),
        },
        { field: 'owner', label: t('order.user') },
        { field: 'createdAt', label: t('field.created'), days: true },
      ]}
      fields={[
        fields.text('title', t('template.title'), (row) => row.title),
        fields.state(
          'category',
          t('template.category'),
          (row) => t(`notification.${row.category}`),
          (row) => (row.urgent ? 'charging' : 'off'),
        ),
        fields.text('body', t('template.body'), (row) => row.body),
        fields.code('owner', t('order.user'), (row) => row.owner),
        fields.text('channels', t('template.channels'), ways),
        fields.time('readAt', t('template.read'), (row) => row.readAt),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
    />
  );
}
