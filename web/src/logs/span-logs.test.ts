import { expect, it } from 'vitest';
import type { LogItem, Span } from '../api/types';
import { logsOf } from './span-logs';
import { weight } from './severity';

const span = (span_id: string, parent_span_id: string | null) => ({ span_id, parent_span_id }) as Span;
const log = (body: string, span_id: string | null) => ({ body, span_id }) as LogItem;

it('shows a record with its span, and with the root when it has none', () => {
  const trace = {
    spans: [span('a', 'gone'), span('b', 'a')],
    logs: [log('1', 'b'), log('2', null), log('3', 'elsewhere'), log('4', 'a')],
  };
  expect(logsOf(trace, trace.spans[0] as Span).map((each) => each.body)).toEqual(['2', '3', '4']);
  expect(logsOf(trace, trace.spans[1] as Span).map((each) => each.body)).toEqual(['1']);
});

it('marks what went wrong', () => {
  expect(['fatal', 'warn', 'unset'].map(weight)).toEqual(['error', 'warn', 'quiet']);
});
