/** The time range in the URL: `range=1h` follows the clock, `since=&until=` stands still. */

export const SPANS = {
  '15m': { label: 'last 15 min', ms: 15 * 60_000 },
  '1h': { label: 'last hour', ms: 3_600_000 },
  '24h': { label: 'last 24 h', ms: 24 * 3_600_000 },
  '7d': { label: 'last 7 days', ms: 7 * 24 * 3_600_000 },
  '30d': { label: 'last 30 days', ms: 30 * 24 * 3_600_000 },
} as const;

export type SpanName = keyof typeof SPANS;
export const DEFAULT_SPAN: SpanName = '24h';

export type TimeRange = { kind: 'last'; span: SpanName } | { kind: 'between'; since: Date; until: Date };

/** The range that the URL asks for; nonsense counts as absent. */
export function parseRange(params: URLSearchParams): TimeRange {
  const since = new Date(params.get('since') ?? '');
  const until = new Date(params.get('until') ?? '');
  if (since.getTime() < until.getTime()) return { kind: 'between', since, until };
  const span = params.get('range') ?? '';
  return { kind: 'last', span: span in SPANS ? (span as SpanName) : DEFAULT_SPAN };
}

/** What to put into the URL for `range`; the default leaves no trace there. */
export function rangeParams(range: TimeRange): Record<'range' | 'since' | 'until', string | null> {
  if (range.kind === 'between') {
    return { range: null, since: range.since.toISOString(), until: range.until.toISOString() };
  }
  return { range: range.span === DEFAULT_SPAN ? null : range.span, since: null, until: null };
}

/** The bounds to ask the API for at `now`. A range that follows the clock has no end: what arrives next belongs to it. */
export function rangeQuery(range: TimeRange, now: Date): { since: string; until?: string } {
  if (range.kind === 'between') return { since: range.since.toISOString(), until: range.until.toISOString() };
  return { since: new Date(now.getTime() - SPANS[range.span].ms).toISOString() };
}

/** When the day of `now` began here. */
export function midnight(now: Date): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate());
}

export function rangeMs(range: TimeRange): number {
  return range.kind === 'last' ? SPANS[range.span].ms : range.until.getTime() - range.since.getTime();
}

export type BucketName = 'minute' | 'hour' | 'day' | 'week' | 'month';

/** The bucket that gives a chart of this range some 15 to 90 columns. */
export function bucketFor(ms: number): BucketName {
  if (ms <= 90 * 60_000) return 'minute';
  if (ms <= 4 * 24 * 3_600_000) return 'hour';
  if (ms <= 93 * 24 * 3_600_000) return 'day';
  return ms <= 550 * 24 * 3_600_000 ? 'week' : 'month';
}
