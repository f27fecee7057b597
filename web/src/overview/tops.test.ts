import { expect, it } from 'vitest';
import type { TopEntry, TopLists } from '../api/types';
import { secondLists, secondNamed } from './tops';

const entry = (name: string | null) => ({ name }) as TopEntry;

it('offers lists in which anything has a name', () => {
  const top = {
    features: [entry(null)],
    workflows: [entry('trips')],
    teams: [],
    services: [entry('a')],
  } as unknown as TopLists;
  const lists = secondLists(top);
  expect(lists.map((list) => list.field)).toEqual(['workflow', 'service']);
  expect(secondNamed(lists, null).title).toBe('Top workflows');
  expect(secondNamed(lists, 'service').title).toBe('Top services');
  expect(secondNamed(lists, 'nonsense').title).toBe('Top workflows');
  expect(secondNamed([], null).entries).toEqual([]);
});
