//! Fills a journal with the spans of a filled analytics file, as if clients had sent them: what trace pages read.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use duckdb::{Connection, Row};
use tracemeter::clock::Clock;
use tracemeter::config::JournalConfig;
use tracemeter::journal::{AppendError, Batch, Journal, Payload};
use tracemeter::meter::Meter;
use tracemeter::model::UnixNanos;
use tracemeter::model::otlp::{
    AnyValue, KeyValue, Resource, ResourceSpans, ScopeSpans, Span, SpanStatus, TracesData, any_value,
};

/// What SDKs send at once.
const SPANS_A_REQUEST: usize = 512;
/// Requests on their way at once: the journal syncs them together.
const AT_ONCE: usize = 16;
const DAYS: i64 = 30;
const DAY: i64 = 86_400_000_000_000;
const SPANS: &str = "SELECT trace_id, span_id, parent_id, start_ns, duration_ns, name, service, status = 'error', \
     input_preview, output_preview, session_id, user_id, feature, provider, model, input, output \
     FROM span WHERE start_ns >= ? AND start_ns < ?";

/// Fills the journal below `dir` from `file`, and lets `file` know that all of it is loaded.
pub async fn fill(dir: &Path, file: &Path, until: UnixNanos) {
    let connection = Connection::open(file).expect("the file opens");
    let clock = Clock::fixed(until);
    let opened = Journal::open(&dir.join("journal"), &JournalConfig::default(), clock.clone(), &Meter::default());
    let journal = opened.expect("the journal opens");
    for day in 0..DAYS {
        let start = until.0 - (DAYS - day) * DAY;
        // Received when the day was nearly over.
        clock.set(UnixNanos(start + DAY - 1_000_000_000));
        let mut statement = connection.prepare(SPANS).expect("valid");
        let mut rows = statement.query([start, start + DAY]).expect("answers");
        let mut request = Vec::with_capacity(SPANS_A_REQUEST);
        let mut waiting = tokio::task::JoinSet::new();
        while let Some(row) = rows.next().expect("answers") {
            request.push(read(row).expect("columns as asked for"));
            if request.len() == SPANS_A_REQUEST {
                waiting.spawn(append(journal.clone(), std::mem::take(&mut request)));
            }
            if waiting.len() >= AT_ONCE {
                waiting.join_next().await.expect("some wait").expect("no panic");
            }
        }
        append(journal.clone(), request).await;
        waiting.join_all().await;
    }
    let head = *journal.committed().borrow();
    journal.close().await;
    connection
        .execute("UPDATE loaded SET day = ?, chunk = ?", duckdb::params![head.day.0, head.chunk])
        .expect("the cursor is kept");
}

async fn append(journal: Journal, spans: Vec<(String, Span)>) {
    if spans.is_empty() {
        return;
    }
    let digest = spans[0].1.span_id.iter().chain(spans[0].1.span_id.iter()).copied().collect::<Vec<u8>>();
    let digest: [u8; 16] = digest.try_into().expect("two span ids");
    let mut services: Vec<ResourceSpans> = Vec::new();
    for (service, span) in spans {
        let known = services.iter_mut().find(|known| {
            known.resource.as_ref().is_some_and(|resource| resource.attributes == [text("service.name", &service)])
        });
        match known {
            Some(known) => known.scope_spans[0].spans.push(span),
            None => services.push(ResourceSpans {
                resource: Some(Resource { attributes: vec![text("service.name", &service)], ..Resource::default() }),
                scope_spans: vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }],
                ..ResourceSpans::default()
            }),
        }
    }
    let data = TracesData { resource_spans: services };
    loop {
        let batch =
            Batch { project: Arc::from("default"), digest, payload: Payload::Traces(data.clone()), media: false };
        match journal.append(batch).await {
            Ok(_) => return,
            Err(AppendError::Busy { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("the journal takes it: {error}"),
        }
    }
}

/// The service and the span.
fn read(row: &Row<'_>) -> duckdb::Result<(String, Span)> {
    let start: i64 = row.get(3)?;
    let mut span = Span {
        trace_id: row.get::<_, u128>(0)?.to_be_bytes().to_vec().into(),
        span_id: row.get::<_, u64>(1)?.to_be_bytes().to_vec().into(),
        parent_span_id: row.get::<_, Option<u64>>(2)?.map(|id| id.to_be_bytes().to_vec()).unwrap_or_default().into(),
        start_time_unix_nano: start.cast_unsigned(),
        end_time_unix_nano: (start + row.get::<_, i64>(4)?).cast_unsigned(),
        name: row.get(5)?,
        kind: 1,
        ..Span::default()
    };
    if row.get(7)? {
        span.status = Some(SpanStatus { code: 2, message: "rate limit reached for requests".into() });
    }
    let texts = [
        (8, "gen_ai.input.messages"),
        (9, "gen_ai.output.messages"),
        (10, "session.id"),
        (11, "user.id"),
        (12, "ai.feature"),
        (13, "gen_ai.provider.name"),
        (14, "gen_ai.request.model"),
    ];
    for (column, key) in texts {
        if let Some(value) = row.get::<_, Option<String>>(column)? {
            span.attributes.push(text(key, &value));
        }
    }
    for (column, key) in [(15, "gen_ai.usage.input_tokens"), (16, "gen_ai.usage.output_tokens")] {
        if let Some(value) = row.get::<_, Option<i64>>(column)? {
            span.attributes.push(attribute(key, any_value::Value::IntValue(value)));
        }
    }
    Ok((row.get(6)?, span))
}

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, any_value::Value::StringValue(value.into()))
}
