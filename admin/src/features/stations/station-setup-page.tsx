import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Station } from '@voltbay/protocol/api';
import { writeOpeningHours } from '@voltbay/protocol/domain';
import { Steps } from 'antd';
import { Ask, FormButton } from '../../components/ui/act.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { Card, Facts } from '../../components/ui/page.js';
import { QrCode } from '../../components/ui/qr-code.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { Dot } from '../../components/ui/tag.js';
import { body, matching, type RowOf } from '../../lib/api/answers.js';
import type { operations } from '../../lib/api/generated/schema.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { type PlaceForm, placeBody, placeFields, placeOf } from './place-form.js';
import { StationFrame } from './station-frame.js';

type Lifecycle = RowOf<'listStations'>['lifecycle'];
type EnrolCode = operations['issueEnrolCode']['responses'][201]['content']['application/json'];
const WAY: readonly Lifecycle[] = ['draft', 'commissioned', 'live'];
const REFRESH_MS = 5_000;

/** From a number on paper to a station that riders find: place, enrolment, checklist, going live. */
export function StationSetupPage() {
  const { stationId } = useParams({ from: '/stations/$stationId/setup' });
  return (
    <StationFrame stationId={stationId}>
      {(station) => (
        <TwoColumns main={<Commissioning station={station} />} side={<Place station={station} />} />
      )}
    </StationFrame>
  );
}

function Commissioning(props: { station: Station }) {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const { station } = props;
  const query = useQuery({
    queryKey: ['checklist', station.id],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/stations/{id}/checklist', {
          params: { path: { id: station.id } },
          signal,
        }),
      ),
    refetchInterval: REFRESH_MS,
  });
  const list = query.data;
  const stage = WAY.indexOf(station.lifecycle);
  return (
    <>
      <Card title={t('setup.way')}>
        <Steps
          size="small"
          current={stage < 0 ? WAY.length : stage}
          items={WAY.map((step) => ({ title: t(`station.lifecycle.${step}`) }))}
        />
      </Card>
      {may('stations:credentials') && <Enrolment station={station} />}
      <Card title={t('setup.checklist')}>
        {!list ? (
          query.error ? (
            <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
          ) : (
            <LoadingPanel rows={5} />
          )
        ) : (
          <>
            <ul data-testid="checklist" data-ready={list.ready} style={{ display: 'grid', gap: 8 }}>
              {list.items.map((item) => (
                <li key={item.id} data-ok={item.ok}>
                  <Dot tone={item.ok ? 'ready' : 'charging'}>{t.code('setup.item', item.id)}</Dot>
                  {!item.ok && (
                    <div className="muted" style={{ paddingLeft: 15 }}>
                      {t.code('setup.fix', item.id) === item.id ? item.fix : t.code('setup.fix', item.id)}
                    </div>
                  )}
                </li>
              ))}
            </ul>
            <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, marginTop: 14 }}>
              {(may('stations:write') ? list.next : []).map((next) => (
                <Ask
                  key={`${next} ${station.version}`}
                  label={t.code('setup.to', next)}
                  testId={`to-${next}`}
                  primary={next === WAY[stage + 1]}
                  danger={next === 'retired'}
                  disabled={next === 'live' && !list.ready}
                  text={t.code('setup.to.text', next)}
                  onConfirm={() =>
                    hub.client.PATCH('/core/v0/stations/{id}', {
                      params: { path: { id: station.id }, header: matching(station.version) },
                      body: { lifecycle: next as Lifecycle },
                    })
                  }
                />
              ))}
            </div>
          </>
        )}
      </Card>
    </>
  );
}

function Enrolment(props: { station: Station }) {
  const t = useT();
  const { hub } = useServices();
  const path = { params: { path: { id: props.station.id } } };
  return (
    <Card title={t('setup.enrol')}>
      <p style={{ marginBottom: 12 }}>{t('setup.enrol.text')}</p>
      <span style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
        <Ask
          label={t('setup.enrol.issue')}
          testId="issue-enrol-code"
          text={t('setup.enrol.once')}
          onConfirm={async () => ({
            reveal: (
              <EnrolCard code={body(await hub.client.POST('/auth/v1/stations/{id}/enrol-code', path))} />
            ),
          })}
        />
        <Ask
          danger
          label={t('setup.revoke')}
          text={t('setup.revoke.text')}
          onConfirm={() => hub.client.DELETE('/auth/v1/stations/{id}/credentials', path)}
        />
      </span>
    </Card>
  );
}

/** The code as text to type and as QR code to scan, with the command of the agent. */
function EnrolCard(props: { code: EnrolCode }) {
  const t = useT();
  const { device, code, expiresAt } = props.code;
  const hubUrl = window.location.origin;
  return (
    <div style={{ display: 'grid', gap: 12, justifyItems: 'start' }}>
      <QrCode text={JSON.stringify({ hub: hubUrl, device, code })} label={t('setup.enrol')} />
      <b className="mono" style={{ fontSize: 20 }} data-testid="enrol-code">
        {code}
      </b>
      <code className="mono" style={{ overflowWrap: 'anywhere' }}>
        voltbay-agent enroll {code}
      </code>
      <span className="muted">{t('setup.enrol.until', { time: new Date(expiresAt).toLocaleString() })}</span>
    </div>
  );
}

function Place(props: { station: Station }) {
  const t = useT();
  const { hub } = useServices();
  const mayWrite = usePermits()('stations:write');
  const { station } = props;
  return (
    <Card
      title={t('setup.place')}
      extra={
        mayWrite && (
          <FormButton<PlaceForm>
            key={station.version}
            small
            label={t('action.edit')}
            testId="edit-place"
            initial={placeOf(station)}
            fields={placeFields(t, false)}
            onSubmit={(values) =>
              hub.client.PATCH('/core/v0/stations/{id}', {
                params: { path: { id: station.id }, header: matching(station.version) },
                body: placeBody(values),
              })
            }
          />
        )
      }
    >
      <Facts
        rows={{
          [t('field.name')]: station.name,
          [t('station.lat')]: station.location?.lat ?? '–',
          [t('station.lon')]: station.location?.lon ?? '–',
          [t('station.address')]: station.location?.address ?? '–',
          [t('station.timeZone')]: station.timeZone,
          [t('station.hours')]: writeOpeningHours(station.openingHours),
        }}
      />
    </Card>
  );
}
