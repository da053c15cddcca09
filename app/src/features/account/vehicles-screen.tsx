import { lazy, Suspense, useState } from 'react';
import { View } from 'react-native';
import { Button, TextInput } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { Icon } from '../../components/ui/icon.js';
import { Page } from '../../components/ui/page.js';
import { Card } from '../../components/ui/screen.js';
import { Known } from '../../components/ui/stale-note.js';
import { Empty, Loading, Notice, Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAccount } from '../../lib/account/use-account.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { VehicleProof } from '../../lib/api/account-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { vehicleProof } from './vehicle-proof.js';

const CodeScanner = lazy(() => import('../../components/scanner/code-scanner.js'));

export function VehiclesScreen() {
  const t = useT();
  const palette = usePalette();
  const { vehicles } = useAccount();
  return (
    <Page title={t('me.vehicles')}>
      <Known query={vehicles}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon="bike">{t('me.noVehicles')}</Empty>
          ) : (
            list.map((vehicle) => (
              <Card key={vehicle.id} tight testID={`my-vehicle-${vehicle.plate ?? vehicle.id}`}>
                <View style={{ flexDirection: 'row', gap: 12, alignItems: 'center' }}>
                  <Icon name="bike" color={palette.text2} size={26} />
                  <View style={{ flex: 1, gap: 2 }}>
                    <Txt variant="strong">{vehicle.plate ?? vehicle.model ?? vehicle.id}</Txt>
                    <Txt variant="small" tone="text3">
                      {vehicle.packIds.length > 0
                        ? t('swap.holds', { pack: vehicle.packIds.join(', ') })
                        : t('swap.noPack')}
                    </Txt>
                    {vehicle.vin !== undefined && (
                      <Txt variant="small" tone="text3" selectable>
                        {[t('vehicles.vin'), vehicle.vin].join(' ')}
                      </Txt>
                    )}
                  </View>
                  <Pill tone="empty">{t('me.class', { name: vehicle.packClass })}</Pill>
                </View>
              </Card>
            ))
          )
        }
      </Known>
      <BindForm />
    </Page>
  );
}

function BindForm() {
  const t = useT();
  const { api } = useServices();
  const [text, setText] = useState('');
  const [vinTail, setVinTail] = useState('');
  const [scanning, setScanning] = useState(false);
  const [bound, setBound] = useState<string | null>(null);
  const bind = useAction((_key, by: VehicleProof) => api.bindVehicle(by), {
    refresh: ['account'],
    onDone: (vehicle) => {
      setBound(vehicle.plate ?? vehicle.vin ?? vehicle.id);
      setText('');
      setVinTail('');
    },
  });
  const proof = vehicleProof(text, vinTail);
  const needsTail = proof === null || 'plate' in proof;
  return (
    <Card>
      <Txt variant="heading">{t('vehicles.bind')}</Txt>
      <Txt variant="small" tone="text2">
        {t('vehicles.bindText')}
      </Txt>
      {scanning ? (
        <Suspense fallback={<Loading />}>
          <CodeScanner
            title={t('vehicles.scanTitle')}
            onCode={(code) => {
              setText(code);
              if (vehicleProof(code, '') !== null) setScanning(false);
            }}
            onClose={() => setScanning(false)}
          />
        </Suspense>
      ) : (
        <Button mode="contained-tonal" icon="scan" onPress={() => setScanning(true)} testID="scan-vehicle">
          {t('vehicles.scan')}
        </Button>
      )}
      <TextInput
        mode="outlined"
        dense
        label={t('vehicles.plateOrVin')}
        value={text}
        autoCapitalize="characters"
        autoCorrect={false}
        maxLength={90}
        onChangeText={(value) => {
          setText(value);
          setBound(null);
        }}
        testID="vehicle-text"
      />
      {needsTail && text.trim() !== '' && (
        <TextInput
          mode="outlined"
          dense
          label={t('vehicles.vinTail')}
          value={vinTail}
          autoCapitalize="characters"
          autoCorrect={false}
          maxLength={6}
          onChangeText={setVinTail}
          testID="vehicle-tail"
        />
      )}
      <ActionError error={bind.error} />
      {bound !== null && (
        <View testID="vehicle-bound">
          <Notice tone="ready" icon="check" title={t('vehicles.bound', { name: bound })} />
        </View>
      )}
      <Button
        mode="contained"
        loading={bind.busy}
        disabled={proof === null || bind.busy}
        onPress={() => proof !== null && bind.run(proof)}
        testID="bind-vehicle"
      >
        {t('vehicles.bind')}
      </Button>
    </Card>
  );
}
