import { expect, it } from 'vitest';
import { fits, sources, tariffText, type EnergyRule, type LocalRule } from './energy';

const rule = { provider: [], host: [], service: [], model: [] } as unknown as LocalRule;
const energy = {
  watts: 360,
  idle_watts: 0,
  prometheus: null,
  home_assistant: null,
  shelly: null,
  tasmota: null,
};

it('says which calls a rule is for', () => {
  expect(fits(rule)).toBe('every call that runs at home');
  expect(fits({ ...rule, host: ['a', 'b'], model: ['q*'] })).toBe('host a or b, model q*');
});

it('says where watts come from, and what they cost', () => {
  expect(sources(energy as unknown as EnergyRule)).toBe('360 W');
  const shelly = { ...energy, shelly: { url: 'http://plug' }, idle_watts: 60 } as unknown as EnergyRule;
  expect(sources(shelly)).toBe(
    'read from a Shelly (http://plug), 360 W where nothing was read, 60 W when idle',
  );
  expect(tariffText(0.3, 'EUR', 'UTC')).toBe('0.3 EUR per kWh');
  const rows = [
    { price: 0.36, hours: null, from: null },
    { price: 0.24, hours: '22:00-06:00', from: '2027-01-01' },
  ];
  expect(tariffText(rows, 'EUR', 'Europe/Berlin')).toBe(
    '0.36, 0.24 at 22:00-06:00 from 2027-01-01 EUR per kWh (Europe/Berlin)',
  );
});
