/** What needs attention, gravest first. Pure. */
import type { Health, Overview } from '../api/types';
import { formatDuration } from '../format/duration';
import { formatPercent, plural } from '../format/number';

export interface Matter {
  severity: 'error' | 'warning';
  text: string;
  hint: string;
  /** Which page says more. */
  link: 'errors' | 'health' | null;
}

/** A reader tolerates this much delay before "live" is a lie. */
const LAG_MS = 10_000;

export function matters(overview: Overview, health: Health | null): Matter[] {
  const found: Matter[] = [];
  for (const problem of health?.problems ?? []) {
    const severity = problem.severity === 'error' ? 'error' : 'warning';
    found.push({ severity, text: problem.message, hint: problem.hint, link: 'health' });
  }
  const lag = health?.analytics.lag_ms ?? 0;
  if (lag > LAG_MS && !health?.problems.length) {
    found.push({
      severity: 'warning',
      text: `What arrives shows ${formatDuration(lag)} late`,
      hint: 'It is safe in the journal and is being loaded.',
      link: 'health',
    });
  }
  const { current } = overview.range;
  if (current.errors > 0) {
    const share = current.calls > 0 ? ` (${formatPercent(current.errors / current.calls)})` : '';
    found.push({
      severity: 'error',
      text: `${plural(current.errors, 'call')} failed${share}`,
      hint: '',
      link: 'errors',
    });
  }
  for (const { reason, remedy, calls } of current.unpriced_reasons.slice(0, 4)) {
    found.push({
      severity: 'warning',
      text: `${plural(calls, 'call')} without a price`,
      hint: remedy ? `${reason}: ${remedy}` : reason,
      link: null,
    });
  }
  return found.sort((one, other) => Number(other.severity === 'error') - Number(one.severity === 'error'));
}
