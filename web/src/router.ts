/** The addresses of the pages. Everything a page shows is in its URL; this file is the only one that spells them. */

export type Route =
  | { page: 'overview' }
  | { page: 'traces' }
  | { page: 'trace'; traceId: string }
  | { page: 'costs' }
  | { page: 'reconcile' }
  | { page: 'logs' }
  | { page: 'health' }
  | { page: 'missing'; path: string };

/** The page that a path names. */
export function parseRoute(path: string): Route {
  const parts = path.split('/').filter(Boolean);
  if (parts.length === 0) return { page: 'overview' };
  if (parts.length === 1 && parts[0] === 'traces') return { page: 'traces' };
  if (parts.length === 1 && parts[0] === 'costs') return { page: 'costs' };
  if (parts.length === 1 && parts[0] === 'reconcile') return { page: 'reconcile' };
  if (parts.length === 1 && parts[0] === 'logs') return { page: 'logs' };
  if (parts.length === 1 && parts[0] === 'health') return { page: 'health' };
  if (parts.length === 2 && parts[0] === 'traces' && /^[0-9a-f]{32}$/i.test(parts[1] as string)) {
    return { page: 'trace', traceId: (parts[1] as string).toLowerCase() };
  }
  return { page: 'missing', path };
}

/** The address of a trace, of one span in it if told. */
export function traceUrl(traceId: string, spanId?: string | null): string {
  return `/traces/${traceId}${spanId ? `?span=${spanId}` : ''}`;
}

/** `path` with `params`; no question mark when there are none. */
export function withParams(path: string, params: URLSearchParams): string {
  const query = params.toString();
  return query ? `${path}?${query}` : path;
}

/** A copy of `params` in which each key of `changes` is set, or removed where the value is null or empty. */
export function changed(params: URLSearchParams, changes: Record<string, string | null>): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [key, value] of Object.entries(changes)) {
    if (value) next.set(key, value);
    else next.delete(key);
  }
  return next;
}

/** The parameters that a link to another list keeps: the time range and the filters, not the selection. */
export function carried(params: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(params);
  const of = ['trace', 'span', 'tab', 'find', 'show', 'by', 'order', 'text', 'event', 'severity'];
  for (const own of [...of, 'and', 'bucket', 'threshold', 'compare']) next.delete(own);
  return next;
}

/** The time range alone, for pages that have no filters. */
export function rangeOnly(params: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...params].filter(([key]) => ['range', 'since', 'until'].includes(key)));
}
