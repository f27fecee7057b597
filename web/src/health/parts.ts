/** The way of the data through the server, part by part, and how each is. Pure. */
import type { Counter, Destination, Health, RelayHealth } from '../api/types';
import { formatDuration } from '../format/duration';
import { formatBytes, formatCount, plural } from '../format/number';

export interface PartState {
  id: string;
  label: string;
  tone: 'ok' | 'busy' | 'warning' | 'error' | 'off';
  /** A word. */
  word: string;
  /** One figure worth knowing. */
  figure: string;
  about: string;
}

/** Behind by less is how it always is. */
const SLOW_MS = 10_000;

export function parts(health: Health, destinations: readonly Destination[]): PartState[] {
  const { journal, analytics, search, retention } = health;
  const behind = (ms: number) => (ms > SLOW_MS ? `${formatDuration(ms)} behind` : 'up to date');
  const all: PartState[] = [
    {
      id: 'receive',
      label: 'Receive',
      tone: retention.refusing ? 'error' : 'ok',
      word: retention.refusing ? 'refusing' : 'taking data',
      figure: `${health.listeners.http}`,
      about: 'Takes OpenTelemetry, redacts it, and answers once it is on the disk.',
    },
    {
      id: 'journal',
      label: 'Journal',
      tone: journal.unreadable_chunks > 0 ? 'warning' : 'ok',
      word: journal.unreadable_chunks > 0 ? `${formatCount(journal.unreadable_chunks)} damaged` : 'sound',
      figure: `${formatBytes(journal.bytes)}, ${plural(journal.days, 'day')}`,
      about: 'Everything that was acknowledged, as it was said.',
    },
    {
      id: 'analytics',
      label: 'Analytics',
      tone: analytics.error ? 'error' : analytics.lag_ms > SLOW_MS ? 'busy' : 'ok',
      word: analytics.error ? 'failing' : behind(analytics.lag_ms),
      figure: `${formatCount(analytics.spans)} spans, ${formatCount(analytics.logs)} log records`,
      about: 'What lists and boards are read from; made again from the journal when missing.',
    },
    search
      ? {
          id: 'search',
          label: 'Search',
          tone: search.error ? 'warning' : search.pending_days > 0 || search.lag_ms > SLOW_MS ? 'busy' : 'ok',
          word: search.error
            ? 'failing'
            : search.pending_days > 0
              ? `${plural(search.pending_days, 'day')} to index`
              : behind(search.lag_ms),
          figure: formatBytes(search.bytes),
          about: 'The index of what was said; made again from the journal when missing.',
        }
      : {
          id: 'search',
          label: 'Search',
          tone: 'off',
          word: 'switched off',
          figure: '',
          about: 'enabled = false in [search] of the configuration.',
        },
  ];
  if (health.relay) all.push(relaying(health.relay));
  if (destinations.length > 0) all.push(forwarding(destinations));
  return all;
}

function relaying(relay: RelayHealth): PartState {
  const silent = relay.upstreams.filter(({ failing }) => failing);
  const lost = relay.dropped_records;
  return {
    id: 'relay',
    label: 'Relay',
    tone: lost > 0 ? 'error' : silent.length > 0 ? 'warning' : 'ok',
    word:
      lost > 0
        ? `${formatCount(lost)} not recorded`
        : silent.length > 0
          ? `no answer from ${silent.map(({ name }) => name).join(', ')}`
          : relay.open_calls > 0
            ? `${plural(relay.open_calls, 'call')} under way`
            : 'passing on',
    figure: `${relay.address}, ${plural(relay.recorded_calls, 'call')} recorded`,
    about: `Passes model calls on to ${relay.upstreams.map(({ name }) => name).join(', ')}, and records them.`,
  };
}

function forwarding(destinations: readonly Destination[]): PartState {
  const held = destinations.filter(({ state }) => state === 'held').length;
  const retrying = destinations.filter(({ state }) => state === 'retrying').length;
  const lag = Math.max(...destinations.map(({ lag_seconds }) => lag_seconds));
  return {
    id: 'forward',
    label: 'Forward',
    tone: held ? 'error' : retrying ? 'warning' : lag * 1000 > SLOW_MS ? 'busy' : 'ok',
    word: held
      ? `${held} held`
      : retrying
        ? `${retrying} retrying`
        : lag * 1000 > SLOW_MS
          ? 'catching up'
          : 'up to date',
    figure: plural(destinations.length, 'destination'),
    about: 'Sends it on to other backends, each at its own pace.',
  };
}

/** What counters of refusals mean, by the name and labels they have on /metrics. */
const WORDS: [RegExp, string][] = [
  [/receive_requests.*outcome="unknown_path"/, 'requests to a path that is none'],
  [/receive_requests.*outcome="content_type"/, 'requests with a content type that is not OTLP'],
  [/receive_rejected_items.*signal="(\w+)"/, 'single records of $1 that were not valid'],
  [/journal_refused/, 'requests that were told to come back'],
  [/unreadable_chunks/, 'damaged chunks that were passed over'],
  [/analytics_skipped_chunks/, 'chunks that could not be loaded'],
  [/search_skipped_chunks/, 'chunks that could not be indexed'],
  [/analytics_load_failures/, 'loads that failed and were repeated'],
  [/media_dropped/, 'images and sounds that were dropped for want of space'],
];

/** A counter in words; its own name where there are none. */
export function counterText({ name }: Counter): string {
  for (const [pattern, words] of WORDS) {
    const match = pattern.exec(name);
    if (match) return words.replace('$1', match[1] ?? '');
  }
  return name
    .replace(/^tracemeter_/, '')
    .replace(/_total/, '')
    .replace(/_/g, ' ')
    .replace(/[{}"]/g, ' ')
    .trim();
}

/** Where something can be done about a problem. */
export function remedyLink(message: string): { section: string; destination?: string } | null {
  const destination = /destination ([\w-]+)/.exec(message)?.[1];
  if (destination) return { section: 'destinations', destination };
  if (/^prices|price/.test(message)) return { section: 'prices' };
  if (/watts/.test(message)) return { section: 'energy' };
  if (/space|come back later|oldest days/.test(message)) return { section: 'storage' };
  return null;
}
