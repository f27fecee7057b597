import { expect, it } from 'vitest';
import type { Destination, RetentionHealth } from '../api/types';
import { destinationTone, diskText, lagText } from './standing';

const destination = (changes: Partial<Destination>) =>
  ({ state: 'sending', lag_seconds: 0, dead_letters: 0, ...changes }) as Destination;
const told = (changes: Partial<Destination>) => [
  destinationTone(destination(changes)),
  lagText(destination(changes)),
];

it('tells how a destination stands', () => {
  expect(told({})).toEqual(['ok', 'up to date']);
  expect(told({ lag_seconds: 125 })).toEqual(['busy', 'behind, 2 m 05 s']);
  expect(told({ state: 'retrying', lag_seconds: 3600 })).toEqual(['warning', 'retrying, 1 h 00 m']);
  expect(told({ state: 'held' })).toEqual(['error', 'held']);
  expect(told({ state: 'paused', dead_letters: 4 })).toEqual(['off', 'paused']);
  expect(told({ dead_letters: 4 })).toEqual(['warning', '4 dead letters']);
});

it('tells what room is left, by the disk or by our own limit', () => {
  const room = (changes: Partial<RetentionHealth>) =>
    diskText({
      free_bytes: 2 ** 31,
      max_bytes: null,
      used_bytes: 2 ** 29,
      days_left: null,
      ...changes,
    } as RetentionHealth);
  expect(room({})).toBe('2.0 GiB');
  expect(room({ max_bytes: 2 ** 30 })).toBe('512 MiB');
  expect(room({ days_left: 12.4 })).toBe('2.0 GiB, for 12 days');
  expect(room({ free_bytes: null })).toBe('not known');
});
