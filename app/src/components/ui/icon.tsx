import Svg, { Circle, Path, Rect } from 'react-native-svg';

const SHAPES = {
  stations: (
    <>
      <Path d="M12 21s7-6.2 7-11.5A7 7 0 0 0 5 9.5C5 14.8 12 21 12 21z" />
      <Circle cx={12} cy={9.5} r={2.5} />
    </>
  ),
  swap: <Path d="M5 8.5h13l-3.5-3.5M19 15.5H6l3.5 3.5" />,
  me: (
    <>
      <Circle cx={12} cy={8} r={3.7} />
      <Path d="M4.8 20c.9-3.7 3.8-5.5 7.2-5.5s6.3 1.8 7.2 5.5" />
    </>
  ),
  locate: (
    <>
      <Circle cx={12} cy={12} r={6} />
      <Path d="M12 2.5V6M12 18v3.5M2.5 12H6M18 12h3.5" />
    </>
  ),
  scan: (
    <Path d="M4 8V5.5A1.5 1.5 0 0 1 5.5 4H8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M20 16v2.5a1.5 1.5 0 0 1-1.5 1.5H16M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16M4 12h16" />
  ),
  check: <Path d="m5 12.5 4.5 4.5L19 7" />,
  alert: <Path d="M12 4 3 20h18zM12 10v4.5M12 17v.1" />,
  clock: (
    <>
      <Circle cx={12} cy={12} r={8} />
      <Path d="M12 7.5V12l3 2" />
    </>
  ),
  back: <Path d="m14.5 5-7 7 7 7" />,
  next: <Path d="m9.5 5 7 7-7 7" />,
  /** Into a box, out of one, a door that is pressed shut. */
  into: <Path d="M12 3v10M8 9.5l4 4 4-4M5 13v5.5A1.5 1.5 0 0 0 6.5 20h11a1.5 1.5 0 0 0 1.5-1.5V13" />,
  outOf: <Path d="M12 14V4M8 7.5l4-4 4 4M5 13v5.5A1.5 1.5 0 0 0 6.5 20h11a1.5 1.5 0 0 0 1.5-1.5V13" />,
  shut: <Path d="M18.5 4v16M4 12h10M10.5 8.5 14 12l-3.5 3.5" />,
  close: <Path d="m6 6 12 12M18 6 6 18" />,
  bike: (
    <>
      <Circle cx={6} cy={16.5} r={3} />
      <Circle cx={18} cy={16.5} r={3} />
      <Path d="M6 16.5h5l4-7h2.5M15 9.5l3 7M13 6h3.5" />
    </>
  ),
  battery: (
    <>
      <Rect x={6} y={5} width={12} height={16} rx={2} />
      <Path d="M10 5V3h4v2M12.8 9l-3 4h4.4l-3 4" />
    </>
  ),
  wallet: (
    <>
      <Rect x={3.5} y={6.5} width={17} height={13} rx={2.5} />
      <Path d="M3.5 10.5h17M16.5 15h.1M6 6.5l9-3v3" />
    </>
  ),
  plan: (
    <>
      <Rect x={4} y={5} width={16} height={15} rx={2} />
      <Path d="M4 9.5h16M8.5 3v4M15.5 3v4M8.5 14.5l2.3 2.3 4.7-4.6" />
    </>
  ),
  coupon: (
    <Path d="M4 7h16v3.5a1.8 1.8 0 0 0 0 3.5v3.5H4V14a1.8 1.8 0 0 0 0-3.5zM13.5 7v2M13.5 11.5v1.5M13.5 15.5v2" />
  ),
  receipt: <Path d="M6 3.5h12v17l-3-2-3 2-3-2-3 2zM9 8.5h6M9 12.5h6" />,
  bell: <Path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4" />,
  shield: <Path d="M12 3.5 5 6v5.5c0 4.5 3 7.6 7 9 4-1.4 7-4.5 7-9V6z" />,
  info: (
    <>
      <Circle cx={12} cy={12} r={8.5} />
      <Path d="M12 11v5M12 8v.1" />
    </>
  ),
  star: <Path d="m12 4 2.4 5 5.6.8-4 3.9.9 5.5-4.9-2.6-4.9 2.6.9-5.5-4-3.9 5.6-.8z" />,
  pass: (
    <>
      <Rect x={4} y={4} width={6} height={6} rx={1} />
      <Rect x={14} y={4} width={6} height={6} rx={1} />
      <Rect x={4} y={14} width={6} height={6} rx={1} />
      <Path d="M14 14h2.5v2.5H14zM20 14v2M18.5 20H20v-1.5M14 20h1.5" />
    </>
  ),
  flag: <Path d="M6 21V4.5M6 5c4-2.5 7 2 12 0v8.5c-5 2-8-2.5-12 0" />,
} as const;

export type IconName = keyof typeof SHAPES;

/** Line icons drawn here, so that no icon font has to be loaded. Decorative: the text beside them says what they mean. */
export function Icon(props: { name: IconName; color: string; size?: number }) {
  const { size = 22 } = props;
  return (
    <Svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke={props.color}
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      {SHAPES[props.name]}
    </Svg>
  );
}

export const isIconName = (name: unknown): name is IconName => typeof name === 'string' && name in SHAPES;
