import { describe, expect, it } from 'vitest';
import { best, fit, traceIdIn } from './match';

describe('fitting', () => {
  it('wants every word', () => {
    expect(fit('cost board', 'Costs money board')).toBeGreaterThan(0);
    expect(fit('cost moon', 'Costs money board')).toBe(0);
  });

  it('prefers starts, also where a word holds signs of regular expressions', () => {
    expect(fit('log', 'Logs')).toBeGreaterThan(fit('log', 'Catalog'));
    expect(fit('log', 'Show logs')).toBeGreaterThan(fit('log', 'Catalog'));
    expect(fit('c++', 'about c++')).toBeGreaterThan(0);
  });

  it('orders by title before words, and keeps all without typing', () => {
    const entries = [{ title: 'Traces', words: 'spans search' }, { title: 'Search' }, { title: 'Logs' }];
    expect(best('search', entries).map(({ title }) => title)).toEqual(['Search', 'Traces']);
    expect(best(' ', entries)).toEqual(entries);
  });
});

describe('trace ids', () => {
  const id = '0af7651916cd43dd8448eb211c80319c';
  it.each([
    [id, id],
    [`https://host/traces/${id.toUpperCase()}?span=1`, id],
    [`00-${id}-00f067aa0ba902b7-01`, null],
    ['0af76519-16cd-43dd-8448-eb211c80319c', id],
    [`${id}0`, null],
    ['words', null],
  ])('%s', (typed, found) => expect(traceIdIn(typed)).toBe(found));
});
