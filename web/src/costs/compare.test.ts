import { describe, expect, it } from 'vitest';
import type { ComparedRow, Comparison } from '../api/types';
import { noUsage } from '../traces/sample-spans';
import { compareLines, summary, times } from './compare';

function row(model: string | null, cost: number | null, there: number, changes: Partial<ComparedRow> = {}) {
  return {
    model,
    calls: 3,
    compared_calls: 2,
    usage: noUsage,
    cost_usd: cost,
    cost_nano: cost === null ? null : cost * 1e9,
    unpriced_calls: 0,
    compared_usd: there,
    compared_nano: there * 1e9,
    ...changes,
  } as ComparedRow;
}

function answer(total: ComparedRow, items: ComparedRow[] = []): Comparison {
  return { to: 'openai/gpt-4o-mini', price: null, total, items, left_out: [], truncated: false };
}

describe('a comparison', () => {
  it('says how many times as much', () => {
    expect([times(1, 3.4), times(2, 1), times(1, 24.2), times(0.001, 5)]).toEqual([
      '3.4×',
      '0.50×',
      '24×',
      '>999×',
    ]);
    expect([times(1, 0.0512), times(1, 0.001)]).toEqual(['0.05×', '<0.01×']);
    expect([times(null, 1), times(0, 1), times(1, 0)]).toEqual([null, null, null]);
  });

  it('has a line for each model that could be compared', () => {
    const items = [
      row('a', 1, 2),
      row('b', 1, 2, { unpriced_calls: 1 }),
      row('c', 1, 0, { compared_calls: 0 }),
    ];
    expect(compareLines(answer(row(null, 2, 4), items)).map(({ name, times }) => [name, times])).toEqual([
      ['a', '2.0×'],
      ['b', null],
    ]);
  });

  it('is one sentence', () => {
    expect(summary(answer(row(null, 1.5, 4)))).toBe(
      '2 calls would have cost $4.00 at openai/gpt-4o-mini, instead of $1.50.',
    );
    expect(summary(answer(row(null, 1.5, 4, { unpriced_calls: 1 })))).toContain(
      'instead of $1.50, and what is not',
    );
    expect(summary(answer(row(null, null, 4)))).toContain('not known');
    expect(summary(answer(row(null, null, 0, { compared_calls: 0 })))).toContain('No call');
  });
});
