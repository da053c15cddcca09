import { Link } from '@tanstack/react-router';
import type { Battery } from '@voltbay/protocol/api';
import { Ask, FormButton } from '../../components/ui/act.js';
import { idempotent, matching } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';

/** Takes a pack out of use or gives it back, with the reason, which stays in its history. */
export function useBatteryStatus() {
  const { hub } = useServices();
  return (battery: Battery, status: 'quarantined' | 'in-service', note: string) => {
    const request = { params: { path: { id: battery.id } }, body: { note } };
    return status === 'quarantined'
      ? hub.client.POST('/core/v0/batteries/{id}/quarantine', request)
      : hub.client.POST('/core/v0/batteries/{id}/release', request);
  };
}

export function BatteryActions(props: { battery: Battery }) {
  const t = useT();
  const mayWrite = usePermits()('batteries:write');
  const { hub } = useServices();
  const setStatus = useBatteryStatus();
  const { battery } = props;
  const note = { label: t('field.reason') };
  const passport = (
    <Link to="/batteries/$batteryId/passport" params={{ batteryId: battery.id }}>
      {t('passport.open')}
    </Link>
  );
  if (!mayWrite || battery.status === 'retired') return passport;
  return (
    <>
      {passport}
      {battery.status === 'in-service' ? (
        <Ask
          danger
          label={t('battery.quarantine')}
          testId="quarantine"
          text={t('battery.quarantine.text')}
          note={note}
          onConfirm={(reason) => setStatus(battery, 'quarantined', reason)}
        />
      ) : (
        <Ask
          primary
          label={t('battery.release')}
          testId="release"
          text={t('battery.release.text')}
          note={note}
          onConfirm={(reason) => setStatus(battery, 'in-service', reason)}
        />
      )}
      <Ask
        danger
        label={t('battery.retire')}
        text={t('battery.retire.text')}
        onConfirm={() =>
          hub.client.PATCH('/core/v0/batteries/{id}', {
            params: { path: { id: battery.id }, header: matching(battery.version) },
            body: { status: 'retired' },
          })
        }
      />
    </>
  );
}

export function NewBattery() {
  const t = useT();
  const { hub } = useServices();
  return (
    <FormButton<{ id: string; packClass: string; model?: string }>
      primary
      label={t('battery.create')}
      testId="create-battery"
      fields={[
        { name: 'id', label: t('battery.serial'), kind: 'text', max: 64 },
        { name: 'packClass', label: t('battery.class'), kind: 'text', max: 16 },
        { name: 'model', label: t('battery.model'), kind: 'text', max: 64, optional: true },
      ]}
      onSubmit={(values, key) =>
        hub.client.POST('/core/v0/batteries', { params: { header: idempotent(key) }, body: values })
      }
    />
  );
}
