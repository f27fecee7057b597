/** A cost that follows from the time on a machine at home, line by line. Pure. */
import type { Call, LocalCost } from '../api/types';
import { formatDuration } from '../format/duration';
import { formatNano } from '../format/money';
import { formatPercent } from '../format/number';

export interface LocalLine {
  name: string;
  value: string;
  /** What it adds to the cost. */
  amount?: string;
}

const SOURCES: Record<string, string> = {
  constant: 'as the rule says',
  measured: 'measured',
  mixed: 'measured, as the rule says where no reading is',
};

function digits(value: number, unit: string): string {
  const shown = value >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, '');
  return `${shown} ${unit}`;
}

/** Watts, seconds, share, tariff, amount; empty while there is no bill. */
export function localLines(local: LocalCost): LocalLine[] {
  const { bill } = local;
  if (!bill) return [];
  const lines: LocalLine[] = [{ name: 'Lasted', value: formatDuration(bill.lasted_ms) }];
  const share = bill.lasted_ms > 0 ? bill.share_ms / bill.lasted_ms : 1;
  const alone = bill.most_at_once <= 1;
  lines.push({
    name: 'Share of the machine',
    value: alone
      ? `${formatDuration(bill.share_ms)}, alone`
      : `${formatDuration(bill.share_ms)}, ${formatPercent(share)} beside at most ${bill.most_at_once - 1} other${bill.most_at_once > 2 ? 's' : ''}`,
  });
  const { energy } = bill;
  if (energy) {
    const idle = energy.idle_watts > 0 ? `, without ${digits(energy.idle_watts, 'W')} idle` : '';
    lines.push({
      name: 'Power',
      value: `${digits(energy.watts, 'W')} ${SOURCES[energy.source] ?? energy.source}${idle}`,
    });
    for (const line of energy.tariff) {
      lines.push({
        name: 'Energy',
        value: `${digits(line.watt_hours, 'Wh')} at $${line.per_kwh_usd} / kWh`,
        amount: formatNano(line.amount_nano),
      });
    }
  }
  if (bill.amortisation_nano !== null) {
    lines.push({
      name: 'Hardware',
      value: 'paid back by the hour',
      amount: formatNano(bill.amortisation_nano),
    });
  }
  return lines;
}

/** What can be done about a call at home without an amount. */
export function localRemedy(call: Call): string | null {
  const { local, reason } = call.cost;
  if (reason?.startsWith('runs locally')) {
    return 'Say what it costs in a [[local]] rule of the configuration: docs/local-models.md shows how.';
  }
  if (local && reason?.startsWith('no reading')) {
    return 'The Health page says whether its meter answers; `watts` in the rule stands in where it does not.';
  }
  return null;
}
