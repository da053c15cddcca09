import { ScrollView, useWindowDimensions, View } from 'react-native';
import { Chip } from 'react-native-paper';
import { WIDE_FROM } from '../../components/ui/columns.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import type { StationFilter } from '../../lib/stations/station-filter.js';

/** What is shown, and in which order: one line that is scrolled sideways on phones, as many as it takes where there is room. */
export function StationFilters(props: {
  filter: StationFilter;
  classes: readonly string[];
  onChange: (filter: StationFilter) => void;
}) {
  const t = useT();
  const { filter, onChange } = props;
  const wide = useWindowDimensions().width >= WIDE_FROM;
  const chips = [
    {
      id: 'sort',
      on: filter.sort === 'ready',
      label: t('stations.byReady'),
      next: { ...filter, sort: filter.sort === 'ready' ? ('distance' as const) : ('ready' as const) },
    },
    {
      id: 'usable',
      on: filter.usable,
      label: t('stations.usableOnly'),
      next: { ...filter, usable: !filter.usable },
    },
    { id: 'open', on: filter.open, label: t('stations.openOnly'), next: { ...filter, open: !filter.open } },
    {
      id: 'favourites',
      on: filter.favourites,
      label: t('stations.favourites'),
      next: { ...filter, favourites: !filter.favourites },
    },
    ...(props.classes.length > 1
      ? props.classes.map((name) => ({
          id: `class-${name}`,
          on: filter.packClass === name,
          label: t('stations.class', { name }),
          next: { ...filter, packClass: filter.packClass === name ? null : name },
        }))
      : []),
  ];
  const choices = chips.map((chip) => (
    <Chip
      key={chip.id}
      selected={chip.on}
      showSelectedCheck={false}
      mode={chip.on ? 'flat' : 'outlined'}
      onPress={() => onChange(chip.next)}
      testID={`filter-${chip.id}`}
    >
      {chip.label}
    </Chip>
  ));
  if (wide) return <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: 8 }}>{choices}</View>;
  return (
    <ScrollView
      horizontal
      showsHorizontalScrollIndicator={false}
      contentContainerStyle={{ gap: 8 }}
      style={{ flexGrow: 0 }}
    >
      {choices}
    </ScrollView>
  );
}
