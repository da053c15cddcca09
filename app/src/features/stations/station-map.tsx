import { Pressable, View } from 'react-native';
import Svg, { Circle, G, Line, Path, Rect, Text as SvgText } from 'react-native-svg';
import { useT } from '../../lib/i18n/create-i18n.js';
import type { Place } from '../../lib/location/locate.js';
import { usePalette } from '../../lib/preferences.js';
import { distanceText, type NearStation } from '../../lib/stations/distance.js';
import { layoutMap } from './map-layout.js';

const SIZE = { width: 600, height: 300, padding: 52 };
const GRID = 50;
const TAP = 44;

/** Stations where they are, without tiles or keys: works with no network. The number is the packs that are ready. */
export function StationMap(props: {
  stations: readonly NearStation[];
  place: Place | null;
  selected: string | null;
  onSelect: (id: string) => void;
}) {
  const t = useT();
  const palette = usePalette();
  const located = props.stations.flatMap((near) =>
    near.station.location ? [{ near, location: near.station.location }] : [],
  );
  if (located.length === 0) return null;
  const map = layoutMap(
    [...located.map(({ location }) => location), ...(props.place ? [props.place] : [])],
    SIZE,
  );
  const you = props.place ? map.at(props.place) : null;

  return (
    <View
      style={{
        borderRadius: 16,
        overflow: 'hidden',
        borderWidth: 1,
        borderColor: palette.line,
        aspectRatio: SIZE.width / SIZE.height,
      }}
      testID="station-map"
      aria-label={t('stations.map', { count: located.length })}
    >
      <Svg width="100%" height="100%" viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} aria-hidden>
        <Rect width={SIZE.width} height={SIZE.height} fill={palette.mapLand} />
        {Array.from({ length: SIZE.width / GRID }, (_, index) => (
          <Line
            // biome-ignore lint/suspicious/noArrayIndexKey: grid lines never move
            key={`v${index}`}
            x1={index * GRID}
            x2={index * GRID}
            y1={0}
            y2={SIZE.height}
            stroke={palette.mapRing}
            strokeWidth={0.7}
          />
        ))}
        {Array.from({ length: SIZE.height / GRID }, (_, index) => (
          <Line
            // biome-ignore lint/suspicious/noArrayIndexKey: grid lines never move
            key={`h${index}`}
            x1={0}
            x2={SIZE.width}
            y1={index * GRID}
            y2={index * GRID}
            stroke={palette.mapRing}
            strokeWidth={0.7}
          />
        ))}
        {you && (
          <G>
            <Circle cx={you.x} cy={you.y} r={26} fill={palette.tone.swap.solid} opacity={0.16} />
            <Circle
              cx={you.x}
              cy={you.y}
              r={8}
              fill={palette.tone.swap.solid}
              stroke={palette.surface}
              strokeWidth={3}
            />
          </G>
        )}
        {[...located].reverse().map(({ near, location }) => {
          const { x, y } = map.at(location);
          const color = near.usable ? palette.tone.ready.solid : palette.tone.empty.solid;
          const big = near.station.id === props.selected;
          return (
            <G key={near.station.id} transform={`translate(${x} ${y}) scale(${big ? 1.35 : 1})`}>
              <Path
                d="M0 0 C-6 -10 -17 -16 -17 -29 A17 17 0 0 1 17 -29 C17 -16 6 -10 0 0 Z"
                fill={color}
                stroke={palette.surface}
                strokeWidth={2}
              />
              <SvgText y={-23.5} fontSize={17} fontWeight="700" fill={palette.surface} textAnchor="middle">
                {String(near.readyCount)}
              </SvgText>
            </G>
          );
        })}
        <G transform={`translate(16 ${SIZE.height - 16})`}>
          <Path d={`M0 -6 V0 H${map.scale.width} V-6`} stroke={palette.text2} strokeWidth={1.5} fill="none" />
          <SvgText x={map.scale.width + 8} y={2} fontSize={14} fill={palette.text2}>
            {distanceText(map.scale.metres)}
          </SvgText>
        </G>
      </Svg>
      {located.map(({ near, location }) => {
        const { x, y } = map.at(location);
        return (
          <Pressable
            key={near.station.id}
            role="button"
            aria-label={`${near.station.name}, ${t('station.readyCount', { count: near.readyCount })}`}
            testID={`pin-${near.station.id}`}
            onPress={() => props.onSelect(near.station.id)}
            style={{
              position: 'absolute',
              left: `${(x / SIZE.width) * 100}%`,
              top: `${((y - 24) / SIZE.height) * 100}%`,
              width: TAP,
              height: TAP,
              marginLeft: -TAP / 2,
              marginTop: -TAP / 2,
            }}
          />
        );
      })}
    </View>
  );
}
