import type { Battery } from '@voltbay/protocol/api';
import { Ask, FormButton } from '../../components/ui/act.js';
import { idempotent, matching } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';

/** Changes what may be done with a pack; refused when somebody changed it in between. */
export function useBatteryStatus() {
  const { hub } = useServices();
  return (battery: Battery, status: Battery['status']) =>
    hub.client.PATCH('/core/v0/batteries/{id}', {
      params: { path: { id: battery.id }, header: matching(battery.version) },
      body: { status },
    });
}

export function BatteryActions(props: { battery: Battery }) {
  const t = useT();
  const mayWrite = usePermits()('batteries:write');
  const setStatus = useBatteryStatus();
  const { battery } = props;
  if (!mayWrite || battery.status === 'retired') return null;
  return (
    <>
      {battery.status === 'in-service' ? (
        <Ask
          danger
          label={t('battery.quarantine')}
          testId="quarantine"
          text={t('battery.quarantine.text')}
          onConfirm={() => setStatus(battery, 'quarantined')}
        />
      ) : (
        <Ask
          primary
          label={t('battery.release')}
          testId="release"
          text={t('battery.release.text')}
          onConfirm={() => setStatus(battery, 'in-service')}
        />
      )}
      <Ask
        danger
        label={t('battery.retire')}
        text={t('battery.retire.text')}
        onConfirm={() => setStatus(battery, 'retired')}
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
