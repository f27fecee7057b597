import { describe, expect, it } from 'vitest';
import { priceBody } from './price-form';

const form = { provider: '', model: 'm', input: '0.5', output: '1,5', cacheRead: '', from: '', comment: '' };

describe('priceBody', () => {
  it('takes what is filled in', () => {
    expect(priceBody(form)).toEqual({ model: 'm', input: 0.5, output: 1.5 });
    const whole = { ...form, provider: ' p ', cacheRead: '0', from: '2026-01-01', comment: 'c' };
    expect(priceBody(whole)).toEqual({
      model: 'm',
      input: 0.5,
      output: 1.5,
      provider: 'p',
      cache_read: 0,
      from: '2026-01-01',
      comment: 'c',
    });
  });

  it('waits for what is missing', () => {
    for (const change of [
      { model: ' ' },
      { input: '' },
      { output: 'x' },
      { cacheRead: '-1' },
      { input: '1.2.3' },
    ]) {
      expect(priceBody({ ...form, ...change })).toBeNull();
    }
  });
});
