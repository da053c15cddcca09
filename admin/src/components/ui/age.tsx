import { ageOf, formatTime } from '@voltbay/protocol/client';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useNow } from '../../lib/use-now.js';

/** Words for an age that moves with the clock. */
export function useAge(): (at: string | number | null) => string {
  const t = useT();
  const now = useNow();
  return (at) => {
    if (at === null) return t('age.never');
    const age = ageOf(typeof at === 'number' ? at : Date.parse(at), now);
    return t(`age.${age.unit}`, { value: age.value });
  };
}

/** "12 s ago", with the exact time on hover. */
export function AgeText(props: { at: string | number | null | undefined }) {
  const age = useAge();
  const { language } = usePreferences();
  if (props.at === null || props.at === undefined) return <span>{age(null)}</span>;
  const iso = typeof props.at === 'number' ? new Date(props.at).toISOString() : props.at;
  return (
    <time dateTime={iso} title={formatTime(iso, language)}>
      {age(props.at)}
    </time>
  );
}

export function TimeText(props: { at: string | null | undefined; style?: 'date-time' | 'time' | 'date' }) {
  const { language } = usePreferences();
  return props.at ? (
    <time dateTime={props.at}>{formatTime(props.at, language, props.style)}</time>
  ) : (
    <span className="muted">–</span>
  );
}
