import { useEffect, useState } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { useNow } from '../../components/ui/age-text.js';
import { Page } from '../../components/ui/page.js';
import { Card } from '../../components/ui/screen.js';
import { Loading, Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAccount } from '../../lib/account/use-account.js';
import { useAction } from '../../lib/actions/use-action.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { passStanding } from '../../lib/passes/pass-store.js';
import { usePass } from '../../lib/passes/use-pass.js';
import { PassCard } from './pass-card.js';

/** The pass for stations without a network: what it is good for, its code, and honestly how it stands. */
export function PassScreen() {
  const t = useT();
  return (
    <Page title={t('pass.title')}>
      <Pass />
    </Page>
  );
}

function Pass() {
  const t = useT();
  const now = useNow();
  const { pass, loading, fetchPass } = usePass();
  const { vehicles } = useAccount();
  const vehicle = vehicles.data?.find(({ id }) => id === pass?.vehicleId) ?? vehicles.data?.[0] ?? null;
  const standing = pass ? passStanding(pass, now) : null;
  const over = standing === null || standing === 'spent' || standing === 'revoked' || standing === 'expired';
  const fetch = useAction((_key, vehicleId: string) => fetchPass(vehicleId), { refresh: ['passes'] });
  const [tried, setTried] = useState(false);
  const vehicleId = vehicle?.id ?? null;
  useEffect(() => {
    // Once by itself where there is none; a used one stays on the screen until the rider wants the next.
    if (loading || tried || pass !== null || vehicleId === null) return;
    setTried(true);
    fetch.run(vehicleId);
  }, [loading, tried, pass, vehicleId, fetch]);

  if (loading) return <Loading />;
  return (
    <>
      <Txt tone="text2">{t('pass.about')}</Txt>
      {pass && standing ? (
        <PassCard pass={pass} standing={standing} />
      ) : (
        !fetch.busy && <Notice tone="empty" icon="pass" title={t('pass.none')} text={t('pass.noneText')} />
      )}
      <ActionError error={fetch.error} />
      {vehicleId === null && vehicles.data ? (
        <Notice tone="charging" icon="bike" title={t('me.noVehicles')} />
      ) : (
        over && (
          <Button
            mode="contained"
            contentStyle={{ height: 48 }}
            loading={fetch.busy}
            disabled={fetch.busy || vehicleId === null}
            onPress={() => vehicleId !== null && fetch.run(vehicleId)}
            testID="fetch-pass"
          >
            {t('pass.fetch')}
          </Button>
        )
      )}
      <Card>
        <Txt variant="heading">{t('pass.how')}</Txt>
        <View style={{ gap: 6 }}>
          {(['pass.how1', 'pass.how2', 'pass.how3'] as const).map((key, index) => (
            <View key={key} style={{ flexDirection: 'row', gap: 10 }}>
              <Txt variant="strong" tone="text3">
                {String(index + 1)}
              </Txt>
              <Txt style={{ flex: 1 }} tone="text2">
                {t(key)}
              </Txt>
            </View>
          ))}
        </View>
      </Card>
    </>
  );
}
