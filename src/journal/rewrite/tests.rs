use proptest::prelude::*;

use super::*;
use crate::clock::Clock;
use crate::journal::tests::{all, batch, names, noon, open, span, with_text};
use crate::journal::{Cursor, Journal};

const DAY: i64 = 86_400_000_000_000;

/// A journal whose first day, with a span for each of `texts`, is finished.
async fn finished(dir: &Path, texts: &[(u8, String)]) -> (Journal, Day) {
    let clock = Clock::fixed(noon());
    let journal = open(dir, &clock);
    for (trace, text) in texts {
        journal.append(batch(vec![with_text(*trace, text)])).await.expect("stored");
    }
    clock.set(noon().saturating_add(DAY));
    journal.append(batch(vec![span(250, "tomorrow")])).await.expect("stored");
    let day = noon().day();
    // What held yesterday's file open lets go of it when the journal closes.
    journal.close().await;
    let journal = open(dir, &clock);
    assert!(journal.state_of(day).sealed);
    (journal, day)
}

fn pack(journal: &Journal, day: Day, edit: &mut dyn FnMut(&Chunk) -> Edit) -> Outcome {
    let mut how = Rewrite {
        level: Some(9),
        now: noon().saturating_add(DAY),
        gone: &HashSet::new(),
        thinned: None,
        despite_damage: false,
        edit,
        rest: &mut |_| true,
    };
    journal.rewrite(day, &mut how).expect("written")
}

fn bodies(chunks: &[Chunk]) -> Vec<(Cursor, UnixNanos, String, u32, Vec<u8>)> {
    let row = |chunk: &Chunk| (chunk.cursor, chunk.received, chunk.project.clone(), chunk.items, chunk.body.to_vec());
    chunks.iter().map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn packing_changes_no_byte_of_what_is_read(texts in proptest::collection::vec((1..6_u8, "[a-e ]{0,40}"), 1..30)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let dir = tempfile::tempdir().expect("temporary directory");
            // Some of them longer than a block.
            let long = |(number, (trace, text)): (usize, &(u8, String))| {
                (*trace, if number % 11 == 3 { text.repeat(400_000) } else { text.clone() })
            };
            let texts: Vec<_> = texts.iter().enumerate().map(long).collect();
            let (journal, day) = finished(dir.path(), &texts).await;
            let before = bodies(&all(&journal).await);
            let traces: Vec<_> = (1..6_u8).map(|id| bodies(&journal.trace(TraceId([id; 16])).expect("reads"))).collect();
            let Outcome::Done(done) = pack(&journal, day, &mut |_| Edit::Keep) else { panic!("not done") };
            assert_eq!((done.changed, done.items_gone, done.unreadable), (0, 0, 0));
            assert!(journal.state_of(day).packed && !journal.state_of(day).thinned);
            assert_eq!(bodies(&all(&journal).await), before);
            for (id, known) in (1..6_u8).zip(traces) {
                assert_eq!(bodies(&journal.trace(TraceId([id; 16])).expect("reads")), known);
            }
            // From the middle of a block, as a follower that stopped there.
            let middle = before[before.len() / 2].0;
            let rest = journal.reader().next(middle, usize::MAX).expect("reads");
            assert_eq!(bodies(&rest), before[before.len() / 2 + 1..]);
            // And packed again, as when something is deleted later.
            assert!(matches!(pack(&journal, day, &mut |_| Edit::Keep), Outcome::Done(_)));
            assert_eq!(bodies(&all(&journal).await), before);
            journal.close().await;
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_that_repeat_in_many_requests_become_small() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut said = String::new();
    let mut texts = Vec::new();
    for turn in 0..60_u64 {
        let words: Vec<String> =
            (0..40).map(|word| blake3::hash(&(turn * 40 + word).to_le_bytes()).to_hex()[..9].to_owned()).collect();
        said.push_str(&words.join(" "));
        texts.push((1, said.clone()));
    }
    let (journal, day) = finished(dir.path(), &texts).await;
    let Outcome::Done(done) = pack(&journal, day, &mut |_| Edit::Keep) else { panic!("not done") };
    assert!(done.bytes_after * 10 < done.bytes_before, "{done:?}");
    journal.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn today_is_left_alone_and_so_is_a_day_that_goes_meanwhile() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let (journal, day) = finished(dir.path(), &[(1, "a".into()), (2, "b".into())]).await;
    assert_eq!(pack(&journal, Day(day.0 + 1), &mut |_| Edit::Keep), Outcome::NotNow);
    let shared = journal.clone();
    let mut deleting = |_: &Chunk| {
        shared.forget_before(Day(day.0 + 1)).expect("deleted");
        Edit::Keep
    };
    assert_eq!(pack(&journal, day, &mut deleting), Outcome::NotNow);
    assert_eq!(names(&all(&journal).await), ["tomorrow"], "a deleted day does not come back");
    let left: Vec<_> = std::fs::read_dir(dir.path()).expect("lists").flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".rewrite")), "{left:?}");
    journal.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_a_day_anew_at_the_same_time_does_not_spoil_it() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let texts: Vec<_> = (1..9_u8).map(|trace| (trace, "some text".to_owned())).collect();
    let (journal, day) = finished(dir.path(), &texts).await;
    let before = bodies(&all(&journal).await);
    let shared = journal.clone();
    let mut inner = 0;
    let mut meanwhile = |_: &Chunk| {
        inner += 1;
        // In the midst of it somebody else is done.
        if inner == 4 {
            assert!(matches!(pack(&shared, day, &mut |_| Edit::Keep), Outcome::Done(_)));
        }
        Edit::Keep
    };
    assert_eq!(pack(&journal, day, &mut meanwhile), Outcome::NotNow);
    assert_eq!(bodies(&all(&journal).await), before);
    // And the other way round: who began later is still at work.
    let mut begun = |_: &Chunk| {
        std::fs::write(draft_of(dir.path(), day), "half of it").expect("written");
        Edit::Keep
    };
    assert!(matches!(pack(&journal, day, &mut begun), Outcome::Done(_)));
    assert_eq!(bodies(&all(&journal).await), before);
    journal.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_or_damage_leaves_the_day_as_it_was_and_a_draft_goes_at_the_next_start() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let (journal, day) = finished(dir.path(), &[(1, "a".into()), (2, "b".into())]).await;
    let mut how = Rewrite {
        level: Some(3),
        now: noon(),
        gone: &HashSet::new(),
        thinned: None,
        despite_damage: false,
        edit: &mut |_| Edit::Keep,
        rest: &mut |_| false,
    };
    assert_eq!(journal.rewrite(day, &mut how).expect("ends"), Outcome::NotNow);
    assert!(!journal.state_of(day).packed);
    let file = Connection::open(day_file::path_of(dir.path(), day)).expect("opens");
    file.execute("UPDATE chunk SET body = x'00' WHERE id = 1", []).expect("damaged");
    drop(file);
    assert_eq!(pack(&journal, day, &mut |_| Edit::Keep), Outcome::Damaged(1));
    assert_eq!(names(&all(&journal).await), ["span", "tomorrow"]);
    journal.close().await;
    let draft = draft_of(dir.path(), day);
    std::fs::write(&draft, "half").expect("as a crash leaves it");
    let journal = open(dir.path(), &Clock::fixed(noon().saturating_add(DAY)));
    assert!(!draft.exists());
    journal.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_sent_again_is_known_although_its_day_was_packed() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let clock = Clock::fixed(noon().saturating_add(DAY / 4));
    let journal = open(dir.path(), &clock);
    let again = batch(vec![with_text(1, "twice")]);
    let twin = crate::journal::Batch {
        project: again.project.clone(),
        digest: again.digest,
        payload: again.payload.clone(),
        media: false,
    };
    journal.append(again).await.expect("stored");
    clock.set(noon().saturating_add(DAY));
    journal.append(batch(vec![span(9, "tomorrow")])).await.expect("stored");
    journal.close().await;
    let journal = open(dir.path(), &clock);
    assert!(matches!(pack(&journal, noon().day(), &mut |_| Edit::Keep), Outcome::Done(_)));
    assert_eq!(journal.append(twin).await.expect("answered"), crate::journal::Appended::Duplicate);
    journal.close().await;
}

#[test]
fn a_block_at_the_hardest_level_reads_back_and_nothing_else_passes_for_it() {
    let text = "the same conversation, once more; ".repeat(20_000);
    let block = compress(text.as_bytes(), 19, &mut |_| true).expect("compresses").expect("was not to end");
    assert!(reads_back(&block, text.as_bytes()).expect("decompresses"));
    let longer = format!("{text}.");
    for other in [&text[1..], &text[..text.len() - 1], &longer, ""] {
        assert!(!reads_back(&block, other.as_bytes()).expect("decompresses"));
    }
    assert!(reads_back(&block[..block.len() / 2], text.as_bytes()).is_err());
    assert_eq!(compress(text.as_bytes(), 19, &mut |_| false).expect("compresses"), None);
}
