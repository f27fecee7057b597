use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::params;

use super::*;
use crate::model::otlp::{KeyValue, ResourceSpans, ScopeSpans, Span, TracesData};

mod damage;

static NEXT: AtomicU64 = AtomicU64::new(1);

pub(super) fn noon() -> UnixNanos {
    "2026-11-20T12:00:00Z".parse().expect("valid")
}

pub(super) fn open(dir: &Path, clock: &Clock) -> Journal {
    Journal::open(dir, &JournalConfig::default(), clock.clone(), &Meter::default()).expect("opens")
}

pub(super) fn span(trace: u8, name: &str) -> Span {
    let id = NEXT.fetch_add(1, Ordering::SeqCst);
    Span {
        trace_id: vec![trace; 16].into(),
        span_id: id.to_be_bytes().to_vec().into(),
        name: name.into(),
        start_time_unix_nano: id,
        end_time_unix_nano: id + 1,
        ..Span::default()
    }
}

/// A span that says `text`.
pub(super) fn with_text(trace: u8, text: &str) -> Span {
    let value = crate::model::otlp::any_value::Value::StringValue(text.into());
    let value = crate::model::otlp::AnyValue { value: Some(value) };
    Span { attributes: vec![KeyValue { key: "text".into(), value: Some(value) }], ..span(trace, "span") }
}

fn traces(spans: Vec<Span>) -> Payload {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    Payload::Traces(TracesData { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] })
}

pub(super) fn batch(spans: Vec<Span>) -> Batch {
    let payload = traces(spans);
    let digest = NEXT.fetch_add(1, Ordering::SeqCst).to_be_bytes();
    let mut wide = [0; 16];
    wide[..8].copy_from_slice(&digest);
    Batch { project: "default".into(), digest: wide, payload, media: false }
}

pub(super) fn names(chunks: &[Chunk]) -> Vec<String> {
    let mut names = Vec::new();
    for chunk in chunks {
        let Payload::Traces(data) = chunk.payload().expect("decodes") else { panic!("traces were stored") };
        for span in data.resource_spans.iter().flat_map(|group| &group.scope_spans).flat_map(|scope| &scope.spans) {
            names.push(span.name.clone());
        }
    }
    names
}

pub(super) async fn all(journal: &Journal) -> Vec<Chunk> {
    let mut reader = journal.reader();
    tokio::task::spawn_blocking(move || reader.next(Cursor::default(), usize::MAX).expect("reads"))
        .await
        .expect("joins")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_read_back_after_reopening() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    assert_eq!(journal.append(batch(vec![span(1, "a"), span(2, "b")])).await.expect("stored"), Appended::Stored);
    assert_eq!(journal.append(batch(vec![span(1, "c")])).await.expect("stored"), Appended::Stored);
    let head = *journal.committed().borrow();
    journal.close().await;
    assert!(matches!(journal.append(batch(vec![span(1, "late")])).await, Err(AppendError::Closed)));

    let journal = open(dir.path(), &clock);
    assert_eq!(*journal.committed().borrow(), head);
    let chunks = all(&journal).await;
    assert_eq!(names(&chunks), ["a", "b", "c"]);
    assert!(chunks.iter().all(|chunk| chunk.received == noon() && chunk.project == "default"));
    assert_eq!(chunks.iter().map(|chunk| chunk.items).sum::<u32>(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_found_across_requests_and_days() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    journal.append(batch(vec![span(1, "monday"), span(2, "other")])).await.expect("stored");
    clock.set(UnixNanos(noon().0 + 86_400_000_000_000));
    journal.append(batch(vec![span(1, "tuesday")])).await.expect("stored");
    let id = TraceId([1; 16]);
    let reading = journal.clone();
    let chunks = tokio::task::spawn_blocking(move || reading.trace(id).expect("reads")).await.expect("joins");
    let mine: Vec<_> = names(&chunks).into_iter().filter(|name| name != "other").collect();
    assert_eq!(mine, ["monday", "tuesday"]);
    assert_eq!(journal.stats().days.len(), 2);
    let [first, second] = [&chunks[0], &chunks[1]].map(|chunk| chunk.cursor);
    let end = Cursor { chunk: second.chunk + 1, ..second };
    let of = |traces: &[TraceId], after, before| journal.reader().places(traces, after, before).expect("reads");
    let places = |after, before| of(&[id, TraceId([9; 16])], after, before);
    assert_eq!(places(Cursor::default(), end), [(first, id), (second, id)]);
    assert_eq!((places(first, end), places(Cursor::default(), second)), (vec![(second, id)], vec![(first, id)]));
    assert_eq!(places(first, second), []);
    assert_eq!(of(&[TraceId([2; 16]), id], Cursor::default(), second).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_day_is_one_plain_file() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    journal.append(batch(vec![span(1, "a")])).await.expect("stored");
    clock.set(UnixNanos(noon().0 + 86_400_000_000_000));
    journal.append(batch(vec![span(1, "b")])).await.expect("stored");
    assert!(dir.path().join("2026-11-20.sqlite").exists());
    assert!(!dir.path().join("2026-11-20.sqlite-wal").exists(), "the sealed day has no log beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_stored_once_for_a_day_even_across_a_restart() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    let again =
        |spans: Vec<Span>| Batch { project: "default".into(), digest: [7; 16], payload: traces(spans), media: false };
    let sent = vec![span(1, "once")];
    assert_eq!(journal.append(again(sent.clone())).await.expect("stored"), Appended::Stored);
    assert_eq!(journal.append(again(sent.clone())).await.expect("known"), Appended::Duplicate);
    journal.close().await;
    clock.set(UnixNanos(noon().0 + 23 * 3_600_000_000_000));
    let journal = open(dir.path(), &clock);
    assert_eq!(journal.append(again(sent.clone())).await.expect("known"), Appended::Duplicate);
    clock.set(UnixNanos(noon().0 + 25 * 3_600_000_000_000));
    assert_eq!(journal.append(again(sent)).await.expect("stored"), Appended::Stored);
    assert_eq!(names(&all(&journal).await), ["once", "once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_never_moves_the_cursor_back() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    journal.append(batch(vec![span(1, "a")])).await.expect("stored");
    let before = *journal.committed().borrow();
    clock.set(UnixNanos(noon().0 - 3 * 86_400_000_000_000));
    journal.append(batch(vec![span(1, "b")])).await.expect("stored");
    assert!(*journal.committed().borrow() > before);
    assert_eq!(names(&all(&journal).await), ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_requests_are_cut_and_every_fragment_keeps_its_resource() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let journal = open(dir.path(), &Clock::fixed(noon()));
    let spans = (0..2_000).map(|index| {
        let mut span = span((index % 7 + 1) as u8, &format!("s{index}"));
        let text = crate::model::otlp::any_value::Value::StringValue("x".repeat(1_000));
        let value = Some(crate::model::otlp::AnyValue { value: Some(text) });
        span.attributes.push(KeyValue { key: "big".into(), value });
        span
    });
    let mut payload = traces(spans.collect());
    if let Payload::Traces(data) = &mut payload {
        data.resource_spans[0].schema_url = "kept".into();
    }
    journal.append(Batch { project: "p".into(), digest: [1; 16], payload, media: false }).await.expect("stored");
    let chunks = all(&journal).await;
    assert!(chunks.len() > 3, "2 MB in chunks of 512 KiB");
    assert!(chunks.iter().all(|chunk| chunk.body.len() <= (512 << 10) + 8_192));
    assert_eq!(names(&chunks).len(), 2_000);
    for chunk in &chunks {
        let Payload::Traces(data) = chunk.payload().expect("decodes") else { panic!("traces") };
        assert!(data.resource_spans.iter().all(|group| group.schema_url == "kept"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_while_the_writer_is_behind_is_told_to_come_back() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let config = JournalConfig { max_waiting_bytes: 1 << 20, ..JournalConfig::default() };
    let journal = Journal::open(dir.path(), &config, Clock::fixed(noon()), &Meter::default()).expect("opens");
    let all_room = Arc::clone(&journal.shared.room).acquire_many_owned(1 << 10).await.expect("open");
    let refused = journal.append(batch(vec![span(1, "a")])).await;
    assert!(matches!(refused, Err(AppendError::Busy { .. })), "{refused:?}");
    drop(all_room);
    assert_eq!(journal.append(batch(vec![span(1, "a")])).await.expect("stored"), Appended::Stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_while_a_follower_is_behind_is_told_to_come_back() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let journal = open(dir.path(), &Clock::fixed(noon()));
    let follower = journal.follow();
    // 1 MiB in 1000 seconds: what follows is more than ten seconds of work, and more than is always allowed.
    follower.took(1 << 20, Duration::from_secs(1_000));
    follower.reached(*journal.committed().borrow());
    let spans = (0..33).map(|_| span(1, &"a".repeat(1 << 20)));
    assert_eq!(journal.append(batch(spans.collect())).await.expect("stored"), Appended::Stored);
    let refused = journal.append(batch(vec![span(1, "b")])).await;
    assert!(matches!(refused, Err(AppendError::Busy { .. })), "{refused:?}");
    follower.reached(*journal.committed().borrow());
    assert_eq!(journal.append(batch(vec![span(1, "b")])).await.expect("stored"), Appended::Stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_chunk_is_skipped_and_counted_and_its_neighbours_are_served() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let journal = open(dir.path(), &Clock::fixed(noon()));
    for name in ["a", "b", "c"] {
        journal.append(batch(vec![span(1, name)])).await.expect("stored");
    }
    journal.close().await;
    let file = rusqlite::Connection::open(dir.path().join("2026-11-20.sqlite")).expect("opens");
    file.execute("UPDATE chunk SET body = ? WHERE id = 2", params![b"not zstd"]).expect("damages");
    drop(file);
    let journal = open(dir.path(), &Clock::fixed(noon()));
    assert_eq!(names(&all(&journal).await), ["a", "c"]);
    assert_eq!(journal.stats().unreadable_chunks, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_newer_version_is_refused_by_name() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let file = rusqlite::Connection::open(dir.path().join("2026-11-20.sqlite")).expect("opens");
    file.pragma_update(None, "user_version", 99).expect("writes");
    drop(file);
    let error =
        Journal::open(dir.path(), &JournalConfig::default(), Clock::system(), &Meter::default()).expect_err("newer");
    assert!(error.to_string().contains("2026-11-20.sqlite has format 99"), "{error}");
}
