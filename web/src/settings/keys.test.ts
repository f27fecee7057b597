import { describe, expect, it } from 'vitest';
import type { KeyItem } from '../api/types';
import { browserName, freeName, purpose, shortened, sorted } from './keys';

function key(name: string, more: Partial<KeyItem> = {}): KeyItem {
  return {
    id: 1,
    name,
    kind: 'ingest',
    signals: ['traces', 'logs', 'metrics'],
    scope: null,
    project: 'default',
    hint: '00ff',
    made_at: '2026-11-20T12:00:00Z',
    last_used_at: null,
    rotated_at: null,
    old_until: null,
    revoked_at: null,
    ...more,
  };
}

describe('keys', () => {
  it('stand by kind, the revoked ones apart', () => {
    const revoked_at = '2026-11-21T12:00:00Z';
    const all = [key('a'), key('b', { revoked_at }), key('c', { kind: 'api' }), key('d', { revoked_at })];
    const { good, revoked } = sorted(all, 'ingest');
    expect(good.map(({ name }) => name)).toEqual(['a']);
    expect(revoked.map(({ name }) => name)).toEqual(['d', 'b']);
    expect(sorted(all, 'api').good.map(({ name }) => name)).toEqual(['c']);
  });

  it('say what they are for', () => {
    expect(purpose(key('a'))).toBe('everything');
    expect(purpose(key('a', { signals: ['traces', 'logs'] }))).toBe('traces and logs');
    expect(purpose(key('a', { signals: [], scope: 'read' }))).toBe('reading');
    expect(shortened(key('a'))).toBe('tm_ingest_…00ff');
    expect(shortened(key('a', { kind: 'api' }))).toBe('tm_api_…00ff');
  });

  it('get a name that is free', () => {
    expect(freeName([key('n8n'), key('n8n 2')], 'n8n')).toBe('n8n 3');
    expect(freeName([key('n8n', { revoked_at: '2026-11-21T12:00:00Z' })], 'n8n')).toBe('n8n');
  });
});

describe('browsers', () => {
  it('are named as people do', () => {
    const chrome =
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36';
    expect(browserName(chrome)).toBe('Chrome on Linux');
    expect(browserName('Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1')).toBe(
      'Safari on iOS',
    );
    expect(browserName('curl/8.1')).toBe('curl/8.1');
    expect(browserName('')).toBe('unknown');
  });
});
