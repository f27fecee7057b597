/** Which log records of a trace are shown with which span. */
import type { LogItem, Span, TraceDetail } from '../api/types';

/** The records that name `span`; those that name no span of the trace stand with its first root. */
export function logsOf(trace: Pick<TraceDetail, 'spans' | 'logs'>, span: Span): LogItem[] {
  const known = new Set(trace.spans.map((each) => each.span_id));
  const root = trace.spans.find((each) => !each.parent_span_id || !known.has(each.parent_span_id));
  return trace.logs.filter((log) =>
    log.span_id && known.has(log.span_id) ? log.span_id === span.span_id : root?.span_id === span.span_id,
  );
}
