import { useQuery } from '@tanstack/react-query';
import { formatFen } from '@voltbay/protocol/client';
import { Row } from '../../components/ui/screen.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices, useSessionPhase } from '../../lib/services.js';

/** What a swap there costs this rider now; who is not signed in sees nothing, since the price is their own. */
export function StationPrice(props: { stationId: string }) {
  const t = useT();
  const { language } = usePreferences();
  const { api } = useServices();
  const signedIn = useSessionPhase() === 'signed-in';
  const price = useQuery({
    queryKey: ['price', props.stationId],
    queryFn: () => api.price(props.stationId),
    enabled: signedIn,
  });
  if (!price.data) return null;
  return <Row name={t('station.price')}>{formatFen(price.data.totalFen, language)}</Row>;
}
