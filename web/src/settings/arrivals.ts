/** What is known of a client that is being connected: whether it came, or which mistake it makes. Pure. */
import type { Arrivals, Client } from '../api/types';

export interface Seen {
  service: string;
  /** Instrumentation and SDK, as far as told. */
  by: string;
  signals: string[];
  client: string;
  protocol: string;
  requests: number;
  last: string;
  /** Which clients it looks like, by id. */
  clients: string[];
  /** How the last request carried a key. */
  key: string | null;
  /** What to change, where less arrives than there is. */
  advice: string[];
}

const PROTOCOLS: Record<string, string> = {
  grpc: 'gRPC',
  http_protobuf: 'HTTP, protobuf',
  http_json: 'HTTP, JSON',
  langfuse: 'Langfuse',
  langsmith: 'LangSmith',
};

/** One line per service and client, the newest first. */
export function seen(arrivals: Pick<Arrivals, 'items'>): Seen[] {
  const lines = new Map<string, Seen>();
  for (const item of arrivals.items) {
    const key = `${item.service} ${item.client} ${item.protocol}`;
    const known = lines.get(key);
    const by = [item.scope, item.sdk].filter(Boolean).join(', ');
    if (!known) {
      lines.set(key, {
        service: item.service || 'without a service name',
        by,
        signals: [item.signal],
        client: item.client,
        protocol: PROTOCOLS[item.protocol] ?? item.protocol,
        requests: item.requests,
        last: item.last_time,
        clients: item.clients,
        key: item.key,
        advice: item.advice ? [item.advice] : [],
      });
      continue;
    }
    if (!known.signals.includes(item.signal)) known.signals.push(item.signal);
    known.by ||= by;
    known.clients = [...new Set([...known.clients, ...item.clients])];
    if (item.advice && !known.advice.includes(item.advice)) known.advice.push(item.advice);
    known.requests = Math.max(known.requests, item.requests);
  }
  return [...lines.values()];
}

/** Whether `line` may be what `client` sends. */
export function isOf(line: Seen, client: Client): boolean {
  return client.sends_anything || line.clients.includes(client.id);
}

/** Clients of one group under its name. */
export interface Group {
  id: string;
  label: string;
  clients: Client[];
}

/** In the order of the list. */
export function grouped(all: readonly Client[]): Group[] {
  const groups: Group[] = [];
  for (const client of all) {
    const last = groups.at(-1);
    if (last?.id === client.group) last.clients.push(client);
    else groups.push({ id: client.group, label: client.group_label, clients: [client] });
  }
  return groups;
}

/** `client` with `key` in its settings, where the server has left a place for it. */
export function withKey(client: Client, key: string | undefined): Client {
  if (!key) return client;
  const fill = (text: string) => text.replaceAll('YOUR_KEY', key);
  const steps = client.steps.map((step) => ({ ...step, text: fill(step.text) }));
  return { ...client, steps, notes: client.notes.map(fill) };
}
