import { describe, expect, it } from 'vitest';
import { costLines, costNotes } from './cost-lines';
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
    expect(costNotes(call(null))).toEqual([{ kind: 'warning', text: 'No amount: no token counts.' }]);
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

  it('are silent when all adds up', () => expect(costNotes(priced)).toEqual([]));
});
