import { describe, expect, it } from 'vitest';
import { rangeOnly, carried, changed, parseRoute, traceUrl, withParams } from './router';

const id = '0af7651916cd43dd8448eb211c80319c';

describe('routes', () => {
  it.each([
    ['/', { page: 'overview' }],
    ['/traces', { page: 'traces' }],
    ['/traces/', { page: 'traces' }],
    [`/traces/${id.toUpperCase()}`, { page: 'trace', traceId: id }],
    ['/logs', { page: 'logs' }],
    ['/costs', { page: 'costs' }],
    ['/reconcile', { page: 'reconcile' }],
    ['/health', { page: 'health' }],
    ['/traces/short', { page: 'missing', path: '/traces/short' }],
    ['/cost', { page: 'missing', path: '/cost' }],
  ])('%s', (path, route) => expect(parseRoute(path)).toEqual(route));

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
