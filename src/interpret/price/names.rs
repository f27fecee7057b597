//! Names in lower case, and what may be taken off them, without allocating: this is done for every call.

/// A name in lower case, trimmed. What is longer than any name is cut: it then equals none.
#[derive(Debug, Clone, Copy)]
pub struct Lower {
    bytes: [u8; Self::MOST],
    len: usize,
}

impl Lower {
    const MOST: usize = 192;

    pub fn new(name: &str) -> Self {
        let mut lower = Self { bytes: [0; Self::MOST], len: 0 };
        lower.push(name.trim());
        lower
    }

    pub fn as_str(&self) -> &str {
        // Cut at a character's edge and changed in ASCII alone, so it is always valid.
        str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }

    fn push(&mut self, text: &str) {
        let room = Self::MOST - self.len;
        let mut fits = text.len().min(room);
        while !text.is_char_boundary(fits) {
            fits -= 1;
        }
        let place = &mut self.bytes[self.len..self.len + fits];
        place.copy_from_slice(&text.as_bytes()[..fits]);
        place.make_ascii_lowercase();
        self.len += fits;
    }
}

/// `gpt-4o-2024-08-06`, `claude-sonnet-4-20250514`, `claude-x@20250514`, `mistral-large-latest` without the end.
pub fn without_date(name: &str) -> Option<&str> {
    if let Some(rest) = name.strip_suffix("-latest").or_else(|| name.strip_suffix(":latest")) {
        return Some(rest);
    }
    for shape in ["-0000-00-00", "-00000000", "@00000000"] {
        let Some((rest, tail)) = name.len().checked_sub(shape.len()).and_then(|cut| name.split_at_checked(cut)) else {
            continue;
        };
        let fits = |(byte, wanted): (u8, u8)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
        if tail.bytes().zip(shape.bytes()).all(fits) {
            return Some(rest);
        }
    }
    None
}

/// `gpt-5.2-20251211` as `gpt-5.2-2025-12-11`: gateways write the compact form, patterns expect the dashed one. The
/// date may be followed by `-...` or `:...`.
pub fn with_dashed_date(name: &str) -> Option<Lower> {
    let bytes = name.as_bytes();
    let starts = |at: &usize| {
        let end = at + 9;
        bytes[*at] == b'-'
            && bytes.get(at + 1..end).is_some_and(|digits| digits.starts_with(b"20") && is_date(digits))
            && bytes.get(end).is_none_or(|next| matches!(next, b'-' | b':'))
    };
    let at = (0..bytes.len()).find(starts)?;
    let mut dashed = Lower::new(&name[..at + 5]);
    for part in ["-", &name[at + 5..at + 7], "-", &name[at + 7..]] {
        dashed.push(part);
    }
    Some(dashed)
}

/// Eight digits with a month and a day that exist.
fn is_date(digits: &[u8]) -> bool {
    let number =
        |range: core::ops::Range<usize>| digits[range].iter().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    digits.iter().all(u8::is_ascii_digit) && (1..=12).contains(&number(4..6)) && (1..=31).contains(&number(6..8))
}

/// The name behind paths (`models/`, `publishers/x/models/`, `vendor/`) and Bedrock's region and vendor (`us.anthropic.`).
pub fn without_prefix(name: &str) -> Option<&str> {
    if let Some((_, rest)) = name.rsplit_once('/') {
        return Some(rest);
    }
    const REGIONS: &[&str] = &["us.", "us-gov.", "eu.", "apac.", "jp.", "au.", "ca.", "global."];
    let rest = REGIONS.iter().find_map(|region| name.strip_prefix(region));
    let inner = rest.unwrap_or(name);
    const VENDORS: &[&str] = &[
        "anthropic.",
        "amazon.",
        "meta.",
        "mistral.",
        "cohere.",
        "ai21.",
        "deepseek.",
        "openai.",
        "qwen.",
        "writer.",
        "google.",
        "minimax.",
        "moonshot.",
        "nvidia.",
        "zai.",
    ];
    VENDORS.iter().find_map(|vendor| inner.strip_prefix(vendor)).or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_prefixes_come_off() {
        assert_eq!(without_date("gpt-4o-2024-08-06"), Some("gpt-4o"));
        assert_eq!(without_date("claude-opus-4@20250514"), Some("claude-opus-4"));
        assert_eq!(without_date("mistral-large-latest"), Some("mistral-large"));
        assert_eq!(without_date("gpt-4o"), None);
        assert_eq!(without_date("é-2024-08-0"), None);
        assert_eq!(without_prefix("us.anthropic.claude-x"), Some("claude-x"));
        assert_eq!(without_prefix("publishers/google/models/gemini-x"), Some("gemini-x"));
        assert_eq!(without_prefix("gpt-4.1"), None);
    }

    #[test]
    fn compact_dates_get_their_dashes() {
        let dashed = |name: &str| with_dashed_date(name).map(|lower| lower.as_str().to_owned());
        assert_eq!(dashed("gpt-5.2-20251211").as_deref(), Some("gpt-5.2-2025-12-11"));
        assert_eq!(dashed("gpt-5.2-20251211:nitro").as_deref(), Some("gpt-5.2-2025-12-11:nitro"));
        for name in ["gpt-5.2-20251311", "gpt-5.2-202512110", "gpt-5.2-2025-12-11", "20251211", "é-20251"] {
            assert_eq!(dashed(name), None, "{name}");
        }
    }

    #[test]
    fn lower_case_stays_within_its_room() {
        assert_eq!(Lower::new("  GPT-4o ").as_str(), "gpt-4o");
        let long = "é".repeat(Lower::MOST);
        assert_eq!(Lower::new(&long).as_str().len(), Lower::MOST);
        assert!(Lower::new(&format!("x{long}")).as_str().len() < Lower::MOST);
    }
}
