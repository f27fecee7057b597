import { expect, it } from 'vitest';
import type { Destination } from '../api/types';
import { kindName, standing } from './destinations';

const of = (state: string, more: Partial<Destination> = {}) =>
  standing({ state, lag_seconds: 0, last_error: null, ...more } as Destination);

it('says what a state means and what to do', () => {
  expect(of('sending').word).toBe('sending');
  expect(of('sending', { lag_seconds: 300 }).word).toBe('catching up');
  const held = of('held', { last_error: 'invalid token' });
  expect([held.tone, held.meaning.includes('invalid token'), held.meaning.includes('resume')]).toEqual([
    'error',
    true,
    true,
  ]);
  expect([of('retrying').tone, of('paused').tone]).toEqual(['warning', 'off']);
  expect([kindName('splunk_hec'), kindName('new')]).toEqual(['Splunk HEC', 'new']);
});
