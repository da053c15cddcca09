import { useQuery } from '@tanstack/react-query';
import { formatFen, formatTime } from '@voltbay/protocol/client';
import { useRouter } from 'expo-router';
import { Pressable, View } from 'react-native';
import { Button, SegmentedButtons } from 'react-native-paper';
import { SignInForm } from '../../components/sign-in/sign-in-form.js';
import { Icon } from '../../components/ui/icon.js';
import { OrderPill } from '../../components/ui/order-pill.js';
import { Card, Screen } from '../../components/ui/screen.js';
import { Empty, Failed, Loading, Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAccount } from '../../lib/account/use-account.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { LANGUAGES, THEME_CHOICES, usePalette, usePreferences } from '../../lib/preferences.js';
import { useServices, useSessionPhase } from '../../lib/services.js';

const LANGUAGE_NAMES = { 'zh-CN': '中文', en: 'English' } as const;
const ORDERS_SHOWN = 20;

export function MeScreen() {
  const t = useT();
  const phase = useSessionPhase();
  const { session, queryClient } = useServices();
  const signedIn = phase === 'signed-in';
  return (
    <Screen title={signedIn ? t('me.title') : undefined}>
      {signedIn ? (
        <Account />
      ) : phase === 'starting' ? (
        <Loading />
      ) : (
        <SignInForm expired={phase === 'expired'} />
      )}
      <PreferenceCard />
      {signedIn && (
        <Button
          onPress={() => {
            void session.signOut();
            queryClient.clear();
          }}
          testID="sign-out"
        >
          {t('me.signOut')}
        </Button>
      )}
    </Screen>
  );
}

/** `138****0001`: enough to know one's own number, useless to who looks over the shoulder. */
export const maskPhone = (phone: string): string =>
  phone.length < 8 ? phone : `${phone.slice(0, -8)}****${phone.slice(-4)}`;

function Account() {
  const t = useT();
  const palette = usePalette();
  const { language } = usePreferences();
  const { user, vehicles } = useAccount();
  if (!user.data) {
    return user.error ? <Failed error={user.error} onRetry={() => void user.refetch()} /> : <Loading />;
  }
  return (
    <>
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
        <View>
          <Txt variant="heading" testID="rider-name">
            {user.data.name}
          </Txt>
          {user.data.phone !== undefined && <Txt tone="text3">{maskPhone(user.data.phone)}</Txt>}
        </View>
      </View>
      <Card tint={palette.brand}>
        <Txt color={palette.onBrand}>{t('me.balance')}</Txt>
        <Txt variant="figure" color={palette.onBrand} testID="balance">
          {formatFen(user.data.balanceFen, language)}
        </Txt>
      </Card>
      <Card>
        <Txt variant="heading">{t('me.vehicles')}</Txt>
        {vehicles.data?.length === 0 && <Txt tone="text3">{t('me.noVehicles')}</Txt>}
        {vehicles.data?.map((vehicle) => (
          <View key={vehicle.id} style={{ flexDirection: 'row', gap: 12, alignItems: 'center' }}>
            <Icon name="bike" color={palette.text2} size={26} />
            <View style={{ flex: 1 }}>
              <Txt variant="strong">{vehicle.plate ?? vehicle.id}</Txt>
              <Txt variant="small" tone="text3">
                {vehicle.packIds.length > 0
                  ? t('swap.holds', { pack: vehicle.packIds.join(', ') })
                  : t('swap.noPack')}
              </Txt>
            </View>
            <Pill tone="empty">{t('me.class', { name: vehicle.packClass })}</Pill>
          </View>
        ))}
      </Card>
      <Orders />
    </>
  );
}

function Orders() {
  const t = useT();
  const palette = usePalette();
  const router = useRouter();
  const { language } = usePreferences();
  const { api } = useServices();
  const orders = useQuery({ queryKey: ['orders', 'list'], queryFn: () => api.orders(ORDERS_SHOWN) });
  return (
    <Card style={{ gap: 4 }}>
      <Txt variant="heading">{t('me.orders')}</Txt>
      {!orders.data && orders.error ? (
        <Failed error={orders.error} onRetry={() => void orders.refetch()} />
      ) : null}
      {orders.data?.length === 0 && <Empty icon="swap">{t('me.noOrders')}</Empty>}
      {orders.data?.map((order, index) => (
        <Pressable
          key={order.id}
          role="link"
          testID={`order-${order.id}`}
          onPress={() => router.push(`/order/${order.id}`)}
          style={{
            flexDirection: 'row',
            alignItems: 'center',
            gap: 10,
            minHeight: 58,
            borderTopWidth: index === 0 ? 0 : 1,
            borderTopColor: palette.line,
          }}
        >
          <View style={{ flex: 1, gap: 2 }}>
            <Txt>{formatTime(order.createdAt, language)}</Txt>
            <Txt variant="small" tone="text3">
              {[t('order.station'), order.stationId].join(' ')}
            </Txt>
          </View>
          <View style={{ alignItems: 'flex-end', gap: 3 }}>
            <Txt variant="strong">
              {formatFen(order.payment.state === 'captured' ? order.payment.amountFen : 0, language)}
            </Txt>
            <OrderPill state={order.state} />
          </View>
        </Pressable>
      ))}
    </Card>
  );
}

function PreferenceCard() {
  const t = useT();
  const { language, setLanguage, themeChoice, setThemeChoice } = usePreferences();
  return (
    <Card>
      <Txt variant="strong">{t('me.language')}</Txt>
      <SegmentedButtons
        value={language}
        onValueChange={(value) => {
          const known = LANGUAGES.find((candidate) => candidate === value);
          if (known) setLanguage(known);
        }}
        buttons={LANGUAGES.map((value) => ({
          value,
          label: LANGUAGE_NAMES[value],
          testID: `language-${value}`,
        }))}
      />
      <Txt variant="strong">{t('me.theme')}</Txt>
      <SegmentedButtons
        value={themeChoice}
        onValueChange={(value) => {
          const known = THEME_CHOICES.find((candidate) => candidate === value);
          if (known) setThemeChoice(known);
        }}
        buttons={THEME_CHOICES.map((value) => ({ value, label: t(`me.theme.${value}`) }))}
      />
    </Card>
  );
}
