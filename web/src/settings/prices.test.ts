import { expect, it } from 'vitest';
import type { PriceOverride, PriceRow } from '../api/types';
import { amountsOf, appliesTo, body, draftOf, EMPTY, removal, rowText } from './prices';

const item: PriceOverride = {
  provider: 'openai',
  model: 'gpt-4o',
  from: '2026-01-01',
  tier: null,
  comment: null,
  currency: 'EUR',
  usd_per_unit: 1.08,
  input: 2.5,
  output: 10,
} as PriceOverride;

it('sends back what it got', () => {
  expect(body(draftOf(item))).toEqual({
    provider: 'openai',
    model: 'gpt-4o',
    from: '2026-01-01',
    currency: 'EUR',
    usd_per_unit: 1.08,
    input: 2.5,
    output: 10,
  });
});

it('sends nothing while something is missing or no number', () => {
  expect(body(EMPTY)).toBeNull();
  expect(body({ ...EMPTY, model: 'x' })).toBeNull();
  expect(body({ ...EMPTY, model: 'x', amounts: { input: 'much' } })).toBeNull();
  expect(
    body({ ...EMPTY, model: 'x', currency: 'EUR', usd_per_unit: '', amounts: { input: '1' } }),
  ).toBeNull();
  expect(body({ ...EMPTY, model: ' x ', amounts: { input: '0,5' } })).toEqual({ model: 'x', input: 0.5 });
});

it('says what an entry holds for, and names it for removal', () => {
  expect(appliesTo(item)).toBe('openai, from 2026-01-01');
  expect(amountsOf(item)).toBe('input 2.5, output 10 EUR per million tokens');
  expect(amountsOf({ ...item, input: 0, output: 0 })).toBe('free of charge');
  expect(removal(item).toString()).toBe('model=gpt-4o&provider=openai&from=2026-01-01');
});

it('writes a row of a table shortly', () => {
  const amount = (bucket: string, price_usd: number) => ({
    bucket,
    price_usd,
    price_nano: 0,
    per: 1_000_000,
    above: [],
  });
  const row = {
    prices: [amount('input', 2.5), amount('output', 10), amount('audio_input', 40)],
  } as unknown as PriceRow;
  expect(rowText(row)).toBe('input $2.5, output $10');
  expect(rowText(undefined)).toBe('');
});
