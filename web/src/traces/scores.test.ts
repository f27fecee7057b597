import { expect, test } from 'vitest';
import type { Score } from '../api/types';
import { scoreText, scoreTitle } from './scores';

const score: Score = {
  id: null,
  name: 'helpful',
  value: 0.91234,
  label: null,
  comment: null,
  data_type: null,
  time: '2026-11-20T12:00:00Z',
  span_id: null,
};

test('a word comes before a number, and truth values are yes or no', () => {
  expect(scoreText(score)).toBe('0.912');
  expect(scoreText({ ...score, label: 'friendly' })).toBe('friendly');
  expect(scoreText({ ...score, value: 1, label: 'true', data_type: 'BOOLEAN' })).toBe('yes');
  expect(scoreText({ ...score, value: 0, label: 'false', data_type: 'BOOLEAN' })).toBe('no');
  expect(scoreText({ ...score, value: null })).toBe('—');
});

test('the rest is told on request', () => {
  expect(scoreTitle(score)).toBe('');
  expect(scoreTitle({ ...score, comment: 'too long', span_id: 'ab' })).toBe('too long, of span ab');
});
