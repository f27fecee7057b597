//! An event that is too large for its destination, with its longest texts cut and marked. Seldom, so by way of a tree.

use serde_json::Value;

/// Shorter than this no text is cut: what is too large then has too many of them.
const LEAST: usize = 256;

const BEFORE: &str = " [shortened by Tracemeter, was ";
const AFTER: &str = " bytes]";

/// `event` in at most `most` bytes, its longest texts cut to one length; `None` when that does not make it small enough.
pub fn to_fit(event: &[u8], most: usize) -> Option<Vec<u8>> {
    let whole: Value = serde_json::from_slice(event).ok()?;
    let mut lengths = Vec::new();
    measure(&whole, &mut lengths);
    // As they are written: escapes make a text longer than it is, so the length is halved until all fits.
    let mut longest = longest_to_fit(&lengths, event.len(), most)?;
    while longest >= LEAST {
        let mut shorter = whole.clone();
        cut(&mut shorter, longest);
        let bytes = serde_json::to_vec(&shorter).ok()?;
        if bytes.len() <= most {
            return Some(bytes);
        }
        longest /= 2;
    }
    None
}

fn measure(value: &Value, lengths: &mut Vec<usize>) {
    match value {
        Value::String(text) => lengths.push(serde_json::to_vec(text).map_or(text.len(), |written| written.len())),
        Value::Array(list) => list.iter().for_each(|value| measure(value, lengths)),
        Value::Object(map) => map.values().for_each(|value| measure(value, lengths)),
        _ => {}
    }
}

/// The length to which longer texts must be cut so that the whole has `most` bytes.
fn longest_to_fit(lengths: &[usize], whole: usize, most: usize) -> Option<usize> {
    let over = whole.checked_sub(most)?;
    let saved = |longest: usize| lengths.iter().map(|length| length.saturating_sub(longest)).sum::<usize>();
    let (mut low, mut high) = (0, lengths.iter().copied().max().unwrap_or(0));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if saved(middle) >= over { low = middle } else { high = middle - 1 }
    }
    // Room for the marks.
    (saved(low) >= over).then(|| low.saturating_sub(BEFORE.len() + AFTER.len() + 20).max(LEAST))
}

fn cut(value: &mut Value, longest: usize) {
    match value {
        Value::String(text) if text.len() > longest => *text = shortened(text, longest),
        Value::Array(list) => list.iter_mut().for_each(|value| cut(value, longest)),
        Value::Object(map) => map.values_mut().for_each(|value| cut(value, longest)),
        _ => {}
    }
}

/// One that was cut before keeps its first length in the mark.
fn shortened(text: &str, longest: usize) -> String {
    let (kept, length) = marked(text).unwrap_or((text, text.len()));
    let end = (0..=longest.min(kept.len())).rev().find(|end| kept.is_char_boundary(*end)).unwrap_or(0);
    format!("{}{BEFORE}{length}{AFTER}", &kept[..end])
}

/// What is left of a text that was cut, and how long it was.
fn marked(text: &str) -> Option<(&str, usize)> {
    let (kept, mark) = text.strip_suffix(AFTER)?.rsplit_once(BEFORE)?;
    Some((kept, mark.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bytes(value: &Value) -> Vec<u8> {
        serde_json::to_vec(value).expect("JSON")
    }

    #[test]
    fn the_longest_texts_are_cut_and_say_how_long_they_were() {
        let event = bytes(
            &json!({"time": 1.5, "event": {"name": "chat", "prompt": "ä".repeat(5000), "n": [1, "x".repeat(900)]}}),
        );
        let short = to_fit(&event, 2_000).expect("can be cut");
        assert!(short.len() <= 2_000);
        let read: Value = serde_json::from_slice(&short).expect("JSON");
        assert_eq!((&read["time"], &read["event"]["name"]), (&json!(1.5), &json!("chat")));
        assert_eq!(read["event"]["n"][1], "x".repeat(900), "what is short stays whole");
        let prompt = read["event"]["prompt"].as_str().expect("a text");
        assert!(prompt.starts_with("ää") && prompt.ends_with(", was 10000 bytes]"), "{prompt}");
        let shorter = to_fit(&short, 1_500).expect("can be cut again");
        let read: Value = serde_json::from_slice(&shorter).expect("JSON");
        let prompt = read["event"]["prompt"].as_str().expect("a text");
        assert!(
            prompt.ends_with("ä [shortened by Tracemeter, was 10000 bytes]"),
            "one mark, the first length: {prompt}"
        );
    }

    #[test]
    fn escapes_count() {
        let event = bytes(&json!({"event": "\u{1}".repeat(3_000)}));
        let short = to_fit(&event, 6_000).expect("can be cut");
        assert!(short.len() <= 6_000);
    }

    #[test]
    fn many_small_texts_cannot_be_cut() {
        let many: Vec<String> = (0..1000).map(|n| format!("text number {n}")).collect();
        assert_eq!(to_fit(&bytes(&json!({"event": many})), 5_000), None);
    }
}
