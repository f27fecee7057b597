import { expect, it } from 'vitest';
import type { Destination, Health } from '../api/types';
import { counterText, parts, remedyLink } from './parts';

const health = {
  listeners: { http: '127.0.0.1:4318', grpc: '127.0.0.1:4317', further: [] },
  journal: { bytes: 1024, days: 2, unreadable_chunks: 0 },
  analytics: { lag_ms: 20_000, error: null, spans: 5, logs: 1 },
  search: null,
  relay: null,
  retention: { refusing: null },
} as unknown as Health;

it('says how each part is', () => {
  const words = parts(health, []).map(({ id, tone, word }) => [id, tone, word]);
  expect(words).toEqual([
    ['receive', 'ok', 'taking data'],
    ['journal', 'ok', 'sound'],
    ['analytics', 'busy', '20.00 s behind'],
    ['search', 'off', 'switched off'],
  ]);
  const held = { state: 'held', lag_seconds: 3 } as Destination;
  expect(parts(health, [held]).at(-1)).toMatchObject({ id: 'forward', tone: 'error', word: '1 held' });
});

it('has the relay where it is switched on', () => {
  const upstream = { name: 'openai', failing: false };
  const relay = { address: '127.0.0.1:4320', open_calls: 0, recorded_calls: 7, dropped_records: 0 };
  const shown = (changes: object) =>
    parts({ ...health, relay: { ...relay, upstreams: [upstream], ...changes } } as Health, []).at(-1);
  expect(shown({})).toMatchObject({ id: 'relay', tone: 'ok', word: 'passing on' });
  expect(shown({})?.figure).toBe('127.0.0.1:4320, 7 calls recorded');
  const silent = { upstreams: [{ ...upstream, failing: true }] };
  expect(shown(silent)).toMatchObject({ tone: 'warning', word: 'no answer from openai' });
  expect(shown({ dropped_records: 2 })).toMatchObject({ tone: 'error', word: '2 not recorded' });
});

it('says in words what was refused, and where something can be done', () => {
  expect(counterText({ name: 'tracemeter_receive_rejected_items_total{signal="logs"}', count: 1 })).toBe(
    'single records of logs that were not valid',
  );
  expect(counterText({ name: 'tracemeter_forward_lost_records_total', count: 1 })).toBe(
    'forward lost records',
  );
  expect(remedyLink('destination hec-1 takes nothing: invalid token')).toEqual({
    section: 'destinations',
    destination: 'hec-1',
  });
  expect(remedyLink('space lasts 2.0 days more')).toEqual({ section: 'storage' });
  expect(remedyLink('the journal does not take data')).toBeNull();
});
