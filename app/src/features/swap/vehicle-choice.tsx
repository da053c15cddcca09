import type { Vehicle } from '@voltbay/protocol/api';
import { useRouter } from 'expo-router';
import { Pressable, View } from 'react-native';
import { Button } from 'react-native-paper';
import { Icon } from '../../components/ui/icon.js';
import { Card } from '../../components/ui/screen.js';
import { Notice, Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';

export const vehicleName = (vehicle: Vehicle): string => vehicle.plate ?? vehicle.model ?? vehicle.id;

export function VehicleChoice(props: {
  vehicles: readonly Vehicle[];
  chosen: string | null;
  onChoose: (id: string) => void;
}) {
  const t = useT();
  const palette = usePalette();
  const router = useRouter();
  if (props.vehicles.length === 0)
    return (
      <Notice tone="charging" icon="bike" title={t('swap.noVehicle')}>
        <Button mode="contained" onPress={() => router.push('/me/vehicles')}>
          {t('vehicles.bind')}
        </Button>
      </Notice>
    );
  return (
    <Card role="radiogroup" aria-label={t('swap.vehicle')}>
      <Txt variant="heading">{t('swap.vehicle')}</Txt>
      {props.vehicles.map((vehicle) => {
        const chosen = vehicle.id === props.chosen;
        return (
          <Pressable
            key={vehicle.id}
            role="radio"
            aria-checked={chosen}
            testID={`vehicle-${vehicle.id}`}
            onPress={() => props.onChoose(vehicle.id)}
            style={{
              flexDirection: 'row',
              alignItems: 'center',
              gap: 12,
              padding: 12,
              borderRadius: 12,
              borderWidth: chosen ? 2 : 1,
              borderColor: chosen ? palette.brand : palette.line,
            }}
          >
            <Icon name="bike" color={chosen ? palette.brand : palette.text3} size={26} />
            <View style={{ flex: 1, gap: 2 }}>
              <Txt variant="strong">{vehicleName(vehicle)}</Txt>
              <Txt variant="small" tone="text3">
                {vehicle.packIds.length > 0
                  ? t('swap.holds', { pack: vehicle.packIds.join(', ') })
                  : t('swap.noPack')}
              </Txt>
            </View>
            <Pill tone="empty">{t('stations.class', { name: vehicle.packClass })}</Pill>
          </Pressable>
        );
      })}
    </Card>
  );
}
