import { describe, expect, it } from 'vitest';
import { endpoint, snippets } from './snippets';

describe('first-trace snippets', () => {
  const all = snippets('http://10.0.0.7:14318', 'http://10.0.0.7:14317');

  it('cover the clients, each with this listener', () => {
    expect(all.map((snippet) => snippet.id)).toEqual([
      'curl',
      'openllmetry',
      'openinference',
      'otel',
      'n8n',
      'langflow',
      'dify',
    ]);
    for (const { text } of all) expect(text).toContain('http://10.0.0.7:14318');
  });

  it('name an address under which the listener is reached', () => {
    expect(endpoint('0.0.0.0:14318', 'ai.lan')).toBe('http://ai.lan:14318');
    expect(endpoint('[::]:4318', '[fd00::7]')).toBe('http://[fd00::7]:4318');
    expect(endpoint('127.0.0.1:4318', 'localhost')).toBe('http://localhost:4318');
    expect(endpoint('127.0.0.1:4318', 'ai.lan')).toBe('http://127.0.0.1:4318');
    expect(endpoint('10.0.0.7:4318', 'localhost')).toBe('http://10.0.0.7:4318');
  });

  it('hold well-formed OTLP in the shell command', () => {
    const text = all[0]!.text;
    const body = text.slice(text.indexOf("'{") + 1, text.lastIndexOf("}'") + 1);
    const filled = body
      .replace(/'\$\([^']*'[^']*'\)'/g, 'ab'.repeat(8))
      .replace(/'\$\(\(NOW - 2\)\)'|'\$NOW'/g, '17');
    const span = JSON.parse(filled).resourceSpans[0].scopeSpans[0].spans[0];
    expect(span.attributes).toHaveLength(5);
    expect(span.endTimeUnixNano).toBe('17000000000');
  });
});
