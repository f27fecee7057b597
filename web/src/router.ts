/** The addresses of the pages. Everything a page shows is in its URL; this file is the only one that spells them. */

/** `:name` stands for one part of the path; `traceId` is 32 hexadecimal digits or what the client called its trace. */
export const PATHS = {
  overview: '/',
  traces: '/traces',
  trace: '/traces/:traceId',
  compare: '/traces/:traceId/compare/:otherTraceId',
  sessions: '/sessions',
  session: '/sessions/:id',
  users: '/users',
  costs: '/costs',
  reconcile: '/reconcile',
  models: '/models',
  model: '/models/:name',
  workflows: '/workflows',
  workflow: '/workflows/:name',
  agents: '/agents',
  logs: '/logs',
  // /metrics is what Prometheus reads.
  metrics: '/metrics-explorer',
  sql: '/sql',
  health: '/health',
  settings: '/settings',
  settingsSection: '/settings/:section',
  destination: '/settings/destinations/:destination',
  kitchen: '/kitchen',
} as const;

/** Where a one-time link leads; its token stands behind the `#`. No page of the others: nobody is signed in there. */
export const SETUP = '/setup';

export type PageName = keyof typeof PATHS;

/** Where other backends show a trace: clients made for them (Langfuse's SDKs 3 and 2, Phoenix) print such links. */
const FOREIGN = [
  '/project/:project/traces/:traceId',
  '/trace/:traceId',
  '/projects/:project/traces/:traceId',
];

export interface Route {
  page: PageName | 'missing';
  /** What the path says beside the page: handed to the page as its properties. */
  args: Record<string, string>;
}

const TRACE_ID = /^[0-9a-f]{32}$/i;

/** What `part` says for `pattern`. */
function argument(pattern: string, part: string): string {
  return /traceid$/i.test(pattern) && TRACE_ID.test(part) ? part.toLowerCase() : decoded(part);
}

/** A part of a path without its escapes; a lone `%` stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function match(pattern: string, parts: string[]): Record<string, string> | null {
  const wanted = pattern.split('/').filter(Boolean);
  if (wanted.length !== parts.length) return null;
  const args: Record<string, string> = {};
  for (const [at, want] of wanted.entries()) {
    const part = parts[at] as string;
    if (!want.startsWith(':')) {
      if (want !== part) return null;
      continue;
    }
    args[want.slice(1)] = argument(want, part);
  }
  return args;
}

/** The page that a path names. */
export function parseRoute(path: string): Route {
  const parts = path.split('/').filter(Boolean);
  for (const [page, pattern] of Object.entries(PATHS)) {
    const args = match(pattern, parts);
    if (args) return { page: page as PageName, args };
  }
  for (const pattern of FOREIGN) {
    const traceId = match(pattern, parts)?.traceId;
    if (traceId) return { page: 'trace', args: { traceId } };
  }
  return { page: 'missing', args: { path } };
}

/** The address of `page`, with `args` in the places that its path leaves open. */
export function pagePath(page: PageName, args: Record<string, string> = {}): string {
  return PATHS[page].replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(args[name] ?? ''));
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
  const of = ['trace', 'span', 'tab', 'find', 'show', 'by', 'order', 'text', 'event', 'severity', 'client'];
  const looks = ['view', 'path', 'raw', 'columns', 'pinned', 'open', 'top'];
  for (const own of [...of, ...looks, 'and', 'bucket', 'threshold', 'compare']) next.delete(own);
  return next;
}

/** The time range alone, for pages that have no filters. */
export function rangeOnly(params: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...params].filter(([key]) => ['range', 'since', 'until'].includes(key)));
}
