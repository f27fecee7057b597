/** The clients that an empty Tracemeter offers; Settings has all of them. */
import type { Client } from '../api/types';

const FIRST = ['curl', 'openllmetry', 'openinference', 'otel', 'n8n', 'langflow', 'dify'];

/** Those of `all`, in this order. */
export function first(all: readonly Client[]): Client[] {
  return FIRST.flatMap((id) => all.find((client) => client.id === id) ?? []);
}
