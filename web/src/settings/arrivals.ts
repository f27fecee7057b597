/** What is known of a client that is being connected: whether it came, or which mistake it makes. Pure. */
import type { Arrivals, RefusedRequest } from '../api/types';

export interface Seen {
  service: string;
  /** Instrumentation and SDK, as far as told. */
  by: string;
  signals: string[];
  client: string;
  protocol: string;
  requests: number;
  last: string;
}

const PROTOCOLS: Record<string, string> = {
  grpc: 'gRPC',
  http_protobuf: 'HTTP, protobuf',
  http_json: 'HTTP, JSON',
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
      });
      continue;
    }
    if (!known.signals.includes(item.signal)) known.signals.push(item.signal);
    known.by ||= by;
    known.requests = Math.max(known.requests, item.requests);
  }
  return [...lines.values()];
}

/** What to change, by what was refused. */
const REMEDIES: Record<string, string> = {
  tls: 'Write http:// instead of https://; for gRPC set OTEL_EXPORTER_OTLP_INSECURE=true.',
  unknown_path:
    'The path is wrong. As base address give the host and the port only; as full address end with /v1/traces.',
  method: 'Something asked with another method than POST, a browser or a health check perhaps.',
  content_type: 'Set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or grpc.',
  content_encoding: 'Set OTEL_EXPORTER_OTLP_COMPRESSION to gzip or none.',
  wrong_signal: 'Traces, logs or metrics go to the address of another: look at the per-signal endpoints.',
  other_port: 'This port takes other signals: use another one, or add the signal to it.',
  malformed: 'The body is no OTLP. Is it an OpenTelemetry exporter, and the protocol the one it says?',
  too_large: 'Send smaller batches, or raise receive.max_request_bytes.',
  full: 'There is no room on the disk: see Health.',
  busy: 'Too much came at once; the client sends it again by itself.',
};

export function remedy(refused: RefusedRequest): string {
  return REMEDIES[refused.reason] ?? '';
}
