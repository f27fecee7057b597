/** What needs attention, gravest first. Pure. */
import type { DestinationList, Health, Overview } from '../api/types';
import { formatDuration } from '../format/duration';
import { formatMoney } from '../format/money';
import { formatPercent, plural } from '../format/number';
import { destinationTone, lagText } from './standing';

export interface Matter {
  severity: 'error' | 'warning';
  text: string;
  hint: string;
  /** Which page says more. */
  link: 'errors' | 'health' | 'models' | 'costs' | null;
}

/** A reader tolerates this much delay before "live" is a lie. */
const LAG_MS = 10_000;

function ofHealth(health: Health | null): Matter[] {
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
  return found;
}

/** Destinations that Health has nothing to say about, and that are not where they should be all the same. */
function ofDestinations(destinations: DestinationList | null, told: Matter[]): Matter[] {
  return (destinations?.items ?? []).flatMap((destination) => {
    const tone = destinationTone(destination);
    const known = told.some((matter) => matter.text.includes(destination.name));
    if (known || tone === 'ok' || tone === 'off') return [];
    const severity = tone === 'error' ? ('error' as const) : ('warning' as const);
    const text = `${destination.name}: ${lagText(destination)}`;
    return [{ severity, text, hint: destination.last_error ?? '', link: 'health' as const }];
  });
}

function ofBudget({ budget_usd: budget, forecast, month }: Overview): Matter[] {
  if (budget == null) return [];
  const used = month.current.cost_usd ?? 0;
  const hint = `The month’s budget is ${formatMoney(budget)}.`;
  if (used > budget)
    return [{ severity: 'error', text: `The month has cost ${formatMoney(used)}`, hint, link: 'costs' }];
  if (forecast == null || forecast.month_usd <= budget) return [];
  const text = `The month will cost ${formatMoney(forecast.month_usd)} at this pace`;
  return [{ severity: 'warning', text, hint, link: 'costs' }];
}

export function matters(
  overview: Overview,
  health: Health | null,
  destinations: DestinationList | null = null,
): Matter[] {
  const found = ofHealth(health);
  found.push(...ofDestinations(destinations, found), ...ofBudget(overview));
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
      link: 'models',
    });
  }
  return found.sort((one, other) => Number(other.severity === 'error') - Number(one.severity === 'error'));
}
