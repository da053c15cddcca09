import { useState } from 'react';
import { View } from 'react-native';
import { Button, Chip, TextInput } from 'react-native-paper';
import { SignInForm } from '../../components/sign-in/sign-in-form.js';
import { ActionError } from '../../components/ui/action-error.js';
import { Card } from '../../components/ui/screen.js';
import { Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { ReportKind } from '../../lib/api/care-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices, useSessionPhase } from '../../lib/services.js';

const KINDS = [
  'danger',
  'door-stuck',
  'pack-problem',
  'screen-or-reader',
  'app-or-payment',
  'cannot-reach',
  'dirty-or-damaged',
  'other',
] as const satisfies readonly ReportKind[];

/** Tells the operators what is wrong at a station. */
export function ReportProblem(props: { stationId: string }) {
  const t = useT();
  const { api } = useServices();
  const signedIn = useSessionPhase() === 'signed-in';
  const [open, setOpen] = useState(false);
  const [kind, setKind] = useState<ReportKind | null>(null);
  const [note, setNote] = useState('');
  const [sent, setSent] = useState(false);
  const send = useAction(
    (key, report: { kind: ReportKind; note?: string }) => api.reportStation(props.stationId, report, key),
    { onDone: () => setSent(true) },
  );
  if (!open)
    return (
      <Button icon="flag" onPress={() => setOpen(true)} testID="report-problem">
        {t('report.title')}
      </Button>
    );
  if (!signedIn) return <SignInForm expired={false} />;
  if (sent)
    return (
      <View testID="report-sent">
        <Notice tone="ready" icon="check" title={t('report.sent')} text={t('report.sentText')} />
      </View>
    );
  const text = note.trim();
  return (
    <Card>
      <Txt variant="heading">{t('report.title')}</Txt>
      <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: 8 }}>
        {KINDS.map((value) => (
          <Chip
            key={value}
            selected={kind === value}
            mode={kind === value ? 'flat' : 'outlined'}
            showSelectedCheck={false}
            onPress={() => setKind(value)}
            testID={`report-${value}`}
          >
            {t(`report.kind.${value}`)}
          </Chip>
        ))}
      </View>
      {kind === 'danger' && <Notice tone="fault" icon="alert" title={t('report.dangerText')} />}
      <TextInput
        mode="outlined"
        label={t('report.note')}
        value={note}
        onChangeText={setNote}
        multiline
        maxLength={500}
        testID="report-note"
      />
      <ActionError error={send.error} />
      <View style={{ flexDirection: 'row', gap: 8 }}>
        <Button style={{ flex: 1 }} onPress={() => setOpen(false)}>
          {t('action.close')}
        </Button>
        <Button
          mode="contained"
          style={{ flex: 1 }}
          disabled={kind === null || send.busy}
          loading={send.busy}
          onPress={() => kind !== null && send.run({ kind, ...(text === '' ? {} : { note: text }) })}
          testID="report-send"
        >
          {t('report.send')}
        </Button>
      </View>
    </Card>
  );
}
