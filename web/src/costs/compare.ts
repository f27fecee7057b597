/** What calls would have cost at another model, for people. Pure. */
import type { ComparedRow, Comparison } from '../api/types';
import { formatMoney } from '../format/money';
import { plural } from '../format/number';

export interface CompareLine {
  name: string | null;
  calls: number;
  here: number | null;
  there: number;
  /** How the other price compares: `3.4x`, or null where that says nothing. */
  times: string | null;
}

/** `3.4×` as much as here, `0.5×`; null when either is nothing. */
export function times(here: number | null, there: number): string | null {
  if (here === null || here <= 0 || there <= 0) return null;
  const factor = there / here;
  if (factor >= 999.5) return '>999×';
  if (factor < 0.01) return '<0.01×';
  return `${factor >= 9.95 ? factor.toFixed(0) : factor.toPrecision(factor < 0.1 ? 1 : 2)}×`;
}

function line(row: ComparedRow): CompareLine {
  return {
    name: row.model ?? null,
    calls: row.compared_calls,
    here: row.cost_usd,
    there: row.compared_usd,
    // Where some amounts are not known, the quotient is not either.
    times: row.unpriced_calls > 0 ? null : times(row.cost_usd, row.compared_usd),
  };
}

/** The models that were used, those that could be compared first. */
export function compareLines(answer: Comparison): CompareLine[] {
  return answer.items.filter((row) => row.compared_calls > 0).map(line);
}

/** The answer in a sentence. */
export function summary(answer: Comparison): string {
  const { total } = answer;
  if (total.compared_calls === 0) return 'No call of this time can be compared.';
  const calls = plural(total.compared_calls, 'call');
  const there = `${calls} would have cost ${formatMoney(total.compared_usd)} at ${answer.to}`;
  if (total.cost_usd === null) return `${there}; what they cost here is not known.`;
  const bound = total.unpriced_calls > 0 ? ', and what is not known' : '';
  return `${there}, instead of ${formatMoney(total.cost_usd)}${bound}.`;
}
