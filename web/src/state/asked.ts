/** What boards ask the API: the range and the filters of the URL, and what is their own. */
import { asking } from '../api/early';
import { filterQuery } from './filters';
import { parseRange, rangeMs, rangeQuery, type TimeRange } from './time-range';

/** Words searched for in content are no filter of sums. */
function filters(params: URLSearchParams): URLSearchParams {
  const query = filterQuery(params);
  query.delete('search');
  return query;
}

/** The browser's time zone, in which days turn; where there is Temporal, it tells sooner than Intl. */
export const tz: string =
  globalThis.Temporal?.Now.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The range and the filters that the URL asks for at `now`, with `own` parameters. */
export function asked(
  params: URLSearchParams,
  own: Record<string, string> = {},
  now = asking(),
): URLSearchParams {
  return new URLSearchParams([
    ...filters(params),
    ...Object.entries({ ...rangeQuery(parseRange(params), now), ...own }),
  ]);
}

/** The time of the same length before a range. */
export function rangeBefore(range: TimeRange, now: Date): { since: string; until: string } {
  const end = range.kind === 'between' ? range.since : new Date(now.getTime() - rangeMs(range));
  return { since: new Date(end.getTime() - rangeMs(range)).toISOString(), until: end.toISOString() };
}

/** The same question about the time before. */
export function askedBefore(
  params: URLSearchParams,
  own: Record<string, string> = {},
  now = new Date(),
): URLSearchParams {
  return asked(params, { ...own, ...rangeBefore(parseRange(params), now) }, now);
}
