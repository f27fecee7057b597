import { describe, expect, it } from 'vitest';
import {
  carried,
  changed,
  PATHS,
  pagePath,
  parseRoute,
  rangeOnly,
  traceUrl,
  withParams,
  type PageName,
} from './router';

const id = '0af7651916cd43dd8448eb211c80319c';

describe('routes', () => {
  it.each([
    ['/', { page: 'overview', args: {} }],
    ['/traces', { page: 'traces', args: {} }],
    ['/traces/', { page: 'traces', args: {} }],
    [`/traces/${id.toUpperCase()}`, { page: 'trace', args: { traceId: id } }],
    ['/logs', { page: 'logs', args: {} }],
    ['/costs', { page: 'costs', args: {} }],
    ['/reconcile', { page: 'reconcile', args: {} }],
    ['/health', { page: 'health', args: {} }],
    ['/traces/my%20run', { page: 'trace', args: { traceId: 'my run' } }],
    [`/project/default/traces/${id}`, { page: 'trace', args: { traceId: id } }],
    ['/trace/my-run', { page: 'trace', args: { traceId: 'my-run' } }],
    ['/cost', { page: 'missing', args: { path: '/cost' } }],
  ])('%s', (path, route) => expect(parseRoute(path)).toEqual(route));

  it('writes the address of a page, and every page has one', () => {
    expect(pagePath('trace', { traceId: id })).toBe(`/traces/${id}`);
    for (const page of Object.keys(PATHS) as PageName[]) {
      const path = pagePath(page, {
        traceId: id,
        section: 'x',
        destination: 'x',
        otherTraceId: id,
        id: 'a b/c',
        name: 'x',
        page: 'y',
      });
      expect(parseRoute(path).page).toBe(page);
    }
  });

  it('links to a trace and to a span', () => {
    expect(traceUrl(id)).toBe(`/traces/${id}`);
    expect(traceUrl(id, '00f067aa0ba902b7')).toBe(`/traces/${id}?span=00f067aa0ba902b7`);
  });
});

describe('parameters', () => {
  it('changes a copy', () => {
    const before = new URLSearchParams('range=1h&model=a&model=b');
    expect(changed(before, { range: null, tab: 'cost' }).toString()).toBe('model=a&model=b&tab=cost');
    expect(before.get('range')).toBe('1h');
  });

  it('carries range and filters to another page, not the selection', () => {
    const params = new URLSearchParams('range=1h&model=a&trace=x&tab=cost');
    expect(withParams('/', carried(params))).toBe('/?range=1h&model=a');
    expect(rangeOnly(params).toString()).toBe('range=1h');
    expect(withParams('/', new URLSearchParams())).toBe('/');
  });
});
