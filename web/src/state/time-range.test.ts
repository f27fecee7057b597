import { describe, expect, it } from 'vitest';
import { bucketFor, parseRange, rangeMs, rangeParams, rangeQuery } from './time-range';

const now = new Date('2026-11-20T12:00:00Z');
const parse = (text: string) => parseRange(new URLSearchParams(text));

describe('time range', () => {
  it('follows the clock by name', () => {
    const range = parse('range=1h');
    expect(rangeQuery(range, now)).toEqual({ since: '2026-11-20T11:00:00.000Z' });
    expect(rangeParams(range)).toEqual({ range: '1h', since: null, until: null });
  });

  it('is the last 24 hours when nothing or nonsense is said', () => {
    for (const text of [
      '',
      'range=5y',
      'since=x&until=y',
      'since=2026-11-21T00:00:00Z&until=2026-11-20T00:00:00Z',
    ]) {
      expect(parse(text)).toEqual({ kind: 'last', span: '24h' });
    }
    expect(rangeParams(parse('')).range).toBeNull();
  });

  it('stands still between two times', () => {
    const text = 'since=2026-11-18T00:00:00.000Z&until=2026-11-20T00:00:00.000Z';
    const range = parse(text);
    expect(rangeQuery(range, now)).toEqual({
      since: '2026-11-18T00:00:00.000Z',
      until: '2026-11-20T00:00:00.000Z',
    });
    expect(rangeMs(range)).toBe(48 * 3_600_000);
    expect(parse(new URLSearchParams(rangeParams(range) as Record<string, string>).toString())).toEqual(
      range,
    );
  });

  it.each([
    ['range=15m', 'minute'],
    ['range=1h', 'minute'],
    ['range=24h', 'hour'],
    ['range=7d', 'day'],
    ['range=30d', 'day'],
  ])('%s has buckets of a %s', (text, bucket) => expect(bucketFor(rangeMs(parse(text)))).toBe(bucket));
});
