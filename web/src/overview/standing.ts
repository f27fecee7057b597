/** How destinations and the disk stand, in a word. Pure. */
import type { Destination, RetentionHealth } from '../api/types';
import { formatDuration } from '../format/duration';
import { formatBytes, plural } from '../format/number';

/** Later than this a destination is behind. */
const BEHIND_S = 60;

export function destinationTone(destination: Destination): 'ok' | 'busy' | 'warning' | 'error' | 'off' {
  if (destination.state === 'paused') return 'off';
  if (destination.state === 'held') return 'error';
  if (destination.state === 'retrying' || destination.dead_letters > 0) return 'warning';
  return destination.lag_seconds > BEHIND_S ? 'busy' : 'ok';
}

export function lagText(destination: Destination): string {
  const { state, lag_seconds: lag, dead_letters: dead } = destination;
  if (dead > 0 && state === 'sending') return plural(dead, 'dead letter');
  const word = state === 'sending' ? (lag > BEHIND_S ? 'behind' : 'up to date') : state;
  return lag > BEHIND_S ? `${word}, ${formatDuration(lag * 1000)}` : word;
}

/** What is left, and how long it lasts where that is known. */
export function diskText(retention: RetentionHealth): string {
  const { free_bytes: free, max_bytes: most, used_bytes: used, days_left: days } = retention;
  const limits = [free, most === null ? null : Math.max(0, most - used)].filter((bytes) => bytes !== null);
  if (limits.length === 0) return 'not known';
  const left = formatBytes(Math.min(...limits));
  return days === null ? left : `${left}, for ${plural(Math.round(days), 'day')}`;
}
