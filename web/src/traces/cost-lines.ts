/** A cost explained: one line per bucket, and what does not add up said in words. Pure. */
import type { Call } from '../api/types';
import { formatMoney, formatNano } from '../format/money';
import { formatExact, formatPercent } from '../format/number';
import { localRemedy } from './local-lines';

const BUCKETS: Record<string, string> = {
  input: 'Input',
  cache_read: 'Cache read',
  cache_write: 'Cache write',
  cache_write_5m: 'Cache write, 5 min',
  cache_write_1h: 'Cache write, 1 h',
  output: 'Output',
  reasoning: 'Reasoning',
  audio_input: 'Audio in',
  audio_output: 'Audio out',
  image_input: 'Image in',
  image_output: 'Image out',
  request: 'Per request',
  web_search: 'Web search',
};

export interface CostLine {
  bucket: string;
  units: string;
  price: string;
  amount: string;
}

export function bucketLabel(bucket: string): string {
  return BUCKETS[bucket] ?? bucket.replaceAll('_', ' ');
}

/** Counted singly, not by the million. */
const SINGLE = new Set(['request', 'web_search']);

/** The lines of a computed cost; of any other call its tokens, without price and amount. */
export function costLines(call: Call): CostLine[] {
  if (call.cost.buckets.length > 0) {
    return call.cost.buckets.map((line) => ({
      bucket: bucketLabel(line.bucket),
      units: formatExact(line.units),
      price: SINGLE.has(line.bucket) ? formatNano(line.price_nano) : `${formatNano(line.price_nano)} / M`,
      amount: formatNano(line.amount_nano),
    }));
  }
  const { usage } = call;
  if (!usage) return [];
  const tokens: [string, number][] = [
    ['input', usage.input],
    ['cache_read', usage.cache_read],
    ['cache_write_5m', usage.cache_write - usage.cache_write_1h],
    ['cache_write_1h', usage.cache_write_1h],
    ['output', usage.output],
    ['reasoning', usage.reasoning],
    ['audio_input', usage.audio_input],
    ['audio_output', usage.audio_output],
    ['image_input', usage.image_input],
    ['image_output', usage.image_output],
  ];
  return tokens
    .filter(([, count]) => count > 0)
    .map(([bucket, count]) => ({
      bucket: bucketLabel(bucket),
      units: formatExact(count),
      price: '—',
      amount: '—',
    }));
}

/** What the lines come to, in nano-dollars. */
export function ours(call: Call): number {
  return call.cost.buckets.reduce((sum, line) => sum + line.amount_nano, 0);
}

/** Whether a price of one's own would give the call an amount. */
export function canSetPrice(call: Call): boolean {
  return (
    call.cost.basis === 'unknown' &&
    call.usage !== null &&
    (call.response_model ?? call.request_model) !== null
  );
}

export interface CostNote {
  kind: 'warning' | 'plain';
  text: string;
}

/** What the table cannot say: why nothing is known, what the client said, why it is not counted. */
export function costNotes(call: Call): CostNote[] {
  const { cost } = call;
  const notes: CostNote[] = [];
  if (!call.counted) {
    const why = call.counted_reason ?? 'the client says so';
    notes.push({ kind: 'warning', text: `Not counted in any total: ${why}.` });
  }
  if (cost.basis === 'unknown') {
    notes.push({ kind: 'warning', text: `No amount: ${cost.reason ?? 'no price is known'}.` });
    const remedy = localRemedy(call);
    if (remedy) notes.push({ kind: 'plain', text: remedy });
    else if (cost.remedy) notes.push({ kind: 'plain', text: `What helps: ${cost.remedy}.` });
  }
  if (cost.basis === 'reported') {
    notes.push({
      kind: 'plain',
      text:
        cost.buckets.length > 0
          ? `The amount that counts is the one that the client reported. By our prices it would be ${formatNano(ours(call))}.`
          : 'The amount is the one that the client reported; it was not computed from a price.',
    });
  } else if (cost.reported_usd !== null) {
    const computed = cost.usd;
    const off = computed ? (cost.reported_usd - computed) / computed : null;
    const difference =
      off === null || Math.abs(off) < 0.0005
        ? ''
        : `, ${formatPercent(Math.abs(off))} ${off > 0 ? 'more' : 'less'} than computed`;
    notes.push({
      kind: cost.mismatch ? 'warning' : 'plain',
      text: `The client reported ${formatMoney(cost.reported_usd)}${difference}.`,
    });
  }
  const price = cost.price;
  if (price?.tier && !price.tier_priced) {
    const text = `The call was answered in the ${price.tier} tier, for which the table has no prices: the standard ones were taken.`;
    notes.push({ kind: 'warning', text });
  }
  if (call.usage === null && cost.basis !== 'unknown') {
    notes.push({ kind: 'plain', text: 'The client sent no token counts.' });
  }
  return notes;
}
