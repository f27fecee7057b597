/** The cost board's question and its answer as chart and table. Pure. */
import type { BucketSize, CostDimensions, CostList, Dimension } from '../api/types';
import { seriesColour } from '../format/colour';
import type { Chart, Line } from '../overview/series';
import { carried, changed, withParams } from '../router';
import { withFilter } from '../state/filters';

export const DIMENSIONS: Dimension[] = [
  'model',
  'provider',
  'service',
  'feature',
  'team',
  'user',
  'session',
  'workflow',
  'node',
  'agent',
  'tag',
  'environment',
  'prompt_name',
  'prompt_version',
  'operation',
  'project',
];

export const BUCKETS: BucketSize[] = ['hour', 'day', 'week', 'month'];

const STEPS: Record<BucketSize, number> = {
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 7 * 86_400,
  month: 30 * 86_400,
};

/** Lines of their own; eight colours can be told apart, and one is for the rest. */
const LEADERS = 7;

export function label(dimension: Dimension): string {
  return dimension.replaceAll('_', ' ');
}

function known(name: string | null): Dimension | null {
  return DIMENSIONS.find((dimension) => dimension === name) ?? null;
}

/** The one or two dimensions that the URL groups by; `model` when it says nothing. */
export function groupsOf(params: URLSearchParams): Dimension[] {
  const first = known(params.get('by')) ?? 'model';
  const second = known(params.get('and'));
  return second && second !== first ? [first, second] : [first];
}

export function bucketOf(params: URLSearchParams): BucketSize | null {
  return BUCKETS.find((bucket) => bucket === params.get('bucket')) ?? null;
}

/** The values of a group, in the order of `by`. */
export function valuesOf(row: CostDimensions, by: Dimension[]): (string | null)[] {
  return by.map((dimension) => row[dimension] ?? null);
}

/** `gpt-4o · search`; what carries no value is said so. */
export function nameOf(values: (string | null)[], by: Dimension[]): string {
  return values.map((value, at) => value ?? `no ${label(by[at] as Dimension)}`).join(' · ');
}

function filtered(params: URLSearchParams, values: (string | null)[], by: Dimension[]): URLSearchParams {
  return values.reduce(
    (next, value, at) => withFilter(next, { field: by[at] as string, value: value ?? '' }),
    params,
  );
}

/** The traces behind a group, those that cost most first. */
export function tracesUrl(params: URLSearchParams, values: (string | null)[], by: Dimension[]): string {
  return withParams('/traces', changed(filtered(carried(params), values, by), { order: 'cost' }));
}

/** The board, of one group alone. */
export function filteredUrl(params: URLSearchParams, values: (string | null)[], by: Dimension[]): string {
  return withParams('/costs', filtered(params, values, by));
}

/** The colour of a group is that of its name. */
export function colourOf(values: (string | null)[]): string {
  return seriesColour(values.filter(Boolean).join(' · ') || null);
}

/** A sum of amounts of which some are not known; `null` while none is, because that is not nothing. */
function plus(sum: number | null, amount: number | null): number | null {
  return amount === null ? sum : (sum ?? 0) + amount;
}

/** Stacked bars: the most expensive groups, and the rest in one. Empty buckets stand as such. */
export function toChart(list: CostList, by: Dimension[]): Chart {
  const place = new Map(list.buckets.map((start, index) => [start, index]));
  const groups = new Map<string, Line>();
  for (const row of list.items) {
    const name = nameOf(valuesOf(row, by), by);
    let line = groups.get(name);
    if (!line) {
      line = {
        name,
        colour: colourOf(valuesOf(row, by)),
        values: list.buckets.map(() => 0),
        total: null,
        value: null,
        rest: false,
        group: valuesOf(row, by),
      };
      groups.set(name, line);
    }
    const at = place.get(row.bucket_start ?? '');
    if (at === undefined) continue;
    line.values[at] = (line.values[at] ?? 0) + (row.cost_usd ?? 0);
    line.total = plus(line.total, row.cost_usd);
  }
  const sorted = [...groups.values()].sort((one, other) => (other.total ?? 0) - (one.total ?? 0));
  const lines = sorted.slice(0, LEADERS);
  const rest = sorted.slice(LEADERS);
  if (rest.length > 0) {
    const sum = (at: number) => rest.reduce((total, line) => total + (line.values[at] ?? 0), 0);
    lines.push({
      name: `${rest.length} more`,
      colour: 'var(--series-other)',
      values: list.buckets.map((_, at) => sum(at)),
      total: rest.reduce((total, line) => plus(total, line.total), null as number | null),
      value: null,
      rest: true,
    });
  }
  return {
    starts: list.buckets.map((start) => Date.parse(start) / 1000),
    lines,
    step: STEPS[list.bucket ?? 'day'],
  };
}
