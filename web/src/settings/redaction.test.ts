import { expect, it } from 'vitest';
import { actionOf, asked, DETECTORS, reasonOf, type Rules } from './redaction';

const rules: Rules = {
  capture: 'full',
  detector: { api_key: null, email: 'mask', jwt: 'off' },
  allow: [],
  phone_country: null,
  rule: [
    { key: 'a', action: 'truncate', length: 5 },
    { key: 'b', action: 'drop', length: null },
  ],
  pattern: [],
};
const action = (id: string, of: Rules) => actionOf(DETECTORS.find((each) => each.id === id) as never, of);

it('knows what detectors do when nothing is said', () => {
  expect([
    action('api_key', rules),
    action('email', rules),
    action('jwt', rules),
    action('phone', rules),
  ]).toEqual(['mask', 'mask', 'off', 'off']);
  const stricter = { ...rules, capture: 'redacted' };
  expect([action('phone', stricter), action('private_ip', stricter)]).toEqual(['hash', 'off']);
});

it('sends what is set', () => {
  expect(asked(rules)).toEqual({
    capture: 'full',
    detector: { email: 'mask', jwt: 'off' },
    allow: [],
    rule: [
      { key: 'a', action: 'truncate', length: 5 },
      { key: 'b', action: 'drop' },
    ],
    pattern: [],
  });
  expect(reasonOf({ by: 'detector', name: 'email', action: 'hash' })).toBe('hash by detector email');
});
