/** Money for people, in the currency that is configured. Below a cent four decimals, below a thousand two, above none. */
import { converted, symbol } from './currency.svelte';
import { UNKNOWN } from './number';

const PERIOD_WIDE_SPACE = '\u2008';
const DIGIT_WIDE_SPACE = '\u2007';

function decimals(amount: number): number {
  // Compared after rounding: $0.00999 shows as $0.01 and not as $0.0100.
  if (Math.round(amount * 1e4) < 100) return 4;
  return Math.round(amount * 100) < 100_000 ? 2 : 0;
}

/** `$0.0042`, `$1.27`, `$1,284`; `<$0.0001` for something that cost less; `—` for unknown; `$0` only for free. */
export function formatMoney(usd: number | null | undefined): string {
  if (usd == null || !Number.isFinite(usd)) return UNKNOWN;
  if (usd < 0) return `-${formatMoney(-usd)}`;
  const [amount, sign] = [converted(usd), symbol()];
  if (amount === 0) return `${sign}0`;
  if (amount < 0.00005) return `<${sign}0.0001`;
  const [whole, fraction] = amount.toFixed(decimals(amount)).split('.') as [string, string?];
  return `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${fraction ? `.${fraction}` : ''}`;
}

/** [`formatMoney`] padded so that the decimal points of a right-aligned column stand under each other. */
export function formatMoneyAligned(usd: number | null | undefined): string {
  const text = formatMoney(usd);
  if (text === UNKNOWN) return text;
  const point = text.indexOf('.');
  const shown = point < 0 ? 0 : text.length - point - 1;
  return text + (point < 0 ? PERIOD_WIDE_SPACE : '') + DIGIT_WIDE_SPACE.repeat(Math.max(0, 4 - shown));
}

/** Every digit that counts, in US dollars whatever the currency, from nano-dollars: `$0.004218` for hovers and cost tables. */
export function formatNano(nano: number | null | undefined): string {
  if (nano == null || !Number.isFinite(nano)) return UNKNOWN;
  const digits = Math.abs(Math.round(nano)).toString().padStart(10, '0');
  const whole = digits.slice(0, -9).replace(/\B(?=(\d{3})+$)/g, ',');
  const fraction = digits.slice(-9).replace(/0+$/, '').padEnd(2, '0');
  return `${nano < 0 ? '-' : ''}$${whole}.${fraction}`;
}
