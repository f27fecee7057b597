/** What can be asked of a metric, and its answer as a chart. Pure. */
import type { MetricName, MetricSeries } from '../api/types';
import { seriesColour } from '../format/colour';
import { formatDuration } from '../format/duration';
import { formatBytes } from '../format/number';
import type { Chart, Line } from '../overview/series';

export interface Choice {
  id: string;
  label: string;
  title: string;
}

const COUNTER: Choice[] = [
  { id: 'rate', label: 'Rate', title: 'How fast it grew, per second' },
  { id: 'increase', label: 'Growth', title: 'How much it grew in each step' },
];
const GAUGE: Choice[] = [
  { id: 'last', label: 'Last', title: 'The last level of each series, added up' },
  { id: 'avg', label: 'Mean', title: 'Mean level' },
  { id: 'min', label: 'Least', title: 'Lowest level' },
  { id: 'max', label: 'Most', title: 'Highest level' },
];
const HISTOGRAM: Choice[] = [
  { id: 'p50', label: 'p50', title: 'Half of the measurements are not above' },
  { id: 'p90', label: 'p90', title: 'Nine of ten are not above' },
  { id: 'p95', label: 'p95', title: 'Nineteen of twenty are not above' },
  { id: 'p99', label: 'p99', title: 'All but one of a hundred are not above' },
  { id: 'avg', label: 'Mean', title: 'Mean measurement' },
  { id: 'max', label: 'Most', title: 'Largest measurement' },
  { id: 'sum', label: 'Sum', title: 'Sum of the measurements' },
  { id: 'rate', label: 'Rate', title: 'Measurements per second' },
  { id: 'increase', label: 'Count', title: 'How many measurements there were' },
];

/** What makes sense to ask of a metric, the usual first. */
export function choices(metric: Pick<MetricName, 'kind' | 'temporality' | 'monotonic'>): Choice[] {
  if (metric.kind === 'gauge') return GAUGE;
  if (metric.kind === 'sum') {
    const level = metric.temporality !== 'delta' && metric.monotonic === false;
    return level ? GAUGE : COUNTER;
  }
  return HISTOGRAM;
}

/** The choice that holds: the one asked for when it makes sense, else the first. */
export function choice(
  metric: Pick<MetricName, 'kind' | 'temporality' | 'monotonic'>,
  asked: string | null,
): string {
  const all = choices(metric);
  return (all.find((each) => each.id === asked) ?? all[0])?.id ?? 'last';
}

/** Lines that can still be told apart; the others are in the table. */
const MOST_LINES = 12;

/** The answer as lines, largest first. */
export function toChart(series: MetricSeries): Chart {
  const step = series.step_ms / 1000;
  const first = Math.floor(Date.parse(series.since) / 1000 / step) * step;
  const end = Date.parse(series.until) / 1000;
  const starts: number[] = [];
  for (let at = first; at < end; at += step) starts.push(at);
  const lines = series.lines.map((line): Line => {
    const values: (number | null)[] = starts.map(() => null);
    for (const point of line.points) {
      const at = Math.round((Date.parse(point.time) / 1000 - first) / step);
      if (at >= 0 && at < values.length) values[at] = point.value;
    }
    const known = values.filter((value) => value !== null);
    const total = known.length ? known.reduce((sum, value) => sum + value, 0) : null;
    const name = line.group.map((value) => value || 'not told').join(' · ') || series.name;
    return { name, colour: seriesColour(name), values, total, value: null };
  });
  lines.sort((a, b) => (b.total ?? 0) - (a.total ?? 0));
  return { starts, lines: lines.slice(0, MOST_LINES), step };
}

/** What stands in a row of the table under the chart. */
export interface LineFigures {
  name: string;
  colour: string;
  last: number | null;
  least: number | null;
  mean: number | null;
  most: number | null;
}

export function figures(line: Line): LineFigures {
  const known = line.values.filter((value) => value !== null);
  const { name, colour } = line;
  if (known.length === 0) return { name, colour, last: null, least: null, mean: null, most: null };
  return {
    name,
    colour,
    last: known.at(-1) ?? null,
    least: Math.min(...known),
    mean: known.reduce((sum, value) => sum + value, 0) / known.length,
    most: Math.max(...known),
  };
}

const SECONDS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
};

/** A number short enough for an axis. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${(value / 1e9).toPrecision(3)}G`;
  if (size >= 1e6) return `${(value / 1e6).toPrecision(3)}M`;
  if (size >= 1e4) return `${(value / 1e3).toPrecision(3)}k`;
  return String(Number(value.toPrecision(4)));
}

/** How figures of a metric are written; a rate counts, whatever the unit of a histogram. */
export function writer(kind: string, unit: string, aggregate: string): (value: number | null) => string {
  const counts = aggregate === 'increase' || aggregate === 'rate';
  const own = counts && kind !== 'sum' && kind !== 'gauge' ? '' : unit;
  const rate = aggregate === 'rate' ? '/s' : '';
  const word = /^\{(.+)\}$/.exec(own)?.[1] ?? (own === '1' ? '' : own);
  const ms = SECONDS[own];
  return (value) => {
    if (value === null) return '—';
    if (ms !== undefined && !rate) return formatDuration(value * ms);
    if (own === 'By') return `${formatBytes(value)}${rate}`;
    return `${short(value)}${word ? ` ${word}` : ''}${rate}`;
  };
}

/** `key=value` as two parts. */
export function splitPair(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
