import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { curl, quoted } from './curl';

describe('a command for the shell', () => {
  it.each(['plain', "it's", "'; rm -rf ~; '", '$(id) `id` "x" \\ !', 'two\nlines', '\u202e<b>'])(
    'says %s as it is',
    (text) => {
      expect(execFileSync('/bin/sh', ['-c', `printf %s ${quoted(text)}`]).toString()).toBe(text);
    },
  );

  it('carries a small trace and fetches a large one', () => {
    const small = curl('{"resourceSpans":[]}', 'http://a/otlp', 'http://b:4318');
    expect(small).toBe(
      `curl -sS 'http://b:4318/v1/traces' -H 'content-type: application/json' --data-binary '{"resourceSpans":[]}'`,
    );
    const large = curl('x'.repeat(100_000), 'http://a/otlp', 'http://b:4318');
    expect(large).toContain("curl -sS 'http://a/otlp' |");
    expect(large.length).toBeLessThan(200);
  });
});
