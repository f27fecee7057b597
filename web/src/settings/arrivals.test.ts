import { expect, it } from 'vitest';
import type { Arrival, RefusedRequest } from '../api/types';
import { remedy, seen } from './arrivals';

const arrival = (more: Partial<Arrival>): Arrival => ({
  service: 'shop',
  scope: 'openai',
  sdk: 'python opentelemetry 1.38.0',
  client: '10.0.0.5',
  protocol: 'http_protobuf',
  signal: 'traces',
  first_time: '2026-11-20T12:00:00Z',
  last_time: '2026-11-20T12:00:01Z',
  requests: 2,
  ...more,
});

it('puts the signals of one service together', () => {
  const lines = seen({
    items: [arrival({}), arrival({ signal: 'metrics', scope: '' }), arrival({ service: '' })],
  });
  expect(lines.map(({ service, signals, protocol }) => [service, signals, protocol])).toEqual([
    ['shop', ['traces', 'metrics'], 'HTTP, protobuf'],
    ['without a service name', ['traces'], 'HTTP, protobuf'],
  ]);
  expect(lines[0]?.by).toBe('openai, python opentelemetry 1.38.0');
});

it('says what to change', () => {
  const refused = (reason: string) => ({ reason }) as RefusedRequest;
  expect(remedy(refused('tls'))).toContain('http://');
  expect(remedy(refused('something new'))).toBe('');
});
