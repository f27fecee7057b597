/** Token buckets for people. Pure. */
import type { Usage } from '../api/types';

export interface TokenPart {
  name: string;
  tokens: number;
  colour: string;
}

const NAMES: [keyof Usage, string, number][] = [
  ['input', 'input', 0],
  ['cache_read', 'read from a cache', 5],
  ['cache_write', 'written to a cache', 13],
  ['output', 'output', 2],
  ['reasoning', 'reasoning', 7],
  ['audio_input', 'audio in', 1],
  ['audio_output', 'audio out', 9],
  ['image_input', 'images in', 4],
  ['image_output', 'images out', 12],
];

/** The buckets that hold any, in the order in which they are billed: no token is in two. */
export function parts(usage: Usage): TokenPart[] {
  return NAMES.flatMap(([key, name, series]) =>
    usage[key] > 0 ? [{ name, tokens: usage[key], colour: `var(--series-${series})` }] : [],
  );
}
