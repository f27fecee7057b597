import { describe, expect, it } from 'vitest';
import { namesField, nextActive, suggestionsFor } from './suggestions';

const texts = (typed: string) =>
  suggestionsFor(typed, [{ value: 'gpt-4o', count: 12_345 }]).map((each) => each.text);

describe('suggestions', () => {
  it('are fields first', () => {
    expect(texts('')[0]).toBe('model:');
    expect(texts('dur')).toEqual(['duration >']);
    expect(texts('zzz')).toEqual([]);
  });

  it('are values once a field is named', () => {
    expect(suggestionsFor('model: gp', [{ value: 'gpt-4o', count: 12_345 }])).toEqual([
      { text: 'gpt-4o', note: '12.3k', filter: { field: 'model', value: 'gpt-4o' }, typed: '' },
    ]);
    expect(texts('status:e')).toEqual(['error']);
  });

  it('tell a search from a filter', () => {
    expect(namesField('trip plan')).toBe(false);
    expect(namesField('model:')).toBe(true);
    expect(namesField('cost > 0.1')).toBe(true);
  });

  it('are walked round and round', () => {
    expect([nextActive(-1, 1, 3), nextActive(-1, -1, 3), nextActive(2, 1, 3), nextActive(0, -1, 3)]).toEqual([
      0, 2, 0, 2,
    ]);
    expect(nextActive(-1, 1, 0)).toBe(-1);
  });
});
