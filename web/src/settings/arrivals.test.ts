import { expect, it } from 'vitest';
import type { Arrival, Client } from '../api/types';
import { grouped, seen, withKey } from './arrivals';

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
  clients: ['openllmetry'],
  advice: null,
  key: null,
  sampled_share: null,
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

it('puts what is to be changed together, each once', () => {
  const advice = 'Only about 10 % of its traces arrive.';
  const lines = seen({
    items: [
      arrival({ advice }),
      arrival({ advice, scope: 'flask', clients: ['dify'] }),
      arrival({ advice: null, signal: 'logs' }),
    ],
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ advice: [advice], clients: ['openllmetry', 'dify'], key: null });
});

it('puts clients under their groups', () => {
  const client = (id: string, group: string) => ({ id, group, group_label: group.toUpperCase() }) as Client;
  const groups = grouped([client('a', 'x'), client('b', 'x'), client('c', 'y')]);
  expect(groups.map(({ label, clients }) => [label, clients.map(({ id }) => id)])).toEqual([
    ['X', ['a', 'b']],
    ['Y', ['c']],
  ]);
});

it('puts a key into settings that have a place for it', () => {
  const step = { or: false, place: 'Environment:', text: 'A=YOUR_KEY\nB=YOUR_KEY' };
  const client = {
    id: 'n8n',
    label: 'n8n',
    steps: [step],
    notes: ['YOUR_KEY goes there.'],
  } as unknown as Client;
  expect(withKey(client, 'tm_ingest_1').steps[0]?.text).toBe('A=tm_ingest_1\nB=tm_ingest_1');
  expect(withKey(client, 'tm_ingest_1').notes).toEqual(['tm_ingest_1 goes there.']);
  expect(withKey(client, undefined)).toBe(client);
});
