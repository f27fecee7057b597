import { expect, it } from 'vitest';
import { kindColour, seriesColour, stableHash } from './colour';

it('gives a name the same colour always', () => {
  expect(stableHash('gpt-4o-mini')).toBe(stableHash('gpt-4o-mini'));
  expect(seriesColour('gpt-4o-mini')).toMatch(/^var\(--series-\d+\)$/);
  expect(seriesColour(null)).toBe('var(--series-other)');
});

it('spreads similar names over the palette', () => {
  const names = [
    'gpt-4o',
    'gpt-4o-mini',
    'gpt-4.1',
    'gpt-4.1-mini',
    'claude-sonnet-4-5',
    'claude-opus-4-1',
    'llama3.2',
    'qwen3',
  ];
  expect(new Set(names.map(seriesColour)).size).toBeGreaterThanOrEqual(6);
});

it('tells the models of the demo apart', () => {
  const names = [
    'gpt-4o',
    'gpt-5-mini',
    'claude-sonnet-4-5',
    'claude-haiku-4-5',
    'gemini-2.5-flash',
    'text-embedding-3-small',
    'qwen3:8b',
  ];
  expect(new Set(names.map(seriesColour)).size).toBe(names.length);
});

it('groups kinds into families', () => {
  expect(kindColour('embedding')).toBe(kindColour('llm'));
  expect(kindColour('workflow')).toBe(kindColour('agent'));
  expect(kindColour('evaluation')).toBe('var(--kind-other)');
});
