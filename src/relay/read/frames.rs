//! Cuts a stream into its messages, however it comes in pieces: server-sent events and lines of JSON.

/// How messages stand in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::relay) enum Framing {
    /// `text/event-stream` (WHATWG HTML, section 9.2.6): lines, `data:` before what is meant, a blank line at the end.
    Events,
    /// A message per line (Ollama).
    Lines,
}

/// Keeps what has come of a message that is not complete.
#[derive(Debug)]
pub(super) struct Frames {
    framing: Framing,
    line: Vec<u8>,
    data: Vec<u8>,
    /// There was a `data:` in the message.
    any: bool,
    /// The last byte was a carriage return: a line feed behind it belongs to it.
    after_return: bool,
    most: usize,
    /// A message was longer than `most`, and is left out.
    pub too_long: bool,
}

impl Frames {
    /// Messages of more than `most` bytes are left out.
    pub fn new(framing: Framing, most: usize) -> Self {
        Self { framing, line: Vec::new(), data: Vec::new(), any: false, after_return: false, most, too_long: false }
    }

    /// Hands every message that `piece` completes to `take`.
    pub fn feed(&mut self, mut piece: &[u8], mut take: impl FnMut(&[u8])) {
        if self.after_return && !piece.is_empty() {
            self.after_return = false;
            piece = piece.strip_prefix(b"\n").unwrap_or(piece);
        }
        while let Some(at) = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.extend(&piece[..at]);
            self.end_of_line(&mut take);
            let is_return = piece[at] == b'\r';
            piece = &piece[at + 1..];
            if is_return {
                match piece.first() {
                    Some(b'\n') => piece = &piece[1..],
                    Some(_) => {}
                    None => self.after_return = true,
                }
            }
        }
        self.extend(piece);
    }

    /// The end of the stream: what is left is a message if it is whole.
    pub fn finish(&mut self, mut take: impl FnMut(&[u8])) {
        if !self.line.is_empty() {
            self.end_of_line(&mut take);
        }
        if self.framing == Framing::Events {
            self.end_of_event(&mut take);
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        if self.line.len() + bytes.len() > self.most {
            self.too_long = true;
            // One more than allowed marks the line as spoilt.
            self.line.resize(self.most, b' ');
            self.line.push(b' ');
        } else if self.line.len() <= self.most {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_of_line(&mut self, take: &mut impl FnMut(&[u8])) {
        let line = std::mem::take(&mut self.line);
        let spoilt = line.len() > self.most;
        match self.framing {
            Framing::Lines if !spoilt && !line.is_empty() => take(&line),
            Framing::Lines => {}
            Framing::Events if line.is_empty() => self.end_of_event(take),
            Framing::Events => {
                if let Some(data) = line.strip_prefix(b"data:")
                    && !spoilt
                {
                    if self.any {
                        self.data.push(b'\n');
                    }
                    self.any = true;
                    self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
                }
            }
        }
        // Its memory serves the next line.
        self.line = line;
        self.line.clear();
    }

    fn end_of_event(&mut self, take: &mut impl FnMut(&[u8])) {
        if self.any {
            if self.data.len() > self.most {
                self.too_long = true;
            } else {
                take(&self.data);
            }
        }
        self.any = false;
        self.data.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = ": a comment\r\nevent: x\r\ndata: {\"a\":1}\r\n\r\ndata:first\ndata: second\n\n\n\
                          id: 7\rdata: third\r\rdata: [DONE]";

    fn all(framing: Framing, pieces: &[&[u8]], most: usize) -> (Vec<String>, bool) {
        let mut frames = Frames::new(framing, most);
        let mut found = Vec::new();
        let mut take = |message: &[u8]| found.push(String::from_utf8_lossy(message).into_owned());
        pieces.iter().for_each(|piece| frames.feed(piece, &mut take));
        frames.finish(&mut take);
        (found, frames.too_long)
    }

    #[test]
    fn every_line_end_is_one() {
        let (found, _) = all(Framing::Events, &[STREAM.as_bytes()], 1000);
        assert_eq!(found, ["{\"a\":1}", "first\nsecond", "third", "[DONE]"]);
        let (found, _) = all(Framing::Lines, &[b"{}\n\n[1]\r\n[2]"], 1000);
        assert_eq!(found, ["{}", "[1]", "[2]"]);
    }

    #[test]
    fn what_is_too_long_is_left_out_and_the_rest_is_not() {
        let text = format!("data: a\n\ndata: {}\n\ndata: b\n\n", "x".repeat(100));
        let (found, too_long) = all(Framing::Events, &[text.as_bytes()], 50);
        assert_eq!((found, too_long), (vec!["a".to_owned(), "b".to_owned()], true));
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_say_the_same(cuts in proptest::collection::vec(0..STREAM.len(), 0..12)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &STREAM.as_bytes()[pair[0]..pair[1]]).collect();
            prop_assert_eq!(
                all(Framing::Events, &pieces, 1000),
                all(Framing::Events, &[STREAM.as_bytes()], 1000)
            );
        }
    }
}
