import { useQuery } from '@tanstack/react-query';
import type { PublicStation } from '@voltbay/protocol/api';
import { View } from 'react-native';
import { SlotBoard } from '../../components/ui/slot-board.js';
import { SlotStrip } from '../../components/ui/slot-strip.js';
import { Txt } from '../../components/ui/txt.js';
import { useAccount } from '../../lib/account/use-account.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices, useSessionPhase } from '../../lib/services.js';

const REFRESH_MS = 5_000;

/** What stands in each slot right now; as long as that is not known, how many slots are good for what. */
export function LiveSlots(props: { station: PublicStation }) {
  const { station } = props;
  const { api } = useServices();
  const detail = useQuery({
    queryKey: ['station', station.id],
    queryFn: () => api.station(station.id),
    refetchInterval: REFRESH_MS,
  });
  const signedIn = useSessionPhase() === 'signed-in';
  if (!detail.data || detail.data.slots.length === 0) return <SlotStrip station={station} />;
  return signedIn ? (
    <MySlots slots={detail.data.slots} />
  ) : (
    <SlotBoard slots={detail.data.slots} packClasses={[]} />
  );
}

/** With the slots marked that hold packs of the rider's vehicles. */
function MySlots(props: { slots: React.ComponentProps<typeof SlotBoard>['slots'] }) {
  const t = useT();
  const { vehicles } = useAccount();
  const classes = [...new Set((vehicles.data ?? []).map(({ packClass }) => packClass))];
  const mine = props.slots.filter(
    ({ state, packClass }) => state === 'ready' && packClass !== null && classes.includes(packClass),
  );
  return (
    <View style={{ gap: 10 }}>
      {classes.length > 0 && (
        <Txt variant="strong" testID="my-slots">
          {mine.length > 0
            ? t('slots.mine', { slots: mine.map(({ slot }) => slot).join(t('slots.comma')) })
            : t('slots.noneMine', { name: classes.join(', ') })}
        </Txt>
      )}
      <SlotBoard slots={props.slots} packClasses={classes} />
    </View>
  );
}
