import { describe, expect, it } from 'vitest';
import { setCurrency } from './currency.svelte';
import { formatDuration } from './duration';
import { formatMoney, formatMoneyAligned, formatNano } from './money';
import { formatBytes, formatCount, formatPercent, formatTokens, formatTokenSum, plural } from './number';
import {
  formatAge,
  formatBucket,
  formatFullTime,
  formatMarks,
  formatRange,
  formatTime,
  shortId,
} from './time';

describe('money', () => {
  it.each([
    [0.0042, '$0.0042'],
    [1.27, '$1.27'],
    [1284, '$1,284'],
    [1234567.8, '$1,234,568'],
    [0.01, '$0.01'],
    [0.00999, '$0.01'],
    [0.00994, '$0.0099'],
    [999.996, '$1,000'],
    [999.99, '$999.99'],
    [0.00005, '$0.0001'],
    [0.000049, '<$0.0001'],
    [0.000000001, '<$0.0001'],
    [-1.5, '-$1.50'],
    [0, '$0'],
    [null, '—'],
    [undefined, '—'],
    [Number.NaN, '—'],
  ])('%s is %s', (usd, text) => expect(formatMoney(usd)).toBe(text));

  it('keeps decimal points of a column under each other', () => {
    const widths = [0.0042, 1.27, 1284, 0].map((usd) => {
      const text = formatMoneyAligned(usd);
      const point = Math.max(text.indexOf('.'), text.indexOf('\u2008'));
      return text.length - point;
    });
    expect(new Set(widths)).toEqual(new Set([5]));
  });

  it('is shown in the currency that is configured, exact figures in dollars', () => {
    setCurrency({ currency: 'EUR', rate: 0.5 });
    expect([4, 0, 0.00008, -3].map((usd) => formatMoney(usd))).toEqual(['€2.00', '€0', '<€0.0001', '-€1.50']);
    expect(formatNano(4_000_000)).toBe('$0.004');
    setCurrency({ currency: 'CHF', rate: 0.8 });
    expect(formatMoney(10)).toBe('CHF 8.00');
    setCurrency({ currency: 'USD', rate: 1 });
    expect(formatMoney(10)).toBe('$10.00');
  });

  it('shows every nano-dollar that counts', () => {
    expect(formatNano(4_218_000)).toBe('$0.004218');
    expect(formatNano(1_270_000_001)).toBe('$1.270000001');
    expect(formatNano(2_000_000_000)).toBe('$2.00');
    expect(formatNano(-5)).toBe('-$0.000000005');
    expect(formatNano(null)).toBe('—');
  });
});

describe('tokens and counts', () => {
  it.each([
    [842, '842'],
    [999, '999'],
    [1000, '1k'],
    [12_431, '12.4k'],
    [99_949, '99.9k'],
    [99_950, '100k'],
    [999_499, '999k'],
    [999_500, '1M'],
    [3_100_000, '3.1M'],
    [2_500_000_000, '2.5B'],
    [null, '—'],
  ])('%s tokens are %s', (count, text) => expect(formatTokens(count)).toBe(text));

  it('takes a sum of no tokens for unknown', () => {
    expect(formatTokenSum(0)).toBe('—');
    expect(formatTokenSum(12_431)).toBe('12.4k');
  });

  it('shows counts exactly up to four digits', () => {
    expect(formatCount(9128)).toBe('9,128');
    expect(formatCount(12_400)).toBe('12.4k');
    expect(plural(1, 'call')).toBe('1 call');
    expect(plural(2, 'call')).toBe('2 calls');
  });

  it.each([
    [0, '0%'],
    [0.0004, '<0.1%'],
    [0.0421, '4.2%'],
    [0.0994, '9.9%'],
    [0.0996, '10%'],
    [0.12, '12%'],
    [1, '100%'],
  ])('the share %s is %s', (share, text) => expect(formatPercent(share)).toBe(text));

  it.each([
    [512, '512 B'],
    [1_468_006, '1.4 MiB'],
    [25_000_000_000, '23 GiB'],
    [1_048_575, '1.0 MiB'],
  ])('%s bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [0.01, '<0.1 ms'],
    [0.42, '0.4 ms'],
    [820, '820 ms'],
    [999.6, '1.00 s'],
    [1420, '1.42 s'],
    [59_994, '59.99 s'],
    [59_996, '1 m 00 s'],
    [125_000, '2 m 05 s'],
    [3_599_600, '1 h 00 m'],
    [12_000_000, '3 h 20 m'],
    [187_200_000, '2 d 04 h'],
    [null, '—'],
  ])('%s ms are %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('times', () => {
  const now = new Date(2026, 10, 20, 15, 0, 0);
  it('is short today and names the day before', () => {
    expect(formatTime(new Date(2026, 10, 20, 14, 3, 22).toISOString(), now)).toBe('14:03:22');
    expect(formatTime(new Date(2026, 10, 18, 14, 3, 22).toISOString(), now)).toBe('Nov 18 14:03');
    expect(formatTime(new Date(2025, 10, 18, 14, 3).toISOString(), now)).toBe('2025-11-18 14:03');
    expect(formatTime('nonsense', now)).toBe('—');
  });

  it('is complete in UTC on hover', () => {
    expect(formatFullTime('2026-11-20T12:00:00.5Z')).toContain('2026-11-20T12:00:00.500Z (UTC)');
  });

  it('names the day of a range once where once is enough', () => {
    const since = new Date(2026, 10, 18, 8, 0);
    expect(formatRange(since, new Date(2026, 10, 18, 15, 15))).toBe('Nov 18 08:00 – 15:15');
    expect(formatRange(since, new Date(2026, 10, 19, 9, 30))).toBe('Nov 18 08:00 – Nov 19 09:30');
  });

  it('says how old data is', () => {
    expect(formatAge(5_000)).toBe('just now');
    expect(formatAge(240_000)).toBe('4 min ago');
    expect(formatAge(3 * 3_600_000)).toBe('3 h ago');
    expect(formatAge(72 * 3_600_000)).toBe('3 d ago');
  });

  it('labels buckets by their size', () => {
    const start = new Date(2026, 10, 20, 14, 0);
    expect(formatBucket(start, 3_600_000)).toBe('Nov 20 14:00');
    expect(formatBucket(start, 86_400_000)).toBe('Nov 20');
    const marks = [new Date(2026, 10, 19, 22), new Date(2026, 10, 20, 1), new Date(2026, 10, 20, 4)];
    expect(formatMarks(marks, 3_600_000)).toEqual(['Nov 19 22:00', 'Nov 20 01:00', '04:00']);
    expect(formatMarks(marks.slice(1, 2), 86_400_000)).toEqual(['Nov 20']);
    expect(shortId('0af7651916cd43dd')).toBe('0af76519');
  });
});
