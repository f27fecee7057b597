//! Looks for words in all that is kept: every file, and what the stores in them say.

use std::path::{Path, PathBuf};

/// Every file below `dir`.
pub fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Panics when one of `needles` is in `bytes`.
pub fn assert_without(needles: &[&str], bytes: &[u8], whose: &str) {
    for planted in needles {
        // In lower case as well, as an index of words may have it.
        for needle in [(*planted).to_owned(), planted.to_lowercase()] {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "{planted} is in {whose}");
        }
    }
}

/// Every value of every table of an SQLite file.
fn assert_rows_without(needles: &[&str], path: &Path) {
    let file = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).expect("opens");
    let mut tables = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").expect("tables");
    let names: Vec<String> =
        tables.query_map([], |row| row.get(0)).expect("names").collect::<Result<_, _>>().expect("text");
    for name in names {
        // Tables behind virtual ones may not be read by name; their pages are searched as bytes.
        let Ok(mut rows) = file.prepare(&format!("SELECT * FROM \"{name}\"")) else { continue };
        let columns = rows.column_count();
        let mut rows = rows.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            for column in 0..columns {
                match row.get_ref(column).expect("a value") {
                    rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                        assert_without(needles, bytes, &format!("{} {name}", path.display()));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Panics when one of `needles` is in a store below `data_dir`, or in anything that it says. The server must not run.
pub fn assert_kept_without(needles: &[&str], data_dir: &Path) {
    let mut searched = 0;
    for path in files_below(data_dir) {
        let bytes = std::fs::read(&path).expect("readable");
        assert_without(needles, &bytes, &path.display().to_string());
        searched += 1;
        if path.extension().is_some_and(|kind| kind == "sqlite") {
            assert_rows_without(needles, &path);
        } else if path.extension().is_some_and(|kind| kind == "duckdb") {
            assert_tables_without(needles, &path);
        }
    }
    assert!(searched >= 4, "{searched} files were searched");
}

/// Every row of every table of a DuckDB file, as text.
fn assert_tables_without(needles: &[&str], path: &Path) {
    let file = duckdb::Connection::open(path).expect("opens");
    let mut names = file.prepare("SELECT table_name FROM duckdb_tables() WHERE NOT internal").expect("tables");
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).expect("names").collect::<Result<_, _>>().expect("text");
    assert!(names.len() > 3, "{names:?}");
    let mut rows_read = 0;
    for name in names {
        let mut rows = file.prepare(&format!("SELECT to_json(t)::VARCHAR FROM \"{name}\" AS t")).expect("rows");
        let rows = rows.query_map([], |row| row.get::<_, String>(0)).expect("rows");
        for row in rows {
            assert_without(needles, row.expect("text").as_bytes(), &format!("{} {name}", path.display()));
            rows_read += 1;
        }
    }
    assert!(rows_read > 0, "there are rows");
}
