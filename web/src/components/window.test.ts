import { describe, expect, it } from 'vitest';
import { rowWindow, scrollTo } from './window';

describe('the window of a long list', () => {
  it('is what can be seen and a few more', () => {
    expect(rowWindow(0, 100, 20, 1000, 2)).toEqual({ first: 0, last: 7 });
    expect(rowWindow(1000, 100, 20, 1000, 2)).toEqual({ first: 48, last: 57 });
    expect(rowWindow(19_950, 100, 20, 1000, 2)).toEqual({ first: 995, last: 1000 });
  });

  it('is empty for an empty list, and sane when the list became shorter', () => {
    expect(rowWindow(0, 100, 20, 0)).toEqual({ first: 0, last: 0 });
    expect(rowWindow(9000, 100, 20, 3, 2)).toEqual({ first: 1, last: 3 });
  });

  it('scrolls no further than needed', () => {
    expect(scrollTo(5, 0, 100, 20)).toBe(20);
    expect(scrollTo(2, 0, 100, 20)).toBe(0);
    expect(scrollTo(2, 100, 100, 20)).toBe(40);
  });
});
