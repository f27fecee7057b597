import { describe, expect, it } from 'vitest';
import type { CostList, ModelItem } from '../api/types';
import { keyOf, marks, modelUrl, ordered, priceText, trends } from './figures';

const model = (changes: Partial<ModelItem>): ModelItem =>
  ({
    provider: 'openai',
    model: 'gpt-4o',
    calls: 1,
    errors: 0,
    cost_nano: null,
    unpriced_calls: 0,
    silent: false,
    retires: null,
    basis: 'computed',
    no_price: null,
    last_used: '2026-11-18T12:00:00Z',
    usage: { total: 0 },
    ...changes,
  }) as ModelItem;
const now = new Date('2026-11-20T12:00:00Z');

describe('models', () => {
  it('are ordered by what the URL says', () => {
    const some = [model({ model: 'b', calls: 5 }), model({ model: 'a', calls: 9, cost_nano: 3 })];
    const names = (order: string) => ordered(some, order).map((one) => one.model);
    expect(names('')).toEqual(['b', 'a']);
    expect(names('name')).toEqual(['a', 'b']);
    expect(names('calls')).toEqual(['a', 'b']);
    expect(names('cost')).toEqual(['a', 'b']);
  });

  it('have a page of their own, of their provider', () => {
    expect(modelUrl(new URLSearchParams('range=7d'), model({ model: 'a/b' }))).toBe(
      '/models/a%2Fb?range=7d&provider=openai',
    );
    expect(modelUrl(new URLSearchParams(), model({ model: null }))).toBeNull();
  });

  it('have calls over time', () => {
    const list = {
      buckets: ['t0', 't1'],
      items: [
        { provider: 'openai', model: 'gpt-4o', bucket_start: 't1', calls: 3 },
        { provider: 'openai', model: 'gpt-4o', bucket_start: 't9', calls: 7 },
      ],
    } as unknown as CostList;
    expect(trends(list).get(keyOf(model({})))).toEqual([0, 3]);
    expect(trends(null).size).toBe(0);
  });

  it('are marked when somebody should know', () => {
    const texts = (changes: Partial<ModelItem>) => marks(model(changes), now).map((mark) => mark.text);
    expect(texts({})).toEqual([]);
    expect(texts({ retires: '2026-11-01' })).toEqual(['retired']);
    expect(texts({ retires: '2027-01-14' })).toEqual(['ends 2027-01-14']);
    expect(texts({ retires: '2028-01-14' })).toEqual([]);
    expect(texts({ silent: true, unpriced_calls: 2, no_price: 'unknown' })).toEqual(['silent', 'no price']);
    expect(texts({ basis: 'local' })).toEqual(['at home']);
  });

  it('have prices for a million tokens', () => {
    const price = (bucket: string, price_usd: number, per = 1_000_000) => ({
      bucket,
      per,
      price_usd,
      price_nano: 0,
      above: [],
    });
    expect(priceText([price('input', 2.5), price('output', 10), price('request', 1, 1)])).toBe(
      '$2.50 in · $10.00 out',
    );
  });
});
