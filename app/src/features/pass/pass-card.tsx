import { formatFen, formatTime } from '@voltbay/protocol/client';
import { useRouter } from 'expo-router';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { useAge, useNow } from '../../components/ui/age-text.js';
import { ConfirmButton } from '../../components/ui/confirm-button.js';
import { QrCode } from '../../components/ui/qr-code.js';
import { Card, Row } from '../../components/ui/screen.js';
import { Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAccount } from '../../lib/account/use-account.js';
import { useAction } from '../../lib/actions/use-action.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import type { KeptPass, PassStanding } from '../../lib/passes/pass-store.js';
import { usePass } from '../../lib/passes/use-pass.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { useStations } from '../../lib/stations/use-stations.js';
import { clockLeft } from '../../lib/time/clock-left.js';

const TONES = {
  ready: 'ready',
  open: 'charging',
  spent: 'swap',
  revoked: 'empty',
  expired: 'empty',
} as const;

/** One pass. Its code is shown on purpose only: from then on a station may have taken it, and the app says so. */
export function PassCard(props: { pass: KeptPass; standing: PassStanding }) {
  const t = useT();
  const age = useAge();
  const now = useNow();
  const router = useRouter();
  const { language } = usePreferences();
  const { api } = useServices();
  const { take, markShown, reachable } = usePass();
  const { vehicles } = useAccount();
  const { stations } = useStations();
  const { pass, standing } = props;
  const revoke = useAction((_key, id: string) => api.revokePass(id), {
    onDone: (answer) => void take(answer),
  });
  const left = Date.parse(pass.expiresAt) - now;
  const vehicle = vehicles.data?.find(({ id }) => id === pass.vehicleId);
  const stationName = stations?.find(({ id }) => id === pass.hub.stationId)?.name ?? pass.hub.stationId;
  const usable = (standing === 'ready' || standing === 'open') && left > 0;
  return (
    <Card testID={`pass-${standing}`}>
      <View style={{ flexDirection: 'row', alignItems: 'center', gap: 8 }}>
        <Txt variant="heading" style={{ flex: 1 }}>
          {vehicle?.plate ?? pass.vehicleId}
        </Txt>
        <Pill tone={TONES[standing]}>{t(`pass.state.${standing}`)}</Pill>
      </View>
      {usable &&
        (standing === 'open' ? (
          <View style={{ alignItems: 'center', gap: 8 }}>
            <QrCode text={pass.code} level="L" label={t('pass.qr')} width={340} testID="pass-qr" />
            <Txt variant="small" tone="text2" style={{ textAlign: 'center' }}>
              {t('pass.brightness')}
            </Txt>
          </View>
        ) : (
          <Button
            mode="contained"
            icon="pass"
            contentStyle={{ height: 52 }}
            onPress={() => void markShown()}
            testID="show-pass"
          >
            {t('pass.show')}
          </Button>
        ))}
      <Txt testID="pass-says">
        {standing === 'spent'
          ? t('pass.says.spent', { station: stationName ?? '–' })
          : standing === 'open'
            ? t(left > 0 ? 'pass.says.open' : 'pass.says.openExpired')
            : t(`pass.says.${standing}`)}
      </Txt>
      <View>
        {usable && <Row name={t('pass.validFor')}>{clockLeft(left)}</Row>}
        <Row name={t('pass.atMost')}>{formatFen(pass.maxPriceFen, language)}</Row>
        {pass.shownAt !== null && (
          <Row name={t('pass.shownAt')}>{formatTime(pass.shownAt, language, 'time')}</Row>
        )}
        <Row name={t('pass.lastWord')} last>
          {[age(Date.parse(pass.hub.seenAt)), ...(reachable ? [] : [t('error.OFFLINE')])].join(' · ')}
        </Row>
      </View>
      {pass.hub.orderId !== null && (
        <Button mode="outlined" onPress={() => router.push(`/order/${pass.hub.orderId}`)} testID="pass-order">
          {t('swap.receipt')}
        </Button>
      )}
      <ActionError error={revoke.error} />
      {usable && (
        <ConfirmButton
          label={t('pass.revoke')}
          question={t('pass.revokeQuestion')}
          busy={revoke.busy}
          onConfirm={() => revoke.run(pass.id)}
          testID="revoke-pass"
        />
      )}
    </Card>
  );
}
