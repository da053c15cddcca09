import type { PublicStation } from '@voltbay/protocol/api';
import { Notice } from '../../components/ui/states.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { openingOf, openingText } from '../../lib/stations/opening.js';

/** From when the place of a station can be entered again, in words; null while it is open, or unknown. */
export function useShutUntil(station: PublicStation | null): string | null {
  const t = useT();
  const { language } = usePreferences();
  const now = Date.now();
  const opening = station === null ? null : openingOf(station, now);
  if (opening === null || opening.open) return null;
  return openingText(opening, t, language, now) ?? t('hours.never');
}

/** Told before the swap is asked for; the hub has the last word then. */
export function ShutNotice(props: { until: string }) {
  const t = useT();
  return (
    <Notice
      tone="charging"
      icon="clock"
      title={t('reason.CLOSED')}
      text={t('hours.shutNow', { until: props.until, next: t('next.CLOSED') })}
    />
  );
}
