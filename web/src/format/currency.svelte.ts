/** In which currency amounts are shown. Everything that is kept and answered is US dollars; exact figures stay so. */
import { get } from '../api/client';
import type { Currency } from '../api/types';

const SYMBOLS: Record<string, string> = { USD: '$', EUR: '€', GBP: '£', JPY: '¥', INR: '₹', KRW: '₩' };

let shown = $state.raw<Currency>({ currency: 'USD', rate: 1 });

export function setCurrency(currency: Currency) {
  shown = currency;
}

/** Asks which currency is configured. Without an answer amounts stay in dollars and say so. */
export async function loadCurrency() {
  try {
    setCurrency(await get<Currency>('currency', new URLSearchParams()));
  } catch {
    setCurrency({ currency: 'USD', rate: 1 });
  }
}

/** What stands before an amount. */
export function symbol(): string {
  return SYMBOLS[shown.currency] ?? `${shown.currency} `;
}

/** Units of the shown currency. */
export function converted(usd: number): number {
  return usd * shown.rate;
}
