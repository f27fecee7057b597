import { expect, it } from 'vitest';
import type { DestinationList, Health, Overview, Totals } from '../api/types';
import { matters } from './attention';

const totals = (changes: Partial<Totals>) =>
  ({ calls: 0, errors: 0, unpriced_reasons: [], ...changes }) as Totals;
const overview = (current: Totals) => ({ range: { current } }) as unknown as Overview;
const health = (changes: object) =>
  ({ problems: [], analytics: { lag_ms: 0 }, ...changes }) as unknown as Health;

it('is quiet when all is well', () => {
  expect(matters(overview(totals({ calls: 5 })), health({}))).toEqual([]);
  expect(matters(overview(totals({ calls: 5 })), null)).toEqual([]);
});

it('names failed and unpriced calls, errors first', () => {
  const found = matters(
    overview(
      totals({
        calls: 10,
        errors: 1,
        unpriced_reasons: [{ reason: 'no token counts', remedy: 'send them', calls: 3 }],
      }),
    ),
    health({ problems: [{ severity: 'warning', message: 'disk 90 % full', hint: 'delete days' }] }),
  );
  expect(found.map((matter) => matter.text)).toEqual([
    '1 call failed (10%)',
    'disk 90 % full',
    '3 calls without a price',
  ]);
  expect(found[2]?.hint).toBe('no token counts: send them');
});

it('says when the page is behind', () => {
  expect(matters(overview(totals({})), health({ analytics: { lag_ms: 61_000 } }))[0]?.text).toBe(
    'What arrives shows 1 m 01 s late',
  );
});

it('names destinations that are not where they should be, once', () => {
  const destination = (name: string, state: string) => ({
    name,
    state,
    lag_seconds: 700,
    dead_letters: 0,
    last_error: 'it answered 503',
  });
  const list = {
    items: [destination('splunk', 'retrying'), destination('tempo', 'held'), destination('off', 'paused')],
  } as unknown as DestinationList;
  const problems = [{ severity: 'error', message: 'tempo is held', hint: '' }];
  const found = matters(overview(totals({})), health({ problems }), list);
  expect(found.map((matter) => matter.text)).toEqual(['tempo is held', 'splunk: retrying, 11 m 40 s']);
});

it('says when the month goes beyond its budget', () => {
  const month = (cost_usd: number, month_usd: number) =>
    ({
      ...overview(totals({})),
      budget_usd: 20,
      forecast: { month_usd },
      month: { current: totals({ cost_usd }) },
    }) as unknown as Overview;
  const texts = (cost: number, end: number) => matters(month(cost, end), null).map((matter) => matter.text);
  expect(texts(5, 19)).toEqual([]);
  expect(texts(5, 21)).toEqual(['The month will cost $21.00 at this pace']);
  expect(texts(20.5, 30)).toEqual(['The month has cost $20.50']);
});
