use super::*;
use crate::clock::Clock;
use crate::journal::Cursor;
use crate::journal::tests::{all, batch, names, noon, open, span, with_text};

const DAY: i64 = 86_400_000_000_000;
const SECRET: &str = "my-grandmothers-recipe-for-plum-cake";

/// Files below `dir` in whose bytes `text` stands, as it is or in a chunk.
fn files_with(dir: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("lists").flatten() {
        let bytes = std::fs::read(entry.path()).expect("reads");
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

fn erase(journal: &Journal, trace: u8) -> Vec<(Day, Erased)> {
    let traces = HashSet::from([TraceId([trace; 16])]);
    let erasure = Erasure { traces: &traces, also: None, may: &|_| true, now: noon() };
    let days = journal.days_with(&erasure).expect("reads");
    days.into_iter().map(|day| (day, journal.erase(day, &erasure).expect("erased"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_trace_is_left_in_a_finished_day_and_in_today() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon());
    let journal = open(dir.path(), &clock);
    // Short texts stay readable in a compressed chunk; the long one goes over many pages.
    let long = format!("{SECRET} {}", (0..20_000).map(|n| format!("{n:x}")).collect::<Vec<_>>().join(SECRET));
    for day in 0..2 {
        clock.set(noon().saturating_add(day * DAY));
        for (trace, text) in [(1, "keep one"), (2, SECRET), (3, "keep three"), (2, long.as_str()), (4, "keep four")] {
            journal.append(batch(vec![with_text(trace, text)])).await.expect("stored");
        }
        journal.append(batch(vec![with_text(2, SECRET), with_text(5, "beside it")])).await.expect("stored");
    }
    assert!(!files_with(dir.path(), SECRET).is_empty(), "the test would see it");
    let head = *journal.committed().borrow();
    let erased = erase(&journal, 2);
    let counts: Vec<_> =
        erased.iter().map(|(day, erased)| (day.0 - noon().day().0, erased.chunks, erased.items)).collect();
    assert_eq!(counts, [(0, 3, 3), (1, 3, 3)]);
    assert_eq!(files_with(dir.path(), SECRET), Vec::<String>::new());
    assert!(journal.trace(TraceId([2; 16])).expect("reads").is_empty());
    assert_eq!(names(&all(&journal).await).len(), 8);
    for trace in [1, 3, 4, 5] {
        assert_eq!(journal.trace(TraceId([trace; 16])).expect("reads").len(), 2, "{trace} is still there, twice");
    }
    assert!(erase(&journal, 2).is_empty(), "there is nothing more to do");

    // New chunks are numbered on, also after a restart and though the last chunk was emptied.
    assert!(!erase(&journal, 5).is_empty());
    journal.close().await;
    let journal = open(dir.path(), &clock);
    assert_eq!(*journal.committed().borrow(), head);
    journal.append(batch(vec![span(2, "late")])).await.expect("stored");
    assert_eq!(*journal.committed().borrow(), Cursor { day: head.day, chunk: head.chunk + 1 });
    assert_eq!(journal.trace(TraceId([2; 16])).expect("reads").len(), 1, "what comes later is new");
    assert_eq!(files_with(dir.path(), SECRET), Vec::<String>::new());
    journal.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_what_they_say_and_taking_data_goes_on_meanwhile() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let journal = open(dir.path(), &Clock::fixed(noon()));
    for round in 0..40_u8 {
        let whose = if round % 4 == 0 { SECRET } else { "somebody else" };
        journal.append(batch(vec![with_text(round + 1, whose)])).await.expect("stored");
    }
    let appending = {
        let journal = journal.clone();
        tokio::spawn(async move {
            for _ in 0..100 {
                journal.append(batch(vec![span(200, "meanwhile")])).await.expect("stored");
            }
        })
    };
    let erasing = journal.clone();
    let erased = tokio::task::spawn_blocking(move || {
        let also =
            |record: Record<'_>| record.attributes.iter().any(|pair| format!("{:?}", pair.value).contains(SECRET));
        let may = |body: &[u8]| body.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        let traces = HashSet::new();
        let erasure = Erasure { traces: &traces, also: Some(&also), may: &may, now: noon() };
        erasing.erase(noon().day(), &erasure).expect("erased")
    });
    let erased = erased.await.expect("joins");
    appending.await.expect("nothing was refused");
    assert_eq!((erased.chunks, erased.items, erased.removed.len()), (10, 10, 10));
    assert_eq!(files_with(dir.path(), SECRET), Vec::<String>::new());
    assert_eq!(names(&all(&journal).await).len(), 30 + 100);
    journal.close().await;
}
