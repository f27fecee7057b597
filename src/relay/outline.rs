//! The top of a JSON object that is too large to keep: which model is asked for, and whether the answer is to be
//! streamed. Reads pieces as they come and keeps a few hundred bytes.

/// Longest name of a model, and longest key.
const MOST: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Outline {
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// A value of the top level is being read.
    in_value: bool,
    /// The string being read at the top level, without its quotes.
    text: Vec<u8>,
    key: Vec<u8>,
    /// A bare word at the top level: a number, `true`, `false`, `null`.
    word: Vec<u8>,
    model: Option<String>,
    stream: Option<bool>,
}

impl Outline {
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    pub fn stream(&self) -> Option<bool> {
        self.stream
    }

    pub fn feed(&mut self, piece: &[u8]) {
        for byte in piece {
            self.step(*byte);
        }
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            return self.in_text(byte);
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.text.clear();
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.end_of_value();
                self.depth = self.depth.saturating_sub(1);
            }
            b':' if self.depth == 1 => {
                self.in_value = true;
                self.key = std::mem::take(&mut self.text);
                self.word.clear();
            }
            b',' => self.end_of_value(),
            letter if self.depth == 1 && self.in_value && self.word.len() < 8 && letter.is_ascii_alphanumeric() => {
                self.word.push(letter);
            }
            _ => {}
        }
    }

    fn in_text(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.in_string = false;
                if self.depth == 1 && self.in_value && self.key == b"model" {
                    self.model = Some(String::from_utf8_lossy(&self.text).into_owned());
                }
                return;
            }
            _ => {}
        }
        if self.depth == 1 && self.text.len() < MOST {
            self.text.push(byte);
        }
    }

    fn end_of_value(&mut self) {
        if self.depth != 1 {
            return;
        }
        if self.in_value && self.key == b"stream" {
            self.stream = match self.word.as_slice() {
                b"true" => Some(true),
                b"false" => Some(false),
                _ => self.stream,
            };
        }
        self.in_value = false;
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = r#" {"messages":[{"role":"user","content":"say \"model\": \"x\" }","model":"inner"}],
        "metadata":{"model":"inner","stream":false}, "model" : "gpt-4o-mini","temperature":1, "stream":true } "#;

    proptest! {
        #[test]
        fn only_the_top_counts_however_it_is_cut(cuts in proptest::collection::vec(0..TEXT.len(), 0..12)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut outline = Outline::default();
            let mut from = 0;
            for cut in cuts {
                outline.feed(&TEXT.as_bytes()[from..cut]);
                from = cut;
            }
            outline.feed(&TEXT.as_bytes()[from..]);
            prop_assert_eq!((outline.model(), outline.stream()), (Some("gpt-4o-mini"), Some(true)));
        }
    }
}
