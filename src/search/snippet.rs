//! Where the words of a query stand in a text. FTS5 itself marks them, in a table in memory, so that a snippet
//! shows exactly what its tokenizer found.

use rusqlite::{Connection, params};

use super::text::Document;
use super::{Field, Query};

/// Stand around a hit; control characters are taken out of texts before.
const OPEN: char = '\u{2}';
const CLOSE: char = '\u{3}';
/// Words in a snippet; 64 is the most that FTS5 gives.
const WORDS: i64 = 28;
/// FTS5 counts words, and a word may be long.
const MOST_CHARS: usize = 600;

/// A piece of a text with the hits in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    pub field: Field,
    pub text: String,
    /// First character and the one behind the last, counted in Unicode code points of `text`; ascending.
    pub hits: Vec<(u32, u32)>,
}

/// For each of `documents` the best piece of the first field that has a hit.
pub(super) fn snippets(query: &Query, documents: &[Document]) -> rusqlite::Result<Vec<Option<Snippet>>> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(
        "CREATE VIRTUAL TABLE words USING fts5(
            name, prompt, completion, tool, error, log, tokenize = 'unicode61 remove_diacritics 2'
        )",
    )?;
    {
        let mut insert = connection.prepare(
            "INSERT INTO words (rowid, name, prompt, completion, tool, error, log) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        for (at, document) in documents.iter().enumerate() {
            let [name, prompt, completion, tool, error, log] = Field::ALL.map(|field| plain(&document.field(field)));
            insert.execute(params![at as i64, name, prompt, completion, tool, error, log])?;
        }
    }
    let columns: Vec<String> = (0..Field::ALL.len())
        .map(|column| format!("snippet(words, {column}, char(2), char(3), '…', {WORDS})"))
        .collect();
    let sql = format!("SELECT rowid, {} FROM words WHERE words MATCH ?", columns.join(", "));
    let mut found = vec![None; documents.len()];
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params![query.to_marks()])?;
    while let Some(row) = rows.next()? {
        let at: usize = row.get::<_, i64>(0)?.try_into().unwrap_or(usize::MAX);
        // What was said tells more than what a span is called.
        let order = Field::ALL.iter().enumerate().skip(1).chain([(0, &Field::Name)]);
        for (column, field) in order {
            let marked: String = row.get(column + 1)?;
            if marked.contains(OPEN)
                && let Some(slot) = found.get_mut(at)
            {
                *slot = Some(read(*field, &marked));
                break;
            }
        }
    }
    Ok(found)
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Takes the marks out of `marked`.
fn read(field: Field, marked: &str) -> Snippet {
    let mut snippet = Snippet { field, text: String::new(), hits: Vec::new() };
    let mut at = 0_u32;
    let mut begun = None;
    for c in marked.chars() {
        match c {
            OPEN => begun = Some(at),
            CLOSE => snippet.hits.extend(begun.take().map(|from| (from, at))),
            _ => {
                snippet.text.push(c);
                at += 1;
            }
        }
    }
    cut(snippet)
}

/// Around the first hit, when the words were very long.
fn cut(snippet: Snippet) -> Snippet {
    let chars: Vec<char> = snippet.text.chars().collect();
    if chars.len() <= MOST_CHARS {
        return snippet;
    }
    let first = snippet.hits.first().map_or(0, |hit| hit.0 as usize);
    let start = first.saturating_sub(MOST_CHARS / 4);
    let end = (start + MOST_CHARS).min(chars.len());
    let (from, to) = (start as u32, end as u32);
    let hits = snippet.hits.iter().filter(|hit| hit.0 < to && hit.1 > from);
    Snippet {
        field: snippet.field,
        text: chars[start..end].iter().collect(),
        hits: hits.map(|hit| (hit.0.max(from) - from, hit.1.min(to) - from)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_ranges_of_characters() {
        let snippet = read(Field::Prompt, "Größe \u{2}über\u{3} 😀 \u{2}alles\u{3}");
        assert_eq!(snippet.text, "Größe über 😀 alles");
        let shown: Vec<String> = snippet
            .hits
            .iter()
            .map(|hit| snippet.text.chars().skip(hit.0 as usize).take((hit.1 - hit.0) as usize).collect())
            .collect();
        assert_eq!(shown, ["über", "alles"]);
    }

    #[test]
    fn what_is_too_long_is_cut_around_the_first_hit() {
        let marked = format!("{} \u{2}here\u{3} {}", "x".repeat(1000), "y".repeat(1000));
        let snippet = read(Field::Log, &marked);
        let hit = snippet.hits[0];
        assert_eq!(snippet.text.chars().count(), MOST_CHARS);
        assert_eq!(snippet.text.chars().skip(hit.0 as usize).take(4).collect::<String>(), "here");
    }
}
