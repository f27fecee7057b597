//! Changing single entries in the text of `prices.toml`: everything else in it, comments too, stays as it stands.

use crate::config::{PriceEntry, PricesFile};

/// The text with `entry` in place of the one it replaces, or at the end. `None` when the text is written in a way that
/// lines cannot tell apart (the array in one line); it must be valid.
pub(super) fn with(text: &str, entry: &PriceEntry) -> Option<String> {
    let old = PricesFile::parse(text).ok()?;
    let place = old.entries.iter().position(|other| entry.replaces(other));
    let changed = match place {
        Some(place) => {
            let (before, _, after) = block(text, place)?;
            format!("{before}{entry}{after}")
        }
        None => {
            let gap = if text.trim().is_empty() { "" } else { "\n" };
            let text = text.trim_end();
            let end = if text.is_empty() { "" } else { "\n" };
            format!("{text}{end}{gap}{entry}")
        }
    };
    let mut wanted = old.entries;
    match place {
        Some(place) => wanted[place] = entry.clone(),
        None => wanted.push(entry.clone()),
    }
    is(&changed, &wanted).then_some(changed)
}

/// The text without the entry at `place`.
pub(super) fn without(text: &str, place: usize) -> Option<String> {
    let mut wanted = PricesFile::parse(text).ok()?.entries;
    let (before, _, after) = block(text, place)?;
    let changed = format!("{}\n{}", before.trim_end(), after.trim_start_matches('\n')).trim_start().to_owned();
    wanted.remove(place);
    is(&changed, &wanted).then_some(changed)
}

/// Whether the text says exactly this.
fn is(text: &str, wanted: &[PriceEntry]) -> bool {
    PricesFile::parse(text).is_ok_and(|file| file.entries == wanted)
}

/// The text before, of and after the entry at `place`. What follows its last key (blank lines, comments) belongs to
/// the next one.
fn block(text: &str, place: usize) -> Option<(&str, &str, &str)> {
    let (mut at, mut seen) = (0, 0);
    let (mut start, mut end) = (None, 0);
    for line in text.split_inclusive('\n') {
        let plain = line.trim();
        if plain.starts_with('[') {
            if start.is_some() {
                break;
            }
            if plain.starts_with("[[price]]") {
                if seen == place {
                    start = Some(at);
                }
                seen += 1;
            }
        }
        at += line.len();
        if start.is_some() && !plain.is_empty() && !plain.starts_with('#') {
            end = at;
        }
    }
    let start = start?;
    Some((&text[..start], &text[start..end], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# ours\n\n# the first\n[[price]]\nmodel = \"a\" # yes\ninput = 1\n\n# the second\n[[price]]\nmodel = \"b\"\ninput = 2\n";

    fn entry(text: &str) -> PriceEntry {
        PricesFile::parse(&format!("[[price]]\n{text}")).expect("valid").entries.remove(0)
    }

    #[test]
    fn an_entry_is_replaced_in_its_place() {
        let changed = with(TEXT, &entry("model = \"A\"\ninput = 3")).expect("editable");
        assert_eq!(
            changed,
            "# ours\n\n# the first\n[[price]]\nmodel = \"A\"\ninput = 3\n\n# the second\n[[price]]\nmodel = \"b\"\ninput = 2\n"
        );
    }

    #[test]
    fn a_new_entry_goes_to_the_end() {
        let new = entry("model = \"a\"\nfrom = \"2026-01-01\"\ninput = 3");
        let changed = with(TEXT, &new).expect("editable");
        assert_eq!(changed, format!("{TEXT}\n{new}"));
        assert_eq!(with("", &new).expect("editable"), new.to_string());
        assert_eq!(with("# none yet\n", &new).expect("editable"), format!("# none yet\n\n{new}"));
    }

    #[test]
    fn an_entry_goes_and_comments_stay() {
        assert_eq!(
            without(TEXT, 0).expect("editable"),
            "# ours\n\n# the first\n# the second\n[[price]]\nmodel = \"b\"\ninput = 2\n"
        );
        assert_eq!(without("[[price]]\nmodel = \"a\"\ninput = 1\n", 0).expect("editable"), "");
    }

    #[test]
    fn what_lines_do_not_tell_apart_is_left_alone() {
        let inline = "price = [{ model = \"a\", input = 1 }]\n";
        assert_eq!(without(inline, 0), None);
        assert_eq!(with(inline, &entry("model = \"b\"\ninput = 1")), None);
        assert_eq!(with("[[price]\n", &entry("model = \"b\"\ninput = 1")), None);
    }
}
