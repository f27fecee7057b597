import { expect, it } from 'vitest';
import { tracesBehind } from './links';

it('leads to the dearest traces of a model, an hour, or both', () => {
  const params = new URLSearchParams('range=7d&team=a&show=tokens');
  const range = { since: new Date('2026-11-20T10:00:00Z'), until: new Date('2026-11-20T11:00:00Z') };
  expect(tracesBehind(params, { field: 'model', value: 'gpt-4o' })).toBe(
    '/traces?range=7d&team=a&model=gpt-4o&order=cost',
  );
  expect(tracesBehind(params, null, range)).toBe(
    '/traces?team=a&since=2026-11-20T10%3A00%3A00.000Z&until=2026-11-20T11%3A00%3A00.000Z&order=cost',
  );
});
