//! Damaged, half-made and vanished files, and clocks that jump: what is readable is served, what is sent is kept.

use super::*;

const DAY: i64 = 86_400_000_000_000;

fn is_sound(path: &Path) -> bool {
    let file = rusqlite::Connection::open(path).expect("opens");
    let verdict = file.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    verdict.as_deref() == Ok("ok")
}

fn chunk_id_of(chunks: &[Chunk], name: &str) -> i64 {
    let holds = |chunk: &&Chunk| names(std::slice::from_ref(chunk)).iter().any(|found| found == name);
    chunks.iter().find(holds).expect("it is kept").cursor.chunk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_known_again_while_the_clock_is_behind_the_journal() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    journal.append(batch(vec![span(1, "a")])).await.expect("stored");
    clock.set(UnixNanos(noon().0 - 3 * DAY));
    let sent = vec![span(1, "once")];
    let again = |spans| Batch { project: "default".into(), digest: [9; 16], payload: traces(spans), media: false };
    assert_eq!(journal.append(again(sent.clone())).await.expect("stored"), Appended::Stored);
    assert_eq!(journal.append(again(sent)).await.expect("known"), Appended::Duplicate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_over_midnight_and_back_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    let mut expected = Vec::new();
    for (step, offset) in [0, DAY, 0, 2 * DAY, -DAY, DAY].into_iter().enumerate() {
        clock.set(UnixNanos(noon().0 + offset));
        let before = *journal.committed().borrow();
        journal.append(batch(vec![span(1, &format!("s{step}"))])).await.expect("stored");
        assert!(*journal.committed().borrow() > before, "the cursor only moves forward");
        expected.push(format!("s{step}"));
    }
    assert_eq!(names(&all(&journal).await), expected);
    journal.close().await;
    // The process that starts with the clock still behind goes on where the last one was.
    let journal = open(dir.path(), &clock);
    journal.append(batch(vec![span(1, "after")])).await.expect("stored");
    expected.push("after".into());
    assert_eq!(names(&all(&journal).await), expected);
    let days = journal.stats().days;
    journal.close().await;
    assert_eq!(days.len(), 3);
    assert!(days.iter().all(|day| is_sound(&day_file::path_of(dir.path(), *day))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_end_of_the_newest_day_is_repaired_at_the_start() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    for index in 0..200 {
        journal.append(batch(vec![span(1, &format!("s{index}"))])).await.expect("stored");
    }
    let head = *journal.committed().borrow();
    journal.close().await;
    let path = dir.path().join("2026-11-20.sqlite");
    let length = std::fs::metadata(&path).expect("exists").len();
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("opens");
    file.set_len(length - 4096 * 2).expect("torn");
    drop(file);
    assert!(!is_sound(&path), "the test has damaged something");

    let journal = open(dir.path(), &clock);
    let kept = names(&all(&journal).await);
    assert!(kept.len() >= 100, "most of 200 chunks are on sound pages: {}", kept.len());
    assert!(dir.path().join("2026-11-20.damaged").exists(), "the damaged file is kept");
    journal.append(batch(vec![span(1, "after")])).await.expect("stored");
    let chunks = all(&journal).await;
    assert!(chunk_id_of(&chunks, "after") > head.chunk, "a follower that had read everything sees the new chunk");
    assert_eq!(names(&chunks).last().map(String::as_str), Some("after"));
    let reading = journal.clone();
    let traced = tokio::task::spawn_blocking(move || reading.trace(TraceId([1; 16])).expect("reads"));
    assert_eq!(names(&traced.await.expect("joins")).len(), kept.len() + 1, "the index by trace was made again");
    journal.close().await;
    assert!(is_sound(&path));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_no_database_stops_nobody() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    journal.append(batch(vec![span(1, "lost")])).await.expect("stored");
    clock.set(UnixNanos(noon().0 + DAY));
    journal.append(batch(vec![span(1, "lost too")])).await.expect("stored");
    journal.close().await;
    for day in ["2026-11-20", "2026-11-21"] {
        std::fs::write(dir.path().join(format!("{day}.sqlite")), vec![b'x'; 20_000]).expect("overwritten");
    }
    let journal = open(dir.path(), &clock);
    journal.append(batch(vec![span(1, "new")])).await.expect("stored");
    assert_eq!(names(&all(&journal).await), ["new"]);
    assert!(journal.stats().unreadable_chunks > 0, "the loss is counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_a_commit_meets_is_repaired_and_the_request_kept() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    for index in 0..50 {
        journal.append(batch(vec![span(1, &format!("s{index}"))])).await.expect("stored");
    }
    // The table of digests goes: what SQLite says then is the same as for a lost page.
    let file = rusqlite::Connection::open(dir.path().join("2026-11-20.sqlite")).expect("opens");
    let root: i64 = file
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'request'", [], |row| row.get(0))
        .expect("there is one");
    file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("everything is in the file");
    drop(file);
    let path = dir.path().join("2026-11-20.sqlite");
    let mut bytes = std::fs::read(&path).expect("reads");
    let start = usize::try_from(root - 1).expect("small") * 4096;
    bytes[start..start + 4096].fill(0xee);
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("opens");
    std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).expect("damages in place");
    drop(file);
    journal.close().await;
    let journal = open(dir.path(), &clock);
    journal.append(batch(vec![span(1, "after")])).await.expect("stored all the same");
    let kept = names(&all(&journal).await);
    assert_eq!((kept.len(), kept.last().map(String::as_str)), (51, Some("after")));
    journal.close().await;
    assert!(is_sound(&path));
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_vanish_or_are_only_half_made_are_passed_over() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    journal.append(batch(vec![span(1, "gone")])).await.expect("stored");
    clock.set(UnixNanos(noon().0 + DAY));
    journal.append(batch(vec![span(1, "here")])).await.expect("stored");
    let mut reader = journal.reader();
    std::fs::remove_file(dir.path().join("2026-11-20.sqlite")).expect("removed");
    // Listed a moment ago, gone now.
    assert!(reader.rows(noon().day(), 0, usize::MAX).expect("no error").is_empty());
    drop(rusqlite::Connection::open(dir.path().join("2026-11-22.sqlite")).expect("made"));
    std::fs::write(dir.path().join("2026-11-22.sqlite"), b"").expect("an empty file is an empty database");
    assert_eq!(names(&all(&journal).await), ["here"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_takes_no_more_than_it_was_asked_to() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let journal = open(dir.path(), &Clock::fixed(noon()));
    for name in ["a", "b", "c"] {
        journal.append(batch(vec![span(1, name)])).await.expect("stored");
    }
    let mut reader = journal.reader();
    let found = reader.rows(noon().day(), 0, 1).expect("reads");
    assert_eq!(found.len(), 1, "a second body would be memory that nobody asked for");
    assert_eq!(names(&reader.next(Cursor::default(), 1).expect("reads")), ["a"]);
}
