/** The table of the cost board: its columns and their order, and what was before. Pure. */
import type { CostList, CostRow, Dimension } from '../api/types';
import type { Column } from '../components/columns';
import { formatPercent } from '../format/number';
import { change } from '../overview/series';
import { nameOf, valuesOf } from './board';

/** Without those in which nothing stands: what was not cached, has no session, or did not fail. */
export function columnsOf(name: string, total: CostRow, before: Before): Column[] {
  const empty: Record<string, boolean> = {
    change: (before.get('') ?? null) === null,
    session: !total.sessions,
    saved: total.cache_saved_nano === null,
    failed: !total.failed_cost_nano,
    retried: total.retries === 0,
  };
  return all(name).filter(({ id }) => !empty[id]);
}

function all(name: string): Column[] {
  return [
    { id: 'name', label: name, order: 'name' },
    { id: 'trend', label: 'over time', minor: true },
    { id: 'cost', label: 'cost', number: true, order: 'cost' },
    { id: 'change', label: 'change', number: true, title: 'Against the time of the same length before' },
    { id: 'share', label: 'share', number: true, minor: true },
    { id: 'calls', label: 'calls', number: true, order: 'calls', minor: true },
    { id: 'each', label: 'a call', number: true, order: 'each', minor: true },
    {
      id: 'output',
      label: '1k out',
      number: true,
      order: 'output',
      minor: true,
      title: 'A thousand tokens that a model wrote',
    },
    { id: 'session', label: 'a session', number: true, order: 'session', minor: true },
    {
      id: 'saved',
      label: 'cache saved',
      number: true,
      order: 'saved',
      minor: true,
      title: 'What cached tokens would have cost, less what they did',
    },
    {
      id: 'failed',
      label: 'errors',
      number: true,
      order: 'failed',
      minor: true,
      title: 'Paid for calls that failed',
    },
    {
      id: 'retried',
      label: 'retries',
      number: true,
      order: 'retried',
      minor: true,
      title: 'Paid for calls that repeat a failed one',
    },
  ];
}

const RANK: Record<string, (row: CostRow) => number> = {
  cost: (row) => row.cost_nano ?? -1,
  calls: (row) => row.calls,
  each: (row) => row.cost_per_call_usd ?? -1,
  output: (row) => row.cost_per_1k_output_usd ?? -1,
  session: (row) => row.cost_per_session_usd ?? -1,
  saved: (row) => row.cache_saved_nano ?? Number.NEGATIVE_INFINITY,
  failed: (row) => row.failed_cost_nano ?? -1,
  retried: (row) => row.retry_cost_nano ?? -1,
};

export function ordered(rows: readonly CostRow[], by: Dimension[], order: string): CostRow[] {
  if (order === 'name') return [...rows].sort((one, other) => keyOf(one, by).localeCompare(keyOf(other, by)));
  const rank = RANK[order];
  return rank ? [...rows].sort((one, other) => rank(other) - rank(one)) : [...rows];
}

export function keyOf(row: CostRow, by: Dimension[]): string {
  return nameOf(valuesOf(row, by), by);
}

/** What groups cost before, by [`keyOf`]; all of them together under the empty text. */
export type Before = Map<string, number | null>;

export function beforeOf(list: CostList | null, by: Dimension[]): Before {
  const found: Before = new Map();
  if (!list) return found;
  for (const row of list.items) found.set(keyOf(row, by), row.cost_usd);
  found.set('', list.total.cost_usd);
  return found;
}

/** `▲ 12%`, `new`, or nothing where there is nothing to compare. `before` is undefined for a group that was not there. */
export function changeText(now: number | null, before: number | null | undefined): string {
  if (before === undefined) return now === null ? '' : 'new';
  const share = change(now, before);
  if (share === null) return '';
  return Math.abs(share) < 0.005 ? '=' : `${share > 0 ? '▲' : '▼'} ${formatPercent(Math.abs(share))}`;
}

/** What groups cost in each bucket of a list over time, by [`keyOf`]. */
export function trendsOf(list: CostList | null, by: Dimension[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  if (!list) return found;
  const place = new Map(list.buckets.map((start, index) => [start, index]));
  for (const row of list.items) {
    const key = keyOf(row, by);
    const values = found.get(key) ?? list.buckets.map(() => 0);
    const at = place.get(row.bucket_start ?? '');
    if (at !== undefined) values[at] = (values[at] ?? 0) + (row.cost_usd ?? 0);
    found.set(key, values);
  }
  return found;
}
