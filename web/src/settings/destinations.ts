/** What the state of a destination means, in words. Pure. */
import type { Destination } from '../api/types';
import { formatDuration } from '../format/duration';

export type Tone = 'ok' | 'busy' | 'warning' | 'error' | 'off';

export interface Standing {
  tone: Tone;
  /** A word for the list. */
  word: string;
  /** A sentence: what it means, and what to do. */
  meaning: string;
}

/** Data that waits for longer is worth a word. */
const SLOW_SECONDS = 60;

export function standing(destination: Destination): Standing {
  const why = destination.last_error ?? '';
  switch (destination.state) {
    case 'held':
      return {
        tone: 'error',
        word: 'held',
        meaning: `It takes nothing: ${why || 'a setting is wrong'}. Nothing is lost. Change the setting here or there; it is tried once a minute, and at once when you resume it.`,
      };
    case 'retrying':
      return {
        tone: 'warning',
        word: 'retrying',
        meaning: `The last attempt failed: ${why || 'no answer'}. It is tried again by itself; what waits is in the journal.`,
      };
    case 'paused':
      return {
        tone: 'off',
        word: 'paused',
        meaning: 'Somebody paused it. What arrives meanwhile waits in the journal.',
      };
    default:
      return destination.lag_seconds > SLOW_SECONDS
        ? {
            tone: 'busy',
            word: 'catching up',
            meaning: `It is ${formatDuration(destination.lag_seconds * 1000)} behind and getting what waits.`,
          }
        : { tone: 'ok', word: 'sending', meaning: 'It has everything.' };
  }
}

const KINDS: Record<string, string> = {
  splunk_hec: 'Splunk HEC',
  otlp_http: 'OTLP over HTTP',
  otlp_grpc: 'OTLP over gRPC',
  webhook: 'Webhook',
};

export const kindName = (kind: string): string => KINDS[kind] ?? kind;

/** As the configuration file has it, for who has no destination yet. */
export const EXAMPLE = `[[destination]]
name = "archive"
kind = "splunk_hec"          # or otlp_http, otlp_grpc, webhook
url = "https://splunk.lan:8088"
token_file = "/etc/tracemeter/hec-token"
from = "now"                 # or "beginning", or a day`;
