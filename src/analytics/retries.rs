//! Which calls of a trace repeat one that failed. A function of the spans alone: the order of their arrival does not
//! matter, and a late span corrects the answer.

use crate::model::{Span, SpanId, Status, UnixNanos};

/// For each of `spans`, all of one trace, whether it is a retry: the first call that begins after the end of a failed one
/// of the same parent. The model may be another: gateways fall back to one.
pub(super) fn of(spans: &[&Span]) -> Vec<bool> {
    let mut retries = vec![false; spans.len()];
    let failed = |span: &Span| span.call.is_some() && span.status == Status::Error;
    if !spans.iter().any(|span| failed(span)) {
        return retries;
    }
    // In the order of time within each parent.
    let mut calls: Vec<(Option<SpanId>, UnixNanos, SpanId, usize)> = Vec::new();
    for (at, span) in spans.iter().enumerate().filter(|(_, span)| span.call.is_some()) {
        calls.push((span.parent_span_id, span.start, span.span_id, at));
    }
    calls.sort_unstable();
    for (place, (parent, .., at)) in calls.iter().enumerate() {
        let span = spans[*at];
        if !failed(span) {
            continue;
        }
        // Not before the end of the failed one, and at or behind its own place.
        let from = calls.partition_point(|call| (call.0, call.1) < (*parent, span.end)).max(place + 1);
        if let Some((.., next)) = calls.get(from).filter(|call| call.0 == *parent) {
            retries[*next] = true;
        }
    }
    retries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::tests::call;

    /// A call from `start` to `end` seconds, which `failed` or not.
    fn timed(id: u8, parent: u8, start: i64, end: i64, failed: bool) -> Span {
        let at = |seconds: i64| UnixNanos(seconds * crate::model::time::NANOS_PER_SECOND);
        let status = if failed { Status::Error } else { Status::Unset };
        let parent_span_id = (parent > 0).then_some(SpanId([parent; 8]));
        Span { parent_span_id, start: at(start), end: at(end), status, ..call(1, id, "gpt-4o", 10) }
    }

    fn retries_of(spans: &[Span]) -> Vec<u8> {
        let marks = of(&spans.iter().collect::<Vec<_>>());
        let mut ids: Vec<u8> =
            spans.iter().zip(marks).filter(|(_, retry)| *retry).map(|(span, _)| span.span_id.0[0]).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn the_next_call_of_the_same_parent_is_the_retry() {
        let mut spans = vec![
            timed(1, 9, 0, 2, true),
            timed(2, 9, 1, 4, false),
            timed(3, 9, 3, 5, true),
            timed(4, 9, 5, 6, false),
            timed(5, 9, 7, 8, false),
            timed(6, 8, 2, 3, false),
        ];
        // 2 ran beside the one that failed, 5 follows a good one, 6 has another parent.
        assert_eq!(retries_of(&spans), [3, 4]);
        spans.reverse();
        assert_eq!(retries_of(&spans), [3, 4]);
    }

    #[test]
    fn nothing_is_a_retry_where_nothing_failed_or_nothing_follows() {
        assert_eq!(retries_of(&[timed(1, 9, 0, 2, false), timed(2, 9, 3, 4, false)]), [0_u8; 0]);
        assert_eq!(retries_of(&[timed(1, 0, 0, 2, true)]), [0_u8; 0]);
        let tool = Span { call: None, ..timed(2, 9, 3, 4, false) };
        assert_eq!(retries_of(&[timed(1, 9, 0, 2, true), tool]), [0_u8; 0]);
        // One that took no time at all is not its own retry.
        assert_eq!(retries_of(&[timed(1, 9, 2, 2, true), timed(2, 9, 2, 3, false)]), [2]);
    }
}
