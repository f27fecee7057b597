/** Where what stands on a board leads. Pure. */
import { carried, changed, withParams } from '../router';
import { withFilter, type Filter } from '../state/filters';
import { rangeParams } from '../state/time-range';

/** The traces behind a bar, a line or a row, those that cost most first; in `range` where a bar was picked. */
export function tracesBehind(
  params: URLSearchParams,
  filter: Filter | null,
  range: { since: Date; until: Date } | null = null,
): string {
  const kept = filter ? withFilter(carried(params), filter) : carried(params);
  const times = range ? rangeParams({ kind: 'between', ...range }) : {};
  return withParams('/traces', changed(kept, { ...times, order: 'cost' }));
}
