use super::*;

fn document(trace: u8, span: u8, nanos: i64, text: &str) -> Document {
    Document {
        trace_id: TraceId::from_slice(&[trace; 16]),
        span_id: SpanId::from_slice(&[span; 8]),
        start: UnixNanos(nanos),
        record: None,
        former: None,
        session: None,
        pieces: vec![(Field::Prompt, text.into())],
    }
}

fn log(number: u32) -> Document {
    Document { record: Some(number), pieces: vec![(Field::Log, "line".into())], ..document(0, 0, 5_000, "") }
}

fn count(file: &DayFile, words: &str) -> i64 {
    file.connection
        .query_row("SELECT count(*) FROM words WHERE words MATCH ?", [words], |row| row.get(0))
        .expect("FTS5 answers")
}

fn entries(file: &DayFile) -> i64 {
    file.connection.query_row("SELECT count(*) FROM entry", [], |row| row.get(0)).expect("counts")
}

const DAY: Day = Day(20_000);

#[test]
fn a_span_that_comes_again_replaces_itself_and_others_of_its_microsecond_stay() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut file = DayFile::open(dir.path(), DAY).expect("opens");
    let first = [(1, document(1, 1, 7_000, "draft")), (1, document(1, 2, 7_000, "other")), (1, log(0)), (1, log(1))];
    file.add(&first, 1).expect("writes");
    file.add(&[(2, document(1, 1, 7_000, "final")), (2, document(1, 1, 7_000, "last"))], 2).expect("writes");
    assert_eq!((count(&file, "draft"), count(&file, "final"), count(&file, "last")), (0, 0, 1));
    assert_eq!((count(&file, "other"), count(&file, "line"), entries(&file)), (1, 2, 4));
}

#[test]
fn many_of_one_microsecond_find_a_place() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut file = DayFile::open(dir.path(), DAY).expect("opens");
    let documents: Vec<(i64, Document)> = (0..3000).map(|number| (1, log(number))).collect();
    file.add(&documents, 1).expect("writes");
    assert_eq!((entries(&file), count(&file, "line")), (3000, 3000));
    let widest: i64 = file.connection.query_row("SELECT max(id) FROM entry", [], |row| row.get(0)).expect("has some");
    assert!(widest < 5 + (1 << 24), "{widest}");
}

#[test]
fn the_cursor_is_where_the_rows_are_after_opening_again() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut file = DayFile::open(dir.path(), DAY).expect("opens");
    file.add(&[(4, document(1, 1, 7_000, "kept"))], 9).expect("writes");
    drop(file);
    let mut file = DayFile::open(dir.path(), DAY).expect("opens again");
    assert_eq!((file.chunk, count(&file, "kept"), is_complete(dir.path(), DAY)), (9, 1, Some(false)));
    while file.tidy().expect("merges") {}
    file.seal().expect("seals");
    assert_eq!(is_complete(dir.path(), DAY), Some(true));
    let names: Vec<String> = std::fs::read_dir(dir.path())
        .expect("lists")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, [format!("{DAY}.sqlite")], "one plain file");
    remove(dir.path(), DAY).expect("removes");
    assert_eq!(days(dir.path()).expect("lists"), []);
}

#[test]
fn a_file_that_is_damaged_or_of_another_format_is_made_anew() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let path = path_of(dir.path(), DAY);
    std::fs::write(&path, "this is no database, and long enough to be looked at as one".repeat(40)).expect("writes");
    assert_eq!(DayFile::open(dir.path(), DAY).expect("opens anew").chunk, 0);
    assert!(dir.path().join(format!("{DAY}.broken")).exists());
    let mut file = DayFile::open(dir.path(), DAY).expect("opens");
    file.add(&[], 5).expect("writes");
    file.connection.pragma_update(None, "user_version", FORMAT + 1).expect("writes");
    drop(file);
    assert_eq!(is_complete(dir.path(), DAY), None);
    assert_eq!(DayFile::open(dir.path(), DAY).expect("opens anew").chunk, 0);
}

#[test]
fn an_index_whose_words_are_damaged_is_made_anew() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut file = DayFile::open(dir.path(), DAY).expect("opens");
    file.add(&[(1, document(1, 1, 7_000, "kept"))], 1).expect("writes");
    file.connection.execute_batch("PRAGMA writable_schema = ON; DELETE FROM words_data").expect("breaks it");
    drop(file);
    let file = DayFile::open(dir.path(), DAY).expect("opens anew");
    assert_eq!(file.chunk, 0);
}
