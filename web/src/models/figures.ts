/** What stands on the pages about models. Pure. */
import type { CostList, ModelItem, PriceAmount } from '../api/types';
import type { Column } from '../components/columns';
import { formatMoney } from '../format/money';
import { formatAge } from '../format/time';
import { changed, pagePath, withParams } from '../router';

export const COLUMNS: Column[] = [
  { id: 'name', label: 'model', order: 'name' },
  { id: 'trend', label: 'calls over time', minor: true },
  { id: 'calls', label: 'calls', number: true, order: 'calls', minor: true },
  { id: 'tokens', label: 'tokens', number: true, order: 'tokens', minor: true },
  { id: 'cost', label: 'cost', number: true, order: 'cost' },
  { id: 'errors', label: 'errors', number: true, order: 'errors', title: 'Failed calls' },
  { id: 'latency', label: 'latency p95', number: true, order: 'latency', minor: true },
  { id: 'ttft', label: 'first token p95', number: true, order: 'ttft', minor: true },
  {
    id: 'speed',
    label: 'tokens/s',
    number: true,
    order: 'speed',
    minor: true,
    title: 'Tokens that the model wrote, for each second that its calls took',
  },
  { id: 'used', label: 'last used', number: true, order: 'used', minor: true },
];

const RANK: Record<string, (model: ModelItem) => number> = {
  calls: (model) => model.calls,
  tokens: (model) => model.usage.total,
  cost: (model) => model.cost_nano ?? -1,
  errors: (model) => model.errors / Math.max(1, model.calls),
  latency: (model) => model.latency_p95_ms ?? -1,
  ttft: (model) => model.ttft_p95_ms ?? -1,
  speed: (model) => model.output_tokens_per_second ?? -1,
  used: (model) => Date.parse(model.last_used),
};

/** In the order that the URL asks for: largest first, names from a to z. The API's own order is by cost. */
export function ordered(models: readonly ModelItem[], order: string): ModelItem[] {
  if (order === 'name') return [...models].sort((one, other) => nameOf(one).localeCompare(nameOf(other)));
  const rank = RANK[order];
  return rank ? [...models].sort((one, other) => rank(other) - rank(one)) : [...models];
}

export function nameOf(model: Pick<ModelItem, 'model'>): string {
  return model.model ?? 'no model told';
}

export function keyOf(model: Pick<ModelItem, 'model' | 'provider'>): string {
  return JSON.stringify([model.provider, model.model]);
}

/** The page of one model; null for calls that name none. */
export function modelUrl(params: URLSearchParams, model: ModelItem): string | null {
  if (!model.model) return null;
  return withParams(pagePath('model', { name: model.model }), changed(params, { provider: model.provider }));
}

/** Calls of each model over time, by [`keyOf`]. */
export function trends(list: CostList | null): Map<string, number[]> {
  const found = new Map<string, number[]>();
  if (!list) return found;
  const place = new Map(list.buckets.map((start, index) => [start, index]));
  for (const row of list.items) {
    const key = keyOf({ provider: row.provider ?? null, model: row.model ?? null });
    const values = found.get(key) ?? list.buckets.map(() => 0);
    const at = place.get(row.bucket_start ?? '');
    if (at !== undefined) values[at] = (values[at] ?? 0) + row.calls;
    found.set(key, values);
  }
  return found;
}

export interface Mark {
  tone: 'warning' | 'error' | 'off';
  text: string;
  title: string;
}

const SOON_MS = 90 * 86_400_000;

/** What somebody should know about a model. */
export function marks(model: ModelItem, now: Date): Mark[] {
  const found: Mark[] = [];
  if (model.retires) {
    const left = Date.parse(model.retires) - now.getTime();
    const title = `The provider has announced ${model.retires} as its end, says litellm’s list`;
    if (left <= 0) found.push({ tone: 'error', text: 'retired', title });
    else if (left < SOON_MS) found.push({ tone: 'warning', text: `ends ${model.retires}`, title });
  }
  if (model.silent) {
    const ago = formatAge(now.getTime() - Date.parse(model.last_used));
    found.push({
      tone: 'warning',
      text: 'silent',
      title: `It was called on most days; the last call was ${ago}`,
    });
  }
  if (model.unpriced_calls > 0)
    found.push({ tone: 'warning', text: 'no price', title: model.no_price ?? 'some calls have no amount' });
  if (model.basis === 'local')
    found.push({
      tone: 'off',
      text: 'at home',
      title: 'A [[local]] rule of the configuration says what it costs',
    });
  return found;
}

const SHORT: Record<string, string> = {
  input: 'in',
  output: 'out',
  cache_read: 'cached',
};

/** `$2.50 in · $10.00 out · $1.25 cached` for a million tokens. */
export function priceText(prices: readonly PriceAmount[]): string {
  return prices
    .filter((price) => price.bucket in SHORT && price.per === 1_000_000)
    .map((price) => `${formatMoney(price.price_usd)} ${SHORT[price.bucket]}`)
    .join(' · ');
}
