import { expect, it } from 'vitest';
import type { Usage } from '../api/types';
import { parts } from './tokens';

it('names the buckets that hold tokens', () => {
  const usage: Usage = {
    input: 5,
    cache_read: 0,
    cache_write: 2,
    cache_write_1h: 1,
    output: 3,
    reasoning: 0,
    audio_input: 0,
    audio_output: 0,
    image_input: 0,
    image_output: 4,
    total: 14,
  };
  expect(parts(usage).map(({ name, tokens }) => [name, tokens])).toEqual([
    ['input', 5],
    ['written to a cache', 2],
    ['output', 3],
    ['images out', 4],
  ]);
});
