import { expect, it } from 'vitest';
import { axisTexts } from './axis';

it('keeps the roundest of marks that read the same', () => {
  const cents = (value: number) => `$${value.toFixed(2)}`;
  expect(axisTexts([0, 0.005, 0.01, 0.015, 0.02], cents)).toEqual(['$0.00', '', '$0.01', '', '$0.02']);
  const whole = (value: number) => value.toFixed(0);
  expect(axisTexts([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1], whole)).toEqual(['0', '', '', '', '', '1']);
  expect(axisTexts([10, 20], whole)).toEqual(['10', '20']);
});
