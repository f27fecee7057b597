//! Names of models as bills and calls write them, brought together.

/// What a bill and a call must agree in to be of the same model: lower case, without vendor and date; versions with a hyphen
/// (`Claude Haiku 4.5` is `claude-haiku-4-5-20251001`). Words of Claude's names stand in either order, so theirs are sorted:
/// `claude-3-7-sonnet` is `Claude Sonnet 3.7`.
pub fn key(model: &str) -> String {
    let name = model.trim().to_lowercase();
    let name = name.rsplit('/').next().unwrap_or_default();
    let mut words: Vec<&str> = name.split([' ', '-', '.', '_', '@', ':']).filter(|word| !word.is_empty()).collect();
    drop_date(&mut words);
    if words.last() == Some(&"latest") {
        words.pop();
    }
    if words.first() == Some(&"claude") {
        words.sort_unstable();
    }
    words.join("-")
}

/// A date at the end: `20251001`, or a year, a month and a day.
fn drop_date(words: &mut Vec<&str>) {
    let is_number = |word: &&str, digits: usize| word.len() == digits && word.bytes().all(|byte| byte.is_ascii_digit());
    if words.last().is_some_and(|word| is_number(word, 8)) {
        words.pop();
    } else if let [.., year, month, day] = words.as_slice()
        && is_number(year, 4)
        && year.starts_with("20")
        && is_number(month, 2)
        && is_number(day, 2)
    {
        words.truncate(words.len() - 3);
    }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn names_of_one_model_meet() {
        let same = [
            ["claude-haiku-4-5-20251001", "Claude Haiku 4.5"],
            ["claude-3-7-sonnet-20250219", "Claude Sonnet 3.7"],
            ["claude-3-5-sonnet-20241022", "Claude 3.5 Sonnet 2024-10-22"],
            ["gpt-4o-mini-2024-07-18", "gpt-4o-mini"],
            ["openai/gpt-4.1", "gpt-4.1-2025-04-14"],
            ["claude-opus-5", "anthropic/claude-opus-5-latest"],
        ];
        for [one, other] in same {
            assert_eq!(key(one), key(other));
        }
        for [one, other] in [["gpt-4o", "gpt-4o-mini"], ["claude-opus-4-1", "claude-opus-4"], ["gpt-4", "gpt-4-0613"]] {
            assert_ne!(key(one), key(other));
        }
    }
}
