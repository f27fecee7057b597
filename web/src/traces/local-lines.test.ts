import { describe, expect, it } from 'vitest';
import type { LocalBill } from '../api/types';
import { localLines, localRemedy } from './local-lines';
import { call, cost } from './sample-spans';

const bill: LocalBill = {
  lasted_ms: 40_000,
  share_ms: 30_000,
  most_at_once: 2,
  energy: {
    watts: 300,
    idle_watts: 60,
    source: 'constant',
    watt_hours: 2.5,
    tariff: [
      { per_kwh_usd: 0.36, watt_hours: 5 / 3, amount_usd: 0.0006, amount_nano: 600_000 },
      { per_kwh_usd: 0.24, watt_hours: 5 / 6, amount_usd: 0.0002, amount_nano: 200_000 },
    ],
  },
  amortisation_usd: 0.003,
  amortisation_nano: 3_000_000,
};

describe('the bill of a call at home', () => {
  it('names time, share, power, tariff and hardware', () => {
    expect(localLines({ rule: 'box', machine: 'box', bill })).toEqual([
      { name: 'Lasted', value: '40.00 s' },
      { name: 'Share of the machine', value: '30.00 s, 75% beside at most 1 other' },
      { name: 'Power', value: '300 W as the rule says, without 60 W idle' },
      { name: 'Energy', value: '1.67 Wh at $0.36 / kWh', amount: '$0.0006' },
      { name: 'Energy', value: '0.833 Wh at $0.24 / kWh', amount: '$0.0002' },
      { name: 'Hardware', value: 'paid back by the hour', amount: '$0.003' },
    ]);
    const alone = { ...bill, share_ms: 40_000, most_at_once: 1, energy: null, amortisation_nano: null };
    expect(localLines({ rule: 'box', machine: 'box', bill: alone }).map((line) => line.value)).toEqual([
      '40.00 s',
      '40.00 s, alone',
    ]);
    expect(localLines({ rule: 'box', machine: 'box', bill: null })).toEqual([]);
  });

  it('comes with a remedy where there is none', () => {
    const without = (reason: string, local: boolean) =>
      localRemedy(
        call(null, {
          cost: { ...cost(null), reason, local: local ? { rule: 'box', machine: 'box', bill: null } : null },
        }),
      );
    expect(without('runs locally at gpu.lan; no [[local]] rule for model "x"', false)).toContain('[[local]]');
    expect(without('no reading of the watts of machine "box" near …', true)).toContain('Health');
    expect(without('no token counts', false)).toBeNull();
  });
});
