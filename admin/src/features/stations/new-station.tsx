import { useNavigate } from '@tanstack/react-router';
import { FormButton } from '../../components/ui/act.js';
import { body, idempotent } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { type PlaceForm, placeBody, placeFields } from './place-form.js';

/** Puts a station on record and leads to its commissioning. */
export function NewStation() {
  const t = useT();
  const { hub } = useServices();
  const navigate = useNavigate();
  return (
    <FormButton<PlaceForm>
      primary
      label={t('station.create')}
      testId="create-station"
      text={t('station.create.text')}
      initial={{ timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone }}
      fields={placeFields(t, true)}
      onSubmit={async (values, key) => {
        const made = body(
          await hub.client.POST('/core/v0/stations', {
            params: { header: idempotent(key) },
            body: { device: values.device, ...placeBody(values) },
          }),
        );
        await navigate({ to: '/stations/$stationId/setup', params: { stationId: made.id } });
      }}
    />
  );
}
