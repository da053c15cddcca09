import { BarChart, HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import { type ECharts, type EChartsCoreOption, init, use as register } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { usePreferences } from '../../lib/preferences.js';
import styles from './chart.module.css';

/** Colours of the page, read where they are defined. */
export type ChartColours = {
  font: string;
  text: string;
  line: string;
  surface: string;
  tone: (tone: string) => string;
};

function pageColours(): ChartColours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    // Texts are measured before they are drawn, so the family must be the real one.
    font: getComputedStyle(document.body).fontFamily,
    text: read('--text-2'),
    line: read('--line'),
    surface: read('--surface'),
    tone: (tone) => read(`--${tone}`),
  };
}

/** What was picked: the index of the datum, and what it was given as `name` and `value`. */
export type Picked = { name: string; seriesName: string; dataIndex: number; value: unknown };

/**
 * An ECharts chart that follows size and appearance. `option` gets the page's colours. `label` says what is drawn; the same figures belong into a
 * table or into tiles beside it. `onPick` makes data lead to the rows behind them.
 */
export function Chart(props: {
  label: string;
  height?: number;
  option: (colours: ChartColours) => EChartsCoreOption;
  onPick?: (picked: Picked) => void;
}) {
  const { dark } = usePreferences();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const pick = useRef(props.onPick);
  pick.current = props.onPick;
  const { option } = props;

  useEffect(() => {
    if (!box.current) return;
    register([
      LineChart,
      BarChart,
      HeatmapChart,
      ScatterChart,
      GridComponent,
      TooltipComponent,
      LegendComponent,
      DataZoomComponent,
      VisualMapComponent,
      MarkLineComponent,
      AriaComponent,
      SVGRenderer,
    ]);
    const made = init(box.current, undefined, { renderer: 'svg' });
    made.on('click', (event) => pick.current?.(event as unknown as Picked));
    const size = new ResizeObserver(() => made.resize());
    size.observe(box.current);
    chart.current = made;
    return () => {
      size.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read anew when the appearance changes
  useEffect(() => {
    const colours = pageColours();
    chart.current?.setOption(
      {
        textStyle: { fontFamily: colours.font, color: colours.text },
        animationDuration: 250,
        aria: { enabled: false },
        ...option(colours),
      },
      { notMerge: true },
    );
  }, [option, dark]);

  return (
    <div
      ref={box}
      className={styles.chart}
      style={{ height: props.height ?? 260 }}
      role="img"
      aria-label={props.label}
      data-testid="chart"
    />
  );
}

/** Axes and grid in the page's colours. */
export const axisOf = (colours: ChartColours) => ({
  axisLine: { lineStyle: { color: colours.line } },
  axisTick: { show: false },
  axisLabel: { color: colours.text, hideOverlap: true },
  splitLine: { lineStyle: { color: colours.line } },
  nameTextStyle: { color: colours.text },
});
export const tooltipOf = (colours: ChartColours) => ({
  backgroundColor: colours.surface,
  borderColor: colours.line,
  textStyle: { color: colours.text, fontSize: 12 },
  confine: true,
});
export const GRID = {
  left: 8,
  right: 16,
  top: 28,
  bottom: 8,
  outerBoundsMode: 'same',
  outerBoundsContain: 'axisLabel',
};
