use super::seen::Seen;
use super::text::Document;
use super::*;

fn call(trace: u8, span: u8, session: Option<&str>, said: &[&str]) -> Document {
    Document {
        trace_id: TraceId::from_slice(&[trace; 16]),
        span_id: SpanId::from_slice(&[span; 8]),
        start: UnixNanos(1),
        record: None,
        former: None,
        session: session.map(str::to_owned),
        pieces: std::iter::once((Field::Name, "chat".to_owned()))
            .chain(said.iter().map(|text| (Field::Prompt, (*text).to_owned())))
            .collect(),
    }
}

fn kept(seen: &mut Seen, mut document: Document) -> String {
    seen.keep_new(&mut document);
    assert_eq!(document.field(Field::Name), "chat", "the name always stays");
    document.field(Field::Prompt)
}

#[test]
fn of_a_history_only_what_is_new_is_indexed() {
    let mut seen = Seen::default();
    assert_eq!(kept(&mut seen, call(1, 1, None, &["system", "hello"])), "system\nhello");
    assert_eq!(kept(&mut seen, call(1, 2, None, &["system", "hello", "and then"])), "and then");
    assert_eq!(kept(&mut seen, call(1, 1, None, &["system", "hello"])), "system\nhello", "the same span again");
    assert_eq!(kept(&mut seen, call(2, 1, None, &["system"])), "system", "another trace");
    assert_eq!(kept(&mut seen, call(3, 4, Some("s"), &["hello"])), "hello");
    assert_eq!(kept(&mut seen, call(4, 5, Some("s"), &["hello", "bye"])), "bye", "a session goes on in another trace");
    seen.clear();
    assert_eq!(kept(&mut seen, call(1, 3, None, &["hello"])), "hello");
}

#[test]
fn places_are_sorted_by_time_and_tell_records_apart() {
    let (trace, span) = (TraceId::from_slice(&[1; 16]), SpanId::from_slice(&[2; 8]));
    let place = |key, record| Place::new(key, trace, span, record);
    assert!(place(2, None) > place(1, Some(9)));
    assert_ne!(place(1, Some(0)), place(1, Some(1)));
}

/// A journal with a span named `needle`, and a search over it.
async fn opened(dir: &Path) -> (Journal, Search) {
    use crate::config::{AttributionConfig, CostConfig, JournalConfig};
    use crate::journal::{Batch, Payload};
    use crate::model::otlp;

    let (clock, meter) = (Clock::fixed(Day(20_000).start()), Meter::default());
    let journal = Journal::open(&dir.join("journal"), &JournalConfig::default(), clock.clone(), &meter).expect("opens");
    let span = otlp::Span {
        trace_id: vec![1; 16].into(),
        span_id: vec![1; 8].into(),
        name: "needle".into(),
        ..otlp::Span::default()
    };
    let part = otlp::ScopeSpans { spans: vec![span], ..otlp::ScopeSpans::default() };
    let group = otlp::ResourceSpans { scope_spans: vec![part], ..otlp::ResourceSpans::default() };
    let payload = Payload::Traces(otlp::TracesData { resource_spans: vec![group] });
    journal.append(Batch { project: "default".into(), digest: [7; 16], payload, media: false }).await.expect("stored");
    let interpreter = Arc::new(Interpreter::new(&AttributionConfig::default(), &CostConfig::default()));
    let config = SearchConfig::default();
    let search =
        Search::open(&dir.join("search"), &config, journal.clone(), interpreter, clock, &meter).expect("opens");
    (journal, search)
}

async fn found(search: &Search) -> usize {
    let query = Query::parse("needle").expect("valid");
    let question = Question { query, since: None, until: None, after: None, limit: 10 };
    search.find(question).await.expect("answers").len()
}

#[tokio::test]
async fn an_index_is_made_again_when_asked_and_its_file_is_another() {
    use std::os::unix::fs::MetadataExt as _;

    let dir = tempfile::tempdir().expect("temporary directory");
    let (journal, search) = opened(dir.path()).await;
    let head = *journal.committed().borrow();
    let mut cursor = search.cursor().expect("is on");
    cursor.wait_for(|at| *at >= head).await.expect("is indexed");
    assert_eq!(found(&search).await, 1);
    let path = day_file::path_of(&dir.path().join("search"), Day(20_000));
    let kept = std::fs::File::open(&path).expect("is there");
    search.remake(&[Day(20_000)]);
    let inode = kept.metadata().expect("has an inode").ino();
    let is_other = || std::fs::metadata(&path).is_ok_and(|now| now.ino() != inode);
    let remade = async {
        while !is_other() || found(&search).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), remade).await.expect("it is made again");
    assert_eq!(found(&search).await, 1);
    search.close().await;
    journal.close().await;
}
