import { describe, expect, it } from 'vitest';
import {
  chipText,
  filterQuery,
  parseFilters,
  searchWords,
  typedFilter,
  typing,
  withFilter,
  withoutFilter,
  withoutFilters,
} from './filters';

const url = (text: string) => new URLSearchParams(text);

describe('filters in the URL', () => {
  it('are the known fields, repeatable', () => {
    const params = url('range=1h&model=a&model=b&status=error&nonsense=1');
    expect(parseFilters(params)).toEqual([
      { field: 'model', value: 'a' },
      { field: 'model', value: 'b' },
      { field: 'status', value: 'error' },
    ]);
    expect(filterQuery(params).toString()).toBe('model=a&model=b&status=error');
    expect(filterQuery(url('q=trip&range=1h')).toString()).toBe('search=trip*');
  });

  it('ask for those without a value by an empty one', () => {
    expect(parseFilters(url('feature=&status='))).toEqual([{ field: 'feature', value: '' }]);
    expect(chipText({ field: 'feature', value: '' }).value).toBe('none');
  });

  it('are added once, bounds replaced', () => {
    const once = withFilter(url('model=a'), { field: 'model', value: 'a' });
    expect(once.toString()).toBe('model=a');
    expect(withFilter(url('min_cost_usd=1'), { field: 'min_cost_usd', value: '2' }).toString()).toBe(
      'min_cost_usd=2',
    );
  });

  it('are taken away one by one or all', () => {
    expect(withoutFilter(url('model=a&model=b&range=1h'), { field: 'model', value: 'a' }).toString()).toBe(
      'model=b&range=1h',
    );
    expect(withoutFilters(url('model=a&status=error&range=1h&q=x')).toString()).toBe('range=1h');
  });
});

describe('a search while it is typed', () => {
  it.each([
    ['hotel', 'hotel*'],
    ['hotel vie', 'hotel vie*'],
    ['x', 'x'],
    ['"quiet hot', '"quiet hot"'],
    ['"quiet hotel"', '"quiet hotel"'],
    ['prompt:gpt-4o', 'prompt:gpt-4o*'],
    ['hotel NOT', 'hotel*'],
    ['hotel OR ', 'hotel*'],
    ['(hotel)', '(hotel)'],
    ['hot*', 'hot*'],
  ])('%s', (typed, asked) => expect(searchWords(typed)).toBe(asked));
});

describe('typed filters', () => {
  it.each([
    ['model:gpt-4o', 'model', 'gpt-4o'],
    ['Model: "my model"', 'model', 'my model'],
    ['env=prod', 'environment', 'prod'],
    ['prompt name:greet', 'prompt_name', 'greet'],
    ['error', 'status', 'error'],
    ['cost>0.10', 'min_cost_usd', '0.1'],
    ['cost >= $2', 'min_cost_usd', '2'],
    ['duration>2s', 'min_duration_ms', '2000'],
    ['duration:1500', 'min_duration_ms', '1500'],
  ])('%s', (text, field, value) => expect(typedFilter(text)).toEqual({ field, value }));

  it.each(['gpt', 'colour:red', 'status:purple', 'cost>cheap', 'model>3', 'duration>2 parsecs'])(
    '%s is none',
    (text) => {
      expect(typedFilter(text)).toBeNull();
    },
  );

  it('knows what is being typed', () => {
    expect(typing('mod')).toEqual({ field: null, prefix: 'mod' });
    expect(typing('model: gp')).toMatchObject({ field: { name: 'model' }, prefix: 'gp' });
  });

  it('reads well on a chip', () => {
    expect(chipText({ field: 'prompt_name', value: 'greet' })).toEqual({
      label: 'prompt name',
      value: 'greet',
    });
    expect(chipText({ field: 'min_cost_usd', value: '0.1' })).toEqual({ label: 'cost', value: '≥ $0.1' });
  });
});
