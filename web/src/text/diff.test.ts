import { describe, expect, it } from 'vitest';
import { diff, diffText } from './diff';

const shown = (before: string, after: string) =>
  diff([...before], [...after])
    .map(({ kind, value }) => ({ same: ' ', gone: '-', new: '+' })[kind] + value)
    .join('');

describe('a diff', () => {
  it('keeps what both have', () => {
    expect(shown('abc', 'abc')).toBe(' a b c');
    expect(shown('abcd', 'axcd')).toBe(' a-b+x c d');
    expect(shown('', 'ab')).toBe('+a+b');
    expect(shown('ab', '')).toBe('-a-b');
    expect(shown('abcabba', 'cbabac')).toBe('-a-b c-a b+a b a+c');
  });

  it('gives both texts back', () => {
    const [before, after] = ['kitten sitting', 'sitting kitten there'];
    const steps = diff([...before], [...after]);
    const without = (kind: string) =>
      steps
        .filter((step) => step.kind !== kind)
        .map(({ value }) => value)
        .join('');
    expect(without('new')).toBe(before);
    expect(without('gone')).toBe(after);
  });

  it('does not try what would take too long', () => {
    const many = (from: number) => Array.from({ length: 3000 }, (_, at) => from + at);
    const steps = diff(many(0), many(10_000));
    expect(steps.filter(({ kind }) => kind === 'gone')).toHaveLength(3000);
    expect(diff(many(0), many(0))).toHaveLength(3000);
  });

  it('joins lines of a kind', () => {
    expect(diffText('a\nb\nc', 'a\nx\ny\nc')).toEqual([
      { kind: 'same', value: 'a' },
      { kind: 'gone', value: 'b' },
      { kind: 'new', value: 'x\ny' },
      { kind: 'same', value: 'c' },
    ]);
  });
});
