import { expect, it } from 'vitest';
import { jsonPieces, jsonText, unwrapped } from './json';

it('colours keys, strings, numbers and words', () => {
  const kinds = jsonPieces('{"a": "b: 1", "c": -1.5e3, "d": null}')
    .filter((piece) => piece.kind !== 'plain')
    .map((piece) => `${piece.kind} ${piece.text}`);
  expect(kinds).toEqual(['key "a"', 'string "b: 1"', 'key "c"', 'number -1.5e3', 'key "d"', 'word null']);
});

it('loses nothing', () => {
  const text = jsonText({ a: ['x\n"y"', true, { b: 2 }] });
  expect(
    jsonPieces(text)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text);
});

it('opens JSON in a string', () => {
  expect(unwrapped('{"a": 1}')).toEqual({ a: 1 });
  expect(unwrapped('{not json')).toBe('{not json');
  expect(unwrapped('42')).toBe('42');
});
