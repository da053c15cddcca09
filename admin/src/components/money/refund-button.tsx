import { formatFen } from '@voltbay/protocol/client';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { FormButton } from '../ui/act.js';
import { approvalNotice } from './approval-notice.js';

const MAX_REASON = 80;

/** Asks for an amount and a reason. Above the limit of the settings a second person decides, which is then said. */
export function RefundButton(props: {
  leftFen: number;
  text: string;
  send: (
    refund: { amountFen: number; reason: string },
    idempotencyKey: string,
  ) => Promise<{ response: Response }>;
}) {
  const t = useT();
  const { language } = usePreferences();
  return (
    <FormButton<{ amountFen: number }>
      danger
      label={t('refund.start')}
      testId="refund"
      text={props.text}
      note={{ label: t('refund.reason'), max: MAX_REASON }}
      initial={{ amountFen: props.leftFen }}
      fields={[
        {
          name: 'amountFen',
          label: t('refund.amount'),
          kind: 'yuan',
          min: 0.01,
          max: props.leftFen / 100,
        },
      ]}
      preview={({ amountFen }) => (
        <p className="muted">{t('refund.confirm', { amount: formatFen(amountFen, language) })}</p>
      )}
      onSubmit={async ({ amountFen }, key, note) =>
        approvalNotice(t, await props.send({ amountFen, reason: note }, key))
      }
    />
  );
}
