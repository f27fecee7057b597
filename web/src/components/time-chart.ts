/** The uPlot options of our charts: stacked bars or lines over time, hover, and a brush that zooms. */
import uPlot from 'uplot';
import { formatMarks } from '../format/time';
import { axisTexts } from './axis';
import { pointsOf, stack, type Chart } from '../overview/series';

export interface ChartLook {
  shape: 'bars' | 'lines';
  /** Without axes and grid: a strip above a list. */
  compact: boolean;
  height: number;
  width: number;
  axisText: (value: number) => string;
  onhover: (index: number | null, left: number) => void;
  onbrush: (sinceSeconds: number, untilSeconds: number) => void;
  /** A click that brushes nothing: the bucket, and the value at its height. */
  onpick?: ((index: number, value: number) => void) | undefined;
}

/** A canvas knows no custom properties: the computed colour of `css` inside `element`. */
function computed(element: HTMLElement, css: string): string {
  const probe = document.createElement('i');
  probe.style.color = css;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

export function chartData(chart: Chart, shape: ChartLook['shape']): uPlot.AlignedData {
  const values = chart.lines.map((line) => line.values);
  // The total is drawn first and the lower sums over it, so that each bar shows its own part.
  const drawn = shape === 'bars' ? stack(values).reverse() : values;
  // A line's point stands for its whole bucket: in the middle of it. A bar reaches from start to start.
  const at = shape === 'bars' ? chart.starts : chart.starts.map((start) => start + chart.step / 2);
  return [at, ...drawn] as uPlot.AlignedData;
}

function timeMarks(chart: Chart, width: number): number[] {
  const every = Math.max(1, Math.ceil(chart.starts.length / Math.max(2, Math.floor(width / 110))));
  // Days are named in their middle, hours at their start.
  const shift = chart.step >= 20 * 3600 ? chart.step / 2 : 0;
  return chart.starts.filter((_, index) => index % every === 0).map((start) => start + shift);
}

export function chartOptions(chart: Chart, look: ChartLook, element: HTMLElement): uPlot.Options {
  const bars = look.shape === 'bars';
  const lines = bars ? [...chart.lines].reverse() : chart.lines;
  const paths = bars ? uPlot.paths.bars?.({ size: [0.82, 48], align: 1 }) : uPlot.paths.linear?.();
  const soft = computed(element, 'var(--text-soft)');
  const hairline = computed(element, 'var(--line)');
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const first = chart.starts[0] ?? 0;
  const end = (chart.starts.at(-1) ?? 0) + chart.step;
  const axes: uPlot.Axis[] = look.compact
    ? [{ show: false }, { show: false }]
    : [
        {
          stroke: soft,
          font,
          grid: { show: false },
          ticks: { show: false },
          gap: 6,
          size: 26,
          splits: () => timeMarks(chart, look.width),
          values: (_, marks) =>
            formatMarks(
              marks.map((mark) => new Date(mark * 1000)),
              chart.step * 1000,
            ),
        },
        {
          stroke: soft,
          font,
          grid: { stroke: hairline, width: 1 },
          ticks: { show: false },
          gap: 8,
          size: 62,
          space: 44,
          values: (_, marks) => axisTexts(marks, look.axisText),
        },
      ];
  return {
    width: look.width,
    height: look.height,
    padding: look.compact ? [2, 0, 0, 0] : [10, 8, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: !bars, size: 7 },
      drag: { x: true, y: false, setScale: false },
    },
    scales: {
      x: { time: true, range: [first, end] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.06 : 1] },
    },
    series: [
      {},
      ...lines.map((line): uPlot.Series => {
        const colour = computed(element, line.colour);
        return bars
          ? { fill: colour, stroke: colour, width: 0, paths, points: { show: false } }
          : {
              stroke: colour,
              width: 2,
              paths,
              points: { show: true, size: 6, fill: colour, filter: () => pointsOf(line.values) },
              spanGaps: false,
            };
      }),
    ],
    axes,
    hooks: {
      ready: [(plot) => watchClicks(plot, chart, look)],
      setCursor: [
        (plot) => {
          const { idx, left } = plot.cursor;
          const inside = idx != null && left != null && left >= 0;
          look.onhover(
            inside ? bucketAt(plot, chart, left) : null,
            (left ?? 0) + plot.bbox.left / devicePixelRatio,
          );
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          look.onbrush(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** A mouse moves a little while it clicks; more is a brush. */
const STILL_PX = 4;

function watchClicks(plot: uPlot, chart: Chart, look: ChartLook) {
  const { onpick } = look;
  if (!onpick) return;
  let from = 0;
  plot.over.addEventListener('mousedown', (event) => (from = event.clientX));
  plot.over.addEventListener('click', (event) => {
    if (Math.abs(event.clientX - from) >= STILL_PX) return;
    const box = plot.over.getBoundingClientRect();
    const index = bucketAt(plot, chart, event.clientX - box.left);
    if (index !== null) onpick(index, plot.posToVal(event.clientY - box.top, 'y'));
  });
}

/** uPlot finds the nearest start; a bar reaches from its start to the next one. */
function bucketAt(plot: uPlot, chart: Chart, left: number): number | null {
  const at = plot.posToVal(left, 'x');
  let index = chart.starts.length - 1;
  while (index > 0 && (chart.starts[index] as number) > at) index -= 1;
  return chart.starts.length ? index : null;
}
