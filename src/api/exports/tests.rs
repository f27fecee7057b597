//! Lines have the columns that the head names.

use super::*;
use crate::analytics::{CostRow, Sums};
use crate::model::{Attribution, Call, Cost, Operation, SpanId, SpanKind, Status, TraceId, UnixNanos};

fn a_call(usage: Option<TokenUsage>) -> Span {
    let cost =
        Cost { amount: Some(NanoUsd(5)), basis: CostBasis::Reported, reported: Some(NanoUsd(5)), buckets: vec![] };
    Span {
        trace_id: TraceId([1; 16]),
        span_id: SpanId([2; 8]),
        parent_span_id: None,
        name: "chat".into(),
        kind: SpanKind::Llm,
        service: "agent".into(),
        scope: "scope".into(),
        dialect: "",
        start: UnixNanos(0),
        end: UnixNanos(1_500_000),
        status: Status::Unset,
        status_message: None,
        error_type: None,
        attribution: Attribution { tags: vec!["a".into(), "b".into()], ..Attribution::default() },
        execution: None,
        call: Some(Call {
            operation: Operation::Chat,
            provider: None,
            request_model: Some("gpt-4o".into()),
            response_model: None,
            response_id: None,
            streaming: Some(true),
            time_to_first_token_ns: None,
            finish_reasons: vec![],
            usage,
            cost,
            counted: true,
            not_counted_because: None,
            twin: None,
        }),
        tool_name: None,
        input_preview: None,
        output_preview: None,
    }
}

#[test]
fn a_line_has_a_value_for_each_name() {
    for usage in [None, Some(TokenUsage { output: 7, ..TokenUsage::default() })] {
        let cells = call(a_call(usage));
        assert_eq!(cells.len(), CALL_COLUMNS.len());
        let of = |name: &str| &cells[CALL_COLUMNS.iter().position(|column| *column == name).expect("a column")];
        assert_eq!(of("duration_ms"), &Cell::Real(Some(1.5)));
        assert_eq!(of("tags"), &Cell::Text(Some("a, b".into())));
        assert_eq!(of("output"), &Cell::Whole(usage.map(|_| 7)));
        assert_eq!(of("cost_basis"), &Cell::Text(Some("reported".into())));
        assert_eq!(of("streaming"), &Cell::Text(Some("true".into())));
    }
    let row =
        CostRow { bucket_start: None, group: vec![None], sums: Sums { retries: 3, ..Sums::default() }, sessions: None };
    let answer = CostAnswer { rows: vec![row.clone()], total: row, truncated: false };
    let sheet = sheet(&[Dimension::Model], &answer);
    assert_eq!(sheet.rows[0].len(), sheet.columns.len());
    let retries = sheet.columns.iter().position(|(name, _)| *name == "retries").expect("a column");
    assert_eq!(sheet.rows[0][retries], Cell::Whole(Some(3)));
}
