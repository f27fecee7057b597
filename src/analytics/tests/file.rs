//! The file itself: which one is kept, and which is made anew.

use super::*;

/// Bytes before the blocks, and of a block.
const HEAD: u64 = 3 * 4096;
const BLOCK: u64 = 65_536;

fn blocks(dir: &Path) -> u64 {
    (std::fs::metadata(database::file(dir)).expect("there").len() - HEAD) / BLOCK
}

/// A file with a cursor and rows; gives its last block that holds something.
fn filled(dir: &Path) -> u64 {
    let (connection, _) = database::open(dir, &config()).expect("opens");
    let fill = "INSERT INTO log_event (seq, body) SELECT n, sha256(n::VARCHAR) FROM range(100000) t(n)";
    connection.execute_batch(&format!("UPDATE loaded SET day = 5, chunk = 7; {fill}; CHECKPOINT")).expect("filled");
    let last = database::last_block(&connection).expect("known").expect("some hold something");
    database::leave(&connection).expect("lets go");
    last
}

#[test]
fn a_file_is_whole_when_it_has_every_block_that_holds_something() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let last = filled(dir.path());
    assert!(last < blocks(dir.path()));
    let (_connection, cursor) = database::open(dir.path(), &config()).expect("opens");
    assert_eq!(cursor, Cursor { day: Day(5), chunk: 7 });
    // A store of 2.4 million spans said to have 5511 blocks, 630 of them free, and had 5491 of which the last was used.
    assert!(!database::lacks(5491, Some(5490)));
    assert!(database::lacks(5490, Some(5490)));
    assert!(!database::lacks(0, None));
}

#[test]
fn a_file_that_lacks_a_block_that_holds_something_is_made_anew() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let last = filled(dir.path());
    let file = std::fs::File::options().write(true).open(database::file(dir.path())).expect("opens");
    file.set_len(HEAD + last * BLOCK).expect("truncated");
    let (connection, cursor) = database::open(dir.path(), &config()).expect("opens");
    assert_eq!(cursor, Cursor::default());
    let rows: i64 = connection.query_row("SELECT count(*) FROM log_event", [], |row| row.get(0)).expect("answers");
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn what_a_checkpoint_wrote_leaves_the_memory_unless_somebody_asks() {
    let mut bench = Bench::new();
    let fill = |bench: &mut Bench| {
        let fill = "INSERT INTO log_event (seq, body) SELECT n, sha256(n::VARCHAR) FROM range(200000) t(n)";
        bench.store.connection().execute_batch(fill).expect("filled");
        bench.store.save_now().expect("saved");
        let kept = "SELECT sum(memory_usage_bytes)::UBIGINT FROM duckdb_memory() WHERE tag = 'BASE_TABLE'";
        bench.store.connection().query_row(kept, [], |row| row.get::<_, u64>(0)).expect("answers")
    };
    let eighth = 8 << 20;
    let kept = fill(&mut bench);
    assert!(kept <= eighth, "{kept}");
    let asked = bench.analytics.readers.pause().await;
    let kept = fill(&mut bench);
    assert!(kept > eighth, "{kept}");
    drop(asked);
}
