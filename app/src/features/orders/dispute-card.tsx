import { useQuery } from '@tanstack/react-query';
import type { Order } from '@voltbay/protocol/api';
import { formatFen, formatTime } from '@voltbay/protocol/client';
import { useState } from 'react';
import { View } from 'react-native';
import { Button, Chip, TextInput } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { Card, Row } from '../../components/ui/screen.js';
import { Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { Dispute, DisputeKind } from '../../lib/api/care-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

const KINDS = [
  'not-received',
  'wrong-charge',
  'bad-pack',
  'not-returned',
  'damage',
  'other',
] as const satisfies readonly DisputeKind[];
const OPEN: ReadonlySet<Dispute['state']> = new Set(['open', 'investigating']);
const TONES = {
  open: 'charging',
  investigating: 'charging',
  accepted: 'ready',
  rejected: 'fault',
  withdrawn: 'empty',
} as const;
const LOOK_MS = 10_000;
const MIN_NOTE = 3;

/** Something about the order is not right: say it, and see what becomes of it. */
export function DisputeCard(props: { order: Order }) {
  const t = useT();
  const { api } = useServices();
  const { order } = props;
  const [writing, setWriting] = useState(false);
  const disputes = useQuery({
    queryKey: ['disputes', order.id],
    queryFn: () => api.disputes(order.id),
    refetchInterval: ({ state }) => (state.data?.some((one) => OPEN.has(one.state)) ? LOOK_MS : false),
  });
  const open = disputes.data?.some((one) => OPEN.has(one.state)) ?? false;
  return (
    <>
      {disputes.data?.map((dispute) => (
        <OneDispute key={dispute.id} dispute={dispute} currency={order.price.currency} />
      ))}
      {writing && !open ? (
        <DisputeForm orderId={order.id} onDone={() => setWriting(false)} />
      ) : (
        !open && (
          <Button onPress={() => setWriting(true)} testID="dispute">
            {t('dispute.start')}
          </Button>
        )
      )}
    </>
  );
}

function DisputeForm(props: { orderId: string; onDone: () => void }) {
  const t = useT();
  const { api } = useServices();
  const [kind, setKind] = useState<DisputeKind | null>(null);
  const [note, setNote] = useState('');
  const send = useAction(
    (key, dispute: { kind: DisputeKind; note: string }) => api.openDispute(props.orderId, dispute, key),
    { refresh: ['disputes'], onDone: props.onDone },
  );
  const text = note.trim();
  return (
    <Card testID="dispute-form">
      <Txt variant="heading">{t('dispute.start')}</Txt>
      <Txt variant="small" tone="text2">
        {t('dispute.about')}
      </Txt>
      <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: 8 }}>
        {KINDS.map((value) => (
          <Chip
            key={value}
            selected={kind === value}
            mode={kind === value ? 'flat' : 'outlined'}
            showSelectedCheck={false}
            onPress={() => setKind(value)}
            testID={`dispute-${value}`}
          >
            {t(`dispute.kind.${value}`)}
          </Chip>
        ))}
      </View>
      <TextInput
        mode="outlined"
        label={t('dispute.note')}
        value={note}
        onChangeText={setNote}
        multiline
        maxLength={1_000}
        testID="dispute-note"
      />
      <ActionError error={send.error} />
      <View style={{ flexDirection: 'row', gap: 8 }}>
        <Button style={{ flex: 1 }} onPress={props.onDone}>
          {t('action.close')}
        </Button>
        <Button
          mode="contained"
          style={{ flex: 1 }}
          loading={send.busy}
          disabled={kind === null || text.length < MIN_NOTE || send.busy}
          onPress={() => kind !== null && send.run({ kind, note: text })}
          testID="dispute-send"
        >
          {t('report.send')}
        </Button>
      </View>
    </Card>
  );
}

function OneDispute(props: { dispute: Dispute; currency: string }) {
  const t = useT();
  const { language } = usePreferences();
  const { api } = useServices();
  const { dispute } = props;
  const withdraw = useAction((_key, id: string) => api.withdrawDispute(id), { refresh: ['disputes'] });
  return (
    <Card testID={`dispute-${dispute.state}`}>
      <View style={{ flexDirection: 'row', alignItems: 'center', gap: 8 }}>
        <Txt variant="heading" style={{ flex: 1 }}>
          {t(`dispute.kind.${dispute.kind}`)}
        </Txt>
        <Pill tone={TONES[dispute.state]}>{t(`dispute.state.${dispute.state}`)}</Pill>
      </View>
      <Txt tone="text2">{dispute.note}</Txt>
      <View>
        {dispute.refundFen !== null && dispute.refundFen > 0 && (
          <Row name={t(dispute.refundId === null ? 'dispute.refundComing' : 'dispute.refund')}>
            <Txt testID="dispute-refund">{formatFen(dispute.refundFen, language, props.currency)}</Txt>
          </Row>
        )}
        <Row name={t('dispute.since')} last>
          {formatTime(dispute.createdAt, language)}
        </Row>
      </View>
      {dispute.resolution !== null && <Txt>{t('dispute.answer', { text: dispute.resolution })}</Txt>}
      <ActionError error={withdraw.error} />
      {OPEN.has(dispute.state) && (
        <Button
          mode="outlined"
          loading={withdraw.busy}
          disabled={withdraw.busy}
          onPress={() => withdraw.run(dispute.id)}
          testID="dispute-withdraw"
        >
          {t('dispute.withdraw')}
        </Button>
      )}
    </Card>
  );
}
