import { expect, it } from 'vitest';
import { asked, askedBefore } from './asked';

const now = new Date('2026-11-20T12:00:00Z');
const url = (text: string) => new URLSearchParams(text);

it('asks for the range and the filters of the URL, but not for words in content', () => {
  expect(asked(url('range=1h&model=a&q=hotel&order=cost'), { by: 'x' }, now).toString()).toBe(
    'model=a&since=2026-11-20T11%3A00%3A00.000Z&by=x',
  );
});

it('knows the time of the same length before', () => {
  const before = (text: string) => Object.fromEntries(askedBefore(url(text), {}, now));
  expect(before('range=1h')).toEqual({
    since: '2026-11-20T10:00:00.000Z',
    until: '2026-11-20T11:00:00.000Z',
  });
  expect(before('since=2026-11-02T00:00:00Z&until=2026-11-05T00:00:00Z')).toEqual({
    since: '2026-10-30T00:00:00.000Z',
    until: '2026-11-02T00:00:00.000Z',
  });
});
