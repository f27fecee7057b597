import { expect, it } from 'vitest';
import type { Client } from '../api/types';
import { first } from './first';

it('offers a few clients in their order, and none that the server does not know', () => {
  const client = (id: string) => ({ id }) as Client;
  const all = ['n8n', 'vllm', 'curl', 'dify'].map(client);
  expect(first(all).map(({ id }) => id)).toEqual(['curl', 'n8n', 'dify']);
});
