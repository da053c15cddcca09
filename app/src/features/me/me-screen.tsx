import { useQuery } from '@tanstack/react-query';
import { formatFen } from '@voltbay/protocol/client';
import { useRouter } from 'expo-router';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { SignInForm } from '../../components/sign-in/sign-in-form.js';
import { Columns } from '../../components/ui/columns.js';
import { Icon } from '../../components/ui/icon.js';
import { LinkRow } from '../../components/ui/link-row.js';
import { Card, Screen } from '../../components/ui/screen.js';
import { StaleNote } from '../../components/ui/stale-note.js';
import { Failed, Loading } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { maskPhone } from '../../lib/account/mask-phone.js';
import { useAccount } from '../../lib/account/use-account.js';
import { useSignOut } from '../../lib/account/use-sign-out.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { useServices, useSessionPhase } from '../../lib/services.js';
import { PreferenceCard } from './preference-card.js';

const NOTICES_LOOKED_AT = 50;

export function MeScreen() {
  const t = useT();
  const phase = useSessionPhase();
  const signOut = useSignOut();
  const signedIn = phase === 'signed-in';
  return (
    <Screen wide={signedIn} title={signedIn ? t('me.title') : undefined}>
      {signedIn ? (
        <Columns
          main={<Account />}
          side={
            <>
              <MoreLinks />
              <PreferenceCard />
              <Button onPress={() => void signOut()} testID="sign-out">
                {t('me.signOut')}
              </Button>
            </>
          }
        />
      ) : (
        <>
          {phase === 'starting' ? <Loading /> : <SignInForm expired={phase === 'expired'} />}
          <PreferenceCard />
          <AboutCard />
        </>
      )}
    </Screen>
  );
}

function Account() {
  const t = useT();
  const palette = usePalette();
  const router = useRouter();
  const { language } = usePreferences();
  const { user, vehicles } = useAccount();
  if (!user.data) {
    return user.error ? <Failed error={user.error} onRetry={() => void user.refetch()} /> : <Loading />;
  }
  return (
    <>
      <StaleNote queries={[user]} />
      <View style={{ flexDirection: 'row', gap: 14, alignItems: 'center' }}>
        <View
          style={{
            width: 54,
            height: 54,
            borderRadius: 27,
            backgroundColor: palette.tone.swap.soft,
            alignItems: 'center',
            justifyContent: 'center',
          }}
        >
          <Txt variant="heading" color={palette.tone.swap.ink}>
            {user.data.name.slice(0, 1)}
          </Txt>
        </View>
        <View style={{ flex: 1 }}>
          <Txt variant="heading" testID="rider-name">
            {user.data.name}
          </Txt>
          {user.data.phone !== undefined && <Txt tone="text3">{maskPhone(user.data.phone)}</Txt>}
        </View>
        <Button compact onPress={() => router.push('/me/profile')} testID="open-profile">
          {t('me.profile')}
        </Button>
      </View>
      <Card tint={palette.brand}>
        <View style={{ flexDirection: 'row', alignItems: 'center', gap: 12 }}>
          <View style={{ flex: 1 }}>
            <Txt color={palette.onBrand}>{t('me.balance')}</Txt>
            <Txt variant="figure" color={palette.onBrand} testID="balance">
              {formatFen(user.data.balanceFen, language)}
            </Txt>
          </View>
          <Button
            mode="contained"
            buttonColor={palette.onBrand}
            textColor={palette.brand}
            onPress={() => router.push('/me/wallet')}
            testID="open-wallet"
          >
            {t('wallet.topUp')}
          </Button>
        </View>
      </Card>
      <Card style={{ gap: 0, paddingVertical: 4 }}>
        <LinkRow
          first
          icon="swap"
          title={t('me.orders')}
          onPress={() => router.push('/me/orders')}
          testID="open-orders"
        />
        <LinkRow
          icon="bike"
          title={t('me.vehicles')}
          note={vehicles.data?.map((vehicle) => vehicle.plate ?? vehicle.id).join(', ') || t('me.noVehicles')}
          onPress={() => router.push('/me/vehicles')}
          testID="open-vehicles"
        />
        <LinkRow
          icon="plan"
          title={t('plans.title')}
          onPress={() => router.push('/me/plans')}
          testID="open-plans"
        />
        <LinkRow
          icon="coupon"
          title={t('coupons.title')}
          onPress={() => router.push('/me/coupons')}
          testID="open-coupons"
        />
        <LinkRow
          icon="pass"
          title={t('pass.title')}
          note={t('pass.short')}
          onPress={() => router.push('/pass')}
          testID="open-pass"
        />
        <LinkRow
          icon="receipt"
          title={t('invoices.title')}
          onPress={() => router.push('/me/invoices')}
          testID="open-invoices"
        />
      </Card>
    </>
  );
}

function MoreLinks() {
  const t = useT();
  const router = useRouter();
  const { api } = useServices();
  const notices = useQuery({ queryKey: ['notices'], queryFn: () => api.notices(NOTICES_LOOKED_AT) });
  const unread = notices.data?.filter((notice) => notice.unread).length ?? 0;
  return (
    <Card style={{ gap: 0, paddingVertical: 4 }}>
      <LinkRow
        first
        icon="bell"
        title={t('notices.title')}
        badge={unread}
        onPress={() => router.push('/me/notices')}
        testID="open-notices"
      />
      <LinkRow
        icon="shield"
        title={t('privacy.title')}
        onPress={() => router.push('/me/privacy')}
        testID="open-privacy"
      />
      <LinkRow
        icon="info"
        title={t('about.title')}
        onPress={() => router.push('/me/about')}
        testID="open-about"
      />
    </Card>
  );
}

function AboutCard() {
  const t = useT();
  const router = useRouter();
  const palette = usePalette();
  return (
    <Button
      icon={() => <Icon name="info" color={palette.brand} size={18} />}
      onPress={() => router.push('/me/about')}
    >
      {t('about.title')}
    </Button>
  );
}
