import { useQuery } from '@tanstack/react-query';
import type { Order } from '@voltbay/protocol/api';
import { formatFen, formatTime } from '@voltbay/protocol/client';
import { useRouter } from 'expo-router';
import { useState } from 'react';
import { Pressable, View } from 'react-native';
import { Button } from 'react-native-paper';
import { OrderPill } from '../../components/ui/order-pill.js';
import { Page } from '../../components/ui/page.js';
import { Card } from '../../components/ui/screen.js';
import { Known } from '../../components/ui/stale-note.js';
import { Empty } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { useStations } from '../../lib/stations/use-stations.js';

const STEP = 20;
const MOST = 200;

export function OrdersScreen() {
  const t = useT();
  const { api } = useServices();
  const { stations } = useStations();
  const [limit, setLimit] = useState(STEP);
  const orders = useQuery({
    queryKey: ['orders', 'list', limit],
    queryFn: () => api.orders(limit),
    placeholderData: (former) => former,
  });
  const nameOf = (id: string): string => stations?.find((station) => station.id === id)?.name ?? id;
  return (
    <Page title={t('me.orders')}>
      <Known query={orders}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon="swap">{t('me.noOrders')}</Empty>
          ) : (
            <>
              <Card style={{ gap: 0, paddingVertical: 4 }} role="list">
                {list.map((order, index) => (
                  <OrderRow
                    key={order.id}
                    order={order}
                    station={nameOf(order.stationId)}
                    first={index === 0}
                  />
                ))}
              </Card>
              {list.length === limit && limit < MOST && (
                <Button onPress={() => setLimit(limit + STEP)} loading={orders.isFetching}>
                  {t('action.more')}
                </Button>
              )}
            </>
          )
        }
      </Known>
    </Page>
  );
}

function OrderRow(props: { order: Order; station: string; first: boolean }) {
  const palette = usePalette();
  const router = useRouter();
  const { language } = usePreferences();
  const { order } = props;
  return (
    <Pressable
      role="link"
      testID={`order-${order.id}`}
      onPress={() => router.push(`/order/${order.id}`)}
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: 10,
        minHeight: 62,
        paddingVertical: 6,
        borderTopWidth: props.first ? 0 : 1,
        borderTopColor: palette.line,
      }}
    >
      <View style={{ flex: 1, gap: 2 }}>
        <Txt>{formatTime(order.createdAt, language)}</Txt>
        <Txt variant="small" tone="text3" numberOfLines={1}>
          {props.station}
        </Txt>
      </View>
      <View style={{ alignItems: 'flex-end', gap: 3 }}>
        <Txt variant="strong">
          {formatFen(order.payment.state === 'captured' ? order.payment.amountFen : 0, language)}
        </Txt>
        <OrderPill state={order.state} />
      </View>
    </Pressable>
  );
}
