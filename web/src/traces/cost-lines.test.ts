import { describe, expect, it } from 'vitest';
import { canSetPrice, costLines, costNotes } from './cost-lines';
import { call, cost, noUsage } from './sample-spans';

const priced = call(0.00013, {
  cost: {
    ...cost(0.00013),
    buckets: [
      {
        bucket: 'input',
        units: 1000,
        price_usd: 0.15,
        price_nano: 150_000_000,
        amount_usd: 0.00015,
        amount_nano: 150_000,
      },
      {
        bucket: 'request',
        units: 1,
        price_usd: 0.01,
        price_nano: 10_000_000,
        amount_usd: 0.01,
        amount_nano: 10_000_000,
      },
    ],
  },
});

describe('cost lines', () => {
  it('are tokens times price', () => {
    expect(costLines(priced)).toEqual([
      { bucket: 'Input', units: '1,000', price: '$0.15 / M', amount: '$0.00015' },
      { bucket: 'Per request', units: '1', price: '$0.01', amount: '$0.01' },
    ]);
  });

  it('are at least the tokens when there is no price', () => {
    const usage = { ...noUsage, input: 10, cache_write: 30, cache_write_1h: 10, total: 40 };
    expect(
      costLines(call(null, { usage })).map((line) => `${line.bucket} ${line.units} ${line.amount}`),
    ).toEqual(['Input 10 —', 'Cache write, 5 min 20 —', 'Cache write, 1 h 10 —']);
    expect(costLines(call(null, { usage: null }))).toEqual([]);
  });
});

describe('cost notes', () => {
  it('name the reason of an unknown cost', () => {
    expect(costNotes(call(null))).toEqual([
      { kind: 'warning', text: 'No amount: no token counts.' },
      { kind: 'plain', text: 'What helps: send them.' },
    ]);
  });

  it('say why a call is not counted', () => {
    expect(
      costNotes({ ...priced, counted: false, counted_reason: 'repeats the usage of a nested call' })[0]?.text,
    ).toBe('Not counted in any total: repeats the usage of a nested call.');
  });

  it('compare with what the client reported', () => {
    const reported = (usd: number, mismatch: boolean) =>
      costNotes(call(1, { cost: { ...cost(1), reported_usd: usd, mismatch } }));
    expect(reported(1.2, true)).toEqual([
      { kind: 'warning', text: 'The client reported $1.20, 20% more than computed.' },
    ]);
    expect(reported(1, false)).toEqual([{ kind: 'plain', text: 'The client reported $1.00.' }]);
    expect(costNotes(call(1, { cost: { ...cost(1), basis: 'reported', reported_usd: 1 } }))[0]?.kind).toBe(
      'plain',
    );
  });

  it('say when a tier has no prices of its own', () => {
    const row = { provider: 'p', model: 'm', how: 'exact', source: 's 1', effective_from: null };
    const price = { ...row, tier: 'flex', tier_priced: false, above_input_tokens: null };
    const noted = costNotes({ ...priced, cost: { ...priced.cost, price } });
    expect(noted.map((note) => note.kind)).toEqual(['warning']);
    expect(
      costNotes({ ...priced, cost: { ...priced.cost, price: { ...price, tier_priced: true } } }),
    ).toEqual([]);
  });

  it('keep our derivation beside a reported amount', () => {
    const told = { ...priced.cost, basis: 'reported', usd: 1 };
    expect(costNotes({ ...priced, cost: told })[0]?.text).toContain('By our prices it would be $0.01015.');
  });

  it('are silent when all adds up', () => expect(costNotes(priced)).toEqual([]));
});

describe('a price of one’s own', () => {
  it('helps a call that used something and names its model', () => {
    expect(canSetPrice(call(null))).toBe(true);
    expect(canSetPrice(call(null, { usage: null }))).toBe(false);
    expect(canSetPrice(call(null, { request_model: null }))).toBe(false);
    expect(canSetPrice(priced)).toBe(false);
  });
});
