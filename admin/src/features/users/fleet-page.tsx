import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import { Pagination } from 'antd';
import { useState } from 'react';
import { Ask, FormButton } from '../../components/ui/act.js';
import { TimeText } from '../../components/ui/age.js';
import { ChangeHistory } from '../../components/ui/change-history.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import type { FormField } from '../../components/ui/form-dialog.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { body, page, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

type Member = RowOf<'listFleetMembers'>;
type Limits = { dayLimitFen?: number; monthLimitFen?: number };
type MemberForm = Limits & { userId: string };
const PAGE_SIZE = 20;

/** One fleet: who pays, up to what, and the riders whose swaps are paid. */
export function FleetPage() {
  const t = useT();
  const { language } = usePreferences();
  const { fleetId } = useParams({ from: '/users/fleets/$fleetId' });
  const { hub } = useServices();
  const { data: fleet, ...query } = useQuery({
    queryKey: ['fleet', fleetId],
    queryFn: async ({ signal }) =>
      body(await hub.client.GET('/core/v0/fleets/{id}', { params: { path: { id: fleetId } }, signal })),
  });
  if (!fleet)
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  const limit = (fen: number | null): string =>
    fen === null ? t('fleet.noLimit') : formatFen(fen, language);
  return (
    <>
      <PageHead
        title={fleet.name}
        parent={
          <Link to="/users/fleets" search={{}}>
            {t('user.fleets')}
          </Link>
        }
        meta={
          <>
            <ToneTag tone={fleet.state === 'active' ? 'ready' : 'off'}>
              {t(`fleet.state.${fleet.state}`)}
            </ToneTag>
            <span className="mono muted">{fleet.id}</span>
          </>
        }
      />
      <TwoColumns
        main={
          <>
            <Members fleetId={fleet.id} open={fleet.state === 'active'} />
            <ChangeHistory target={`fleets/${fleet.id}`} />
          </>
        }
        side={
          <Card title={t('fleet.terms')}>
            <Facts
              rows={{
                [t('fleet.payer')]: (
                  <Link to="/users/$userId" params={{ userId: fleet.payerUserId }} className="mono">
                    {fleet.payerUserId}
                  </Link>
                ),
                [t('fleet.dayLimit')]: limit(fleet.dayLimitFen),
                [t('fleet.monthLimit')]: limit(fleet.monthLimitFen),
                [t('field.created')]: <TimeText at={fleet.createdAt} />,
              }}
            />
          </Card>
        }
      />
    </>
  );
}

function Members(props: { fleetId: string; open: boolean }) {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const mayWrite = usePermits()('fleets:write');
  const [number, setNumber] = useState(1);
  const { fleetId: id } = props;
  const { data, error } = useQuery({
    queryKey: ['fleet-members', id, number],
    queryFn: async ({ signal }) =>
      page(
        await hub.client.GET('/core/v0/fleets/{id}/members', {
          params: { path: { id }, query: { _limit: PAGE_SIZE, _page: number } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const put = (userId: string, { dayLimitFen = undefined, monthLimitFen = undefined }: Limits) =>
    hub.client.PUT('/core/v0/fleets/{id}/members/{userId}', {
      params: { path: { id, userId } },
      body: { dayLimitFen: dayLimitFen ?? null, monthLimitFen: monthLimitFen ?? null },
    });
  const limits: FormField<MemberForm>[] = [
    { name: 'dayLimitFen', label: t('fleet.dayLimit'), kind: 'yuan', min: 0, optional: true },
    { name: 'monthLimitFen', label: t('fleet.monthLimit'), kind: 'yuan', min: 0, optional: true },
  ];
  const limit = (fen: number | null): string =>
    fen === null ? t('fleet.asFleet') : formatFen(fen, language);
  const actions = (member: Member) => (
    <span style={{ display: 'flex', gap: 6 }}>
      <FormButton<MemberForm>
        small
        key={member.version}
        label={t('action.edit')}
        of={member.id}
        fields={limits}
        initial={{
          dayLimitFen: member.dayLimitFen ?? undefined,
          monthLimitFen: member.monthLimitFen ?? undefined,
        }}
        onSubmit={(values) => put(member.id, values)}
      />
      <Ask
        small
        danger
        label={t('fleet.letGo')}
        of={member.id}
        text={t('fleet.letGo.text')}
        testId="remove-member"
        onConfirm={() =>
          hub.client.DELETE('/core/v0/fleets/{id}/members/{userId}', {
            params: { path: { id, userId: member.id } },
          })
        }
      />
    </span>
  );
  return (
    <Card
      title={t('fleet.members')}
      flush
      extra={
        mayWrite &&
        props.open && (
          <FormButton<MemberForm>
            small
            label={t('fleet.addMember')}
            testId="add-member"
            fields={[{ name: 'userId', label: t('user.id'), kind: 'text', max: 64 }, ...limits]}
            onSubmit={({ userId, ...values }) => put(userId, values)}
          />
        )
      }
    >
      <DataTable
        rows={data?.items}
        error={error}
        empty={t('fleet.noMembers')}
        columns={[
          {
            title: t('order.user'),
            cell: (member) => (
              <Link to="/users/$userId" params={{ userId: member.id }} className="mono">
                {member.id}
              </Link>
            ),
          },
          { title: t('fleet.dayLimit'), right: true, cell: (member) => limit(member.dayLimitFen) },
          { title: t('fleet.monthLimit'), right: true, cell: (member) => limit(member.monthLimitFen) },
          { title: t('fleet.since'), cell: (member) => <TimeText at={member.createdAt} style="date" /> },
          ...(mayWrite ? [{ title: t('list.actions'), cell: actions }] : []),
        ]}
      />
      {data && data.total > PAGE_SIZE && (
        <div style={{ padding: 12 }}>
          <Pagination
            size="small"
            current={number}
            pageSize={PAGE_SIZE}
            total={data.total}
            showSizeChanger={false}
            onChange={setNumber}
          />
        </div>
      )}
    </Card>
  );
}
