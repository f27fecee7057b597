import { describe, expect, it } from 'vitest';
import { reached, type Shortcut } from './keys.svelte';

const run = () => undefined;
const shortcuts: Shortcut[] = [
  { keys: ['g', 't'], what: 'traces', run },
  { keys: ['g', 'c'], what: 'costs', run },
  { keys: ['?'], what: 'sheet', run },
  { keys: ['j'], what: 'next row' },
];

describe('sequences of keys', () => {
  it('reaches a shortcut by one key or two', () => {
    expect(reached(['?'], shortcuts)).toBe(shortcuts[2]);
    expect(reached(['g'], shortcuts)).toBe('waiting');
    expect(reached(['g', 'c'], shortcuts)).toBe(shortcuts[1]);
  });

  it('leaves alone what is none, or is taken elsewhere', () => {
    expect(reached(['x'], shortcuts)).toBeNull();
    expect(reached(['g', 'x'], shortcuts)).toBeNull();
    expect(reached(['j'], shortcuts)).toBeNull();
  });
});
