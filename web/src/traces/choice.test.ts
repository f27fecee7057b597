import { describe, expect, it } from 'vitest';
import { exportUrl, present, stretched, summed, toggled } from './choice';

const ids = ['a', 'b', 'c', 'd'];
const list = (chosen: ReadonlySet<string>) => [...chosen].sort();

describe('a choice of many', () => {
  it('grows and shrinks one by one', () => {
    expect(list(toggled(new Set(['a']), 'b'))).toEqual(['a', 'b']);
    expect(list(toggled(new Set(['a', 'b']), 'a'))).toEqual(['b']);
  });

  it('stretches in both directions from where it began', () => {
    expect(list(stretched(new Set(), ids, 'b', 'd'))).toEqual(['b', 'c', 'd']);
    expect(list(stretched(new Set(['d']), ids, 'c', 'a'))).toEqual(['a', 'b', 'c', 'd']);
    expect(list(stretched(new Set(), ids, null, 'c'))).toEqual(['c']);
    expect(list(stretched(new Set(), ids, 'gone', 'c'))).toEqual(['c']);
  });

  it('forgets what is no longer listed', () => {
    expect(list(present(new Set(['a', 'z']), ids))).toEqual(['a']);
  });

  it('says what it is together', () => {
    const trace = (trace_id: string, name: string, cost_usd: number | null) => ({
      trace_id,
      name,
      cost_usd,
      span_count: 2,
    });
    const all = [trace('a', 'x', null), trace('b', 'y', 0.5), trace('c', 'y', 0.25), trace('d', 'z', 9)];
    expect(summed(all, new Set(['a', 'b', 'c']))).toEqual({ spans: 6, cost: 0.75, names: ['y', 'x'] });
    expect(summed(all, new Set(['a'])).cost).toBeNull();
  });

  it('has an address as a file', () => {
    expect(exportUrl(new URLSearchParams('model=a%26b&limit=5&order=cost'), 'json')).toBe(
      '/api/v1/traces/export?model=a%26b',
    );
    expect(exportUrl(new URLSearchParams('trace_id=1,2'), 'otlp')).toBe(
      '/api/v1/traces/export?trace_id=1%2C2&format=otlp',
    );
  });
});
