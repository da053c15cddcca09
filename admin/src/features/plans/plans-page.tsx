import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import { Button, Input, InputNumber, type TableColumnsType } from 'antd';
import { useId, useState } from 'react';
import { TimeText } from '../../components/ui/age.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { ListCard } from '../../components/ui/list-card.js';
import { ListPage } from '../../components/ui/list-page.js';
import type { Plan } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery, listQuery } from '../../lib/list-search.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

const SORT = { sort: 'createdAt', order: 'desc' } as const;
const MAX_PRICE_YUAN = 100_000;

/** Versions of the prices. A version never changes: an order keeps the one it was priced by. */
export function PlansPage() {
  const t = useT();
  const { language } = usePreferences();
  const search = useSearch({ from: '/plans' });
  const { hub } = useServices();
  const may = usePermits();
  const [publishing, setPublishing] = useState(false);
  const query = useQuery({
    queryKey: ['plans', search],
    queryFn: ({ signal }) => hub.plans(listQuery(search, SORT), signal),
    placeholderData: keepPreviousData,
  });
  const columns: TableColumnsType<Plan> = [
    { key: 'id', title: t('plan.version'), render: (_, plan) => <span className="mono">{plan.id}</span> },
    { key: 'name', title: t('plan.name'), render: (_, plan) => plan.name },
    { key: 'kind', title: t('plan.kind'), render: (_, plan) => t(`plan.kind.${plan.kind}`) },
    {
      key: 'amount',
      title: t('plan.price'),
      align: 'right',
      render: (_, plan) => formatFen(plan.amountFen, language),
    },
    {
      key: 'createdAt',
      title: t('plan.published'),
      sorter: true,
      render: (_, plan) => <TimeText at={plan.createdAt} />,
    },
    { key: 'by', title: t('plan.by'), render: (_, plan) => plan.createdBy },
  ];
  return (
    <>
      <ListPage<Plan>
        title={t('nav.plans')}
        route="/plans"
        search={search}
        filters={[]}
        sorts={[]}
        columns={columns}
        query={query}
        actions={
          may('plans:write') && (
            <Button type="primary" onClick={() => setPublishing(true)} data-testid="publish-plan">
              {t('plan.publish')}
            </Button>
          )
        }
        card={(plan) => (
          <ListCard
            link={{ to: '/plans', search: {} }}
            lines={[
              [<b key="name">{plan.name}</b>, formatFen(plan.amountFen, language)],
              [plan.id, <TimeText key="at" at={plan.createdAt} />],
            ]}
          />
        )}
        export={{
          fileName: 'plans',
          read: (page, signal) => hub.plans(exportQuery(search, page, SORT), signal),
          columns: [
            { title: t('plan.version'), value: (plan) => plan.id },
            { title: t('plan.name'), value: (plan) => plan.name },
            { title: t('plan.price'), value: (plan) => (plan.amountFen / 100).toFixed(2) },
            { title: t('plan.published'), value: (plan) => plan.createdAt },
            { title: t('plan.by'), value: (plan) => plan.createdBy },
          ],
        }}
      />
      {publishing && (
        <PublishDialog
          current={query.data?.items.find(({ kind }) => kind === 'per-swap')}
          onClose={() => setPublishing(false)}
        />
      )}
    </>
  );
}

function PublishDialog(props: { current: Plan | undefined; onClose: () => void }) {
  const t = useT();
  const { language } = usePreferences();
  const { hub, queryClient } = useServices();
  const { current } = props;
  const [name, setName] = useState(current?.name ?? '');
  const [yuan, setYuan] = useState<number | null>(current ? current.amountFen / 100 : null);
  const ids = { name: useId(), price: useId() };
  const amountFen = yuan === null ? null : Math.round(yuan * 100);
  return (
    <ConfirmDialog
      title={t('plan.publish')}
      text={t('plan.publish.text')}
      confirmText={t('plan.publish')}
      ready={name.trim() !== '' && amountFen !== null && amountFen >= 0}
      onConfirm={async (_, key) => {
        if (amountFen === null) return;
        await hub.publishPlan({ name: name.trim(), amountFen }, key);
        await queryClient.invalidateQueries({ queryKey: ['plans'] });
      }}
      onClose={props.onClose}
    >
      <label htmlFor={ids.name}>{t('plan.name')}</label>
      <Input
        id={ids.name}
        maxLength={64}
        value={name}
        onChange={(event) => setName(event.target.value)}
        data-testid="plan-name"
      />
      <label htmlFor={ids.price}>{t('plan.priceYuan')}</label>
      <InputNumber
        id={ids.price}
        min={0}
        max={MAX_PRICE_YUAN}
        precision={2}
        step={0.5}
        value={yuan}
        onChange={setYuan}
        style={{ width: '100%' }}
        data-testid="plan-price"
      />
      {current && amountFen !== null && amountFen !== current.amountFen && (
        <p className="muted">
          {t('plan.change', {
            before: formatFen(current.amountFen, language),
            after: formatFen(amountFen, language),
          })}
        </p>
      )}
    </ConfirmDialog>
  );
}
