import { expect, it } from 'vitest';
import type { SqlTable } from '../api/types';
import { completed, isQuoted, offers, offsetOf, wordBefore } from './completion';

const column = (name: string) => ({ name, kind: 'VARCHAR', about: 'x' });
const tables: SqlTable[] = [
  { name: 'calls', about: '', columns: [column('model'), column('cost_usd')] },
  { name: 'logs', about: '', columns: [column('body'), column('model_name')] },
];
const texts = (text: string, cursor = text.length) => offers(text, cursor, tables).map((offer) => offer.text);

it('offers columns of the tables that are named, then tables and words', () => {
  expect(texts('SELECT mo')).toEqual(['model', 'model_name']);
  expect(texts('FROM calls SELECT mo')).toEqual(['model']);
  expect(texts('FROM ca')).toEqual(['calls', 'CASE WHEN']);
  expect(texts('WHERE start_time > $s')).toEqual(['$since']);
  expect(texts('sel')).toEqual(['SELECT']);
});

it('offers nothing in quotes and comments, and nothing that is written already', () => {
  expect(texts("WHERE model = 'mo")).toEqual([]);
  expect(texts('-- mo')).toEqual([]);
  expect(texts('-- x\nmo')).toEqual(['model', 'model_name']);
  expect(texts('FROM calls SELECT model')).toEqual([]);
  expect(texts('SELECT ')).toEqual([]);
  expect(isQuoted("'it''s' ", 8)).toBe(false);
});

it('puts the offer in the place of the word', () => {
  expect(wordBefore('a mod', 5)).toEqual({ word: 'mod', start: 2 });
  expect(completed('SELECT mo FROM x', 9, 'model')).toEqual({ text: 'SELECT model FROM x', cursor: 12 });
});

it('knows where a line and a column are', () => {
  expect(offsetOf('ab\ncd', 2, 2)).toBe(4);
  expect(offsetOf('ab', 1, 1)).toBe(0);
});
