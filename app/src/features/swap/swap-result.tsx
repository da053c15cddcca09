import { useQueryClient } from '@tanstack/react-query';
import type { Order } from '@voltbay/protocol/api';
import { formatPercent, swapProgress } from '@voltbay/protocol/client';
import { useEffect } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { moneySentence } from '../../components/order/money-sentence.js';
import { packSentence } from '../../components/order/pack-sentence.js';
import { Icon } from '../../components/ui/icon.js';
import { Card, Screen } from '../../components/ui/screen.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { NextTry } from './next-try.js';

/** Where to go from a swap: the form (at a station, when one is named), the list of stations, the receipt. */
export type LeaveTo = 'stations' | 'receipt' | 'form' | { stationId: string };

/** How it ended: the gain when it went well, else why, where the money is and what to do next. */
export function SwapResult(props: { order: Order; onLeave: (next: LeaveTo) => void }) {
  const t = useT();
  const palette = usePalette();
  const { language } = usePreferences();
  const queryClient = useQueryClient();
  const { order } = props;
  const progress = swapProgress(order);
  const good = order.state === 'completed' || order.state === 'resolved';
  const tone = good ? palette.tone.ready : palette.tone.fault;
  const oldPack = packSentence(order, t);
  const [before, after] = [order.returned?.reading?.socPct, order.dispensed?.reading?.socPct];

  // Balance, packs of the vehicle and the list of orders have changed.
  useEffect(() => {
    for (const name of ['account', 'orders', 'stations'])
      void queryClient.invalidateQueries({ queryKey: [name] });
  }, [queryClient]);

  return (
    <Screen>
      <Card
        style={{ alignItems: 'center', gap: 14, paddingVertical: 34, marginTop: 24 }}
        testID="swap-result"
      >
        <View
          style={{
            width: 72,
            height: 72,
            borderRadius: 36,
            backgroundColor: tone.soft,
            alignItems: 'center',
            justifyContent: 'center',
          }}
        >
          <Icon name={good ? 'check' : 'alert'} color={tone.solid} size={40} />
        </View>
        <Txt variant="title" style={{ textAlign: 'center' }} testID="swap-phase">
          {t(`phase.${progress.phase}`)}
        </Txt>
        {good && before !== undefined && after !== undefined && (
          <Txt variant="figure" color={palette.tone.ready.ink}>
            {[formatPercent(before), formatPercent(after)].join(' → ')}
          </Txt>
        )}
        {progress.reason !== null && !good && (
          <View style={{ gap: 4 }}>
            <Txt variant="strong" style={{ textAlign: 'center' }}>
              {t.code('reason', progress.reason, 'phase.failed')}
            </Txt>
            <Txt tone="text2" style={{ textAlign: 'center' }}>
              {t.code('next', progress.reason, 'next.other')}
            </Txt>
          </View>
        )}
        <Txt tone="text2" style={{ textAlign: 'center' }} testID="swap-money">
          {moneySentence(order, t, language)}
        </Txt>
        {!good && oldPack !== null && (
          <Txt tone="text2" style={{ textAlign: 'center' }} testID="swap-old-pack">
            {oldPack}
          </Txt>
        )}
        {good && <Txt tone="text3">{t('phaseHint.done')}</Txt>}
      </Card>
      {!good && <NextTry order={order} onLeave={props.onLeave} />}
      <View style={{ gap: 8 }}>
        <Button
          mode={good ? 'contained' : 'text'}
          contentStyle={{ height: 48 }}
          onPress={() => props.onLeave('receipt')}
          testID="see-receipt"
        >
          {t('swap.receipt')}
        </Button>
        {good && <Button onPress={() => props.onLeave('form')}>{t('swap.again')}</Button>}
      </View>
    </Screen>
  );
}
