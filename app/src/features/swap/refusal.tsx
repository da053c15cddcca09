import { useRouter } from 'expo-router';
import { Button } from 'react-native-paper';
import { Notice } from '../../components/ui/states.js';
import type { StartOutcome } from '../../lib/api/rider-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';

/** Why it did not start, and what the rider can do now. */
export function Refusal(props: {
  outcome: Extract<StartOutcome, { kind: 'refused' }>;
  onOtherStation: () => void;
}) {
  const t = useT();
  const router = useRouter();
  const { code, reason } = props.outcome;
  const title = reason
    ? t.code('reason', reason, 'error.STATION_REFUSED')
    : t.code('error', code, 'error.UNEXPECTED');
  const next = reason ? t.code('next', reason, 'next.other') : undefined;
  return (
    <Notice
      tone="fault"
      icon="alert"
      title={title}
      text={next ? `${t('money.none')} ${next}` : t('money.none')}
    >
      {code === 'INSUFFICIENT_BALANCE' ? (
        <Button mode="outlined" onPress={() => router.push('/me/wallet')}>
          {t('wallet.topUp')}
        </Button>
      ) : code === 'STATION_OFFLINE' ? (
        <Button mode="outlined" icon="pass" onPress={() => router.push('/pass')}>
          {t('pass.use')}
        </Button>
      ) : (
        <Button mode="outlined" onPress={props.onOtherStation}>
          {t('swap.otherStation')}
        </Button>
      )}
    </Notice>
  );
}
