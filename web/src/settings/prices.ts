/** Prices of one's own and of the tables, in words, and the form that sets one. Pure. */
import type { PriceOverride, PriceRow } from '../api/types';

/** The amounts an entry can have, in the order they are shown. */
export const AMOUNTS = [
  ['input', 'Input'],
  ['output', 'Output'],
  ['cache_read', 'Cache read'],
  ['cache_write', 'Cache write'],
  ['cache_write_1h', 'Cache write, 1 h'],
  ['reasoning', 'Reasoning'],
  ['audio_input', 'Audio in'],
  ['audio_output', 'Audio out'],
  ['image_input', 'Image in'],
  ['image_output', 'Image out'],
  ['request', 'Per request'],
  ['web_search', 'Per search'],
] as const;

export type AmountName = (typeof AMOUNTS)[number][0];

/** What stands in the form. */
export interface Draft {
  provider: string;
  model: string;
  from: string;
  tier: string;
  comment: string;
  currency: string;
  usd_per_unit: string;
  amounts: Partial<Record<AmountName, string>>;
}

export const EMPTY: Draft = {
  provider: '',
  model: '',
  from: '',
  tier: '',
  comment: '',
  currency: 'USD',
  usd_per_unit: '1',
  amounts: {},
};

export function draftOf(item: PriceOverride): Draft {
  const amounts: Draft['amounts'] = {};
  for (const [name] of AMOUNTS) {
    const value = item[name];
    if (value != null) amounts[name] = String(value);
  }
  return {
    provider: item.provider ?? '',
    model: item.model,
    from: item.from ?? '',
    tier: item.tier ?? '',
    comment: item.comment ?? '',
    currency: item.currency,
    usd_per_unit: String(item.usd_per_unit),
    amounts,
  };
}

/** A decimal comma is as good as a point; null for what is no amount. */
function number(text: string): number | null {
  const plain = text.trim().replace(',', '.');
  return /^(\d+(\.\d*)?|\.\d+)$/.test(plain) ? Number(plain) : null;
}

/** As the API takes it; null while something needed is missing or no number. */
export function body(draft: Draft): Record<string, string | number> | null {
  const out: Record<string, string | number> = {};
  for (const [name] of AMOUNTS) {
    const text = draft.amounts[name]?.trim();
    if (!text) continue;
    const amount = number(text);
    if (amount === null) return null;
    out[name] = amount;
  }
  if (!draft.model.trim() || Object.keys(out).length === 0) return null;
  out.model = draft.model.trim();
  for (const key of ['provider', 'from', 'tier', 'comment'] as const) {
    if (draft[key].trim()) out[key] = draft[key].trim();
  }
  const currency = draft.currency.trim().toUpperCase();
  if (currency && currency !== 'USD') {
    const rate = number(draft.usd_per_unit);
    if (!rate) return null;
    out.currency = currency;
    out.usd_per_unit = rate;
  }
  return out;
}

/** To whom and when an entry applies. */
export function appliesTo(item: PriceOverride): string {
  const parts = [item.provider ?? 'whoever sells it'];
  if (item.tier) parts.push(item.tier);
  if (item.from) parts.push(`from ${item.from}`);
  return parts.join(', ');
}

export function amountsOf(item: PriceOverride): string {
  const parts = AMOUNTS.flatMap(([name, label]) => {
    const value = item[name];
    return value == null ? [] : [`${label.toLowerCase()} ${value}`];
  });
  const free = parts.length > 0 && AMOUNTS.every(([name]) => !item[name]);
  const above = item.above?.length ? `, more above ${item.above.length} lengths` : '';
  return free ? 'free of charge' : `${parts.join(', ')} ${item.currency} per million tokens${above}`;
}

/** The parameters that name an entry. */
export function removal(item: PriceOverride): URLSearchParams {
  const params = new URLSearchParams({ model: item.model });
  for (const key of ['provider', 'from', 'tier'] as const) {
    const value = item[key];
    if (value) params.set(key, value);
  }
  return params;
}

/** `input $2.5, output $10`, of the buckets that matter most. */
export function rowText(row: PriceRow | undefined): string {
  if (!row) return '';
  const usual = row.prices.filter(({ bucket }) => ['input', 'output', 'cache_read'].includes(bucket));
  const shown = usual.length > 0 ? usual : row.prices;
  return shown
    .map(({ bucket, price_usd, per, above }) => {
      const unit = per === 1_000_000 ? '' : ` per ${per === 1 ? 'one' : per}`;
      return `${bucket.replace('_', ' ')} $${price_usd}${unit}${above.length ? '+' : ''}`;
    })
    .join(', ');
}
