import { useQuery } from '@tanstack/react-query';
import { DataTable } from '../../components/ui/data-table.js';
import { Card } from '../../components/ui/page.js';
import { Dot } from '../../components/ui/tag.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';

/** Why the station chose this pack: every candidate with what spoke for or against it. Nothing where the hub has no record. */
export function PackChoice(props: { orderId: string }) {
  const t = useT();
  const { hub } = useServices();
  const { data } = useQuery({
    queryKey: ['pack-choice', props.orderId],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/orders/{id}/pack-choice', {
          params: { path: { id: props.orderId } },
          signal,
        }),
      ),
    retry: false,
  });
  if (!data) return null;
  return (
    <Card
      title={t('choice.title')}
      flush
      extra={data.agrees === false && <Dot tone="charging">{t('choice.other')}</Dot>}
    >
      <DataTable
        rows={data.ranked.map((row) => ({ ...row, id: String(row.slot) }))}
        columns={[
          {
            title: t('reading.slot'),
            cell: (row) => (
              <>
                {row.slot}
                {row.slot === data.chosen?.slot && <b> · {t('choice.chosen')}</b>}
              </>
            ),
          },
          { title: t('slot.pack'), cell: (row) => <span className="mono">{row.serial ?? '–'}</span> },
          {
            title: t('choice.reasons'),
            cell: (row) => (
              <Dot tone={row.ok ? 'ready' : 'off'}>
                {row.reasons.map((reason) => t(`choice.reason.${reason}`)).join(' · ')}
              </Dot>
            ),
          },
          { title: t('choice.score'), right: true, cell: (row) => row.score ?? '–' },
        ]}
      />
    </Card>
  );
}
