import { useParams } from '@tanstack/react-router';
import { Card } from '../../components/ui/page.js';
import { nextCursor, ReadingsChart } from '../../components/ui/readings-chart.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { StationFrame } from './station-frame.js';

/** What the packs of a station reported over time, slot by slot. */
export function StationTelemetryPage() {
  const t = useT();
  const { stationId } = useParams({ from: '/stations/$stationId/telemetry' });
  const { hub } = useServices();
  return (
    <StationFrame stationId={stationId}>
      {(station) => (
        <Card title={t('readings.title')}>
          <ReadingsChart
            name={['station', station.id]}
            by="slot"
            read={async (query, signal) => {
              const answer = await hub.client.GET('/core/v0/stations/{id}/readings', {
                params: { path: { id: station.id }, query },
                signal,
              });
              return { samples: body(answer), next: nextCursor(answer.response.headers.get('link')) };
            }}
          />
        </Card>
      )}
    </StationFrame>
  );
}
