import { describe, expect, it } from 'vitest';
import { call, span } from './sample-spans';
import { firstSpan } from './selection';
import { buildRows } from './waterfall';

const opened = (...spans: ReturnType<typeof span>[]) => firstSpan(buildRows(spans))?.span_id;

describe('a trace opens with', () => {
  it('its root, when that says something', () => {
    expect(
      opened(
        span('root', null, 0, 9, { input: 'question' }),
        span('call', 'root', 1, 1, { kind: 'llm', call: call(1) }),
      ),
    ).toBe('root');
  });

  it('its first model call with messages, when the root is silent', () => {
    const said = call(1, { input_messages: [{ role: 'user', name: null, parts: [], finish_reason: null }] });
    const spans = [
      span('root', null, 0, 9),
      span('mute', 'root', 1, 1, { kind: 'llm', call: call(1) }),
      span('call', 'root', 2, 1, { kind: 'llm', call: said }),
    ];
    expect(opened(...spans)).toBe('call');
    expect(opened(...spans.slice(0, 2))).toBe('mute');
    expect(opened(...spans.slice(0, 1))).toBe('root');
    expect(opened()).toBeUndefined();
  });
});
