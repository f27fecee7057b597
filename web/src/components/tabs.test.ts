import { expect, it } from 'vitest';
import { stepped } from './tabs';

it.each([
  ['ArrowRight', 2, 0],
  ['ArrowLeft', 0, 2],
  ['ArrowDown', 0, 1],
  ['Home', 2, 0],
  ['End', 0, 2],
  ['a', 1, null],
])('%s from %i of three leads to %s', (key, at, to) => expect(stepped(key, at, 3)).toBe(to));

it('nothing leads anywhere in an empty row', () => expect(stepped('End', 0, 0)).toBeNull());
