import { useRouter } from 'expo-router';
import { Button } from 'react-native-paper';
import { Notice } from '../../components/ui/states.js';
import type { StartOutcome } from '../../lib/api/rider-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { clockTime } from '../../lib/time/clock-time.js';

/** Why it did not start, and what the rider can do now. */
export function Refusal(props: {
  outcome: Extract<StartOutcome, { kind: 'refused' }>;
  /** When the station will have one more pack that fits. */
  nextReadyAt: string | null;
  /** From when the place can be entered again, in words. */
  shutUntil: string | null;
  onOtherStation: () => void;
}) {
  const t = useT();
  const router = useRouter();
  const { language } = usePreferences();
  const { code, reason } = props.outcome;
  const title = reason
    ? t.code('reason', reason, 'error.STATION_REFUSED')
    : t.code('error', code, 'error.UNEXPECTED');
  const next = reason ? t.code('next', reason, 'next.other') : undefined;
  const wait =
    reason === 'NO_PACK_READY' && props.nextReadyAt !== null
      ? t('next.readyAt', { time: clockTime(props.nextReadyAt, language) })
      : null;
  const opens =
    reason === 'CLOSED' && props.shutUntil !== null
      ? t('hours.shutNow', { until: props.shutUntil, next: '' }).trim()
      : null;
  return (
    <Notice
      tone="fault"
      icon="alert"
      title={title}
      text={[t('money.none'), opens, next, wait].filter(Boolean).join(' ')}
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
