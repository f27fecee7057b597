//! Records of comma-separated values (RFC 4180), with the number of the line each begins on. Semicolons and tabs are taken
//! for commas when the first line has more of them: spreadsheets save such files in many countries.

/// Iterates over the records of a text; empty lines are none.
pub(super) struct Records<'t> {
    rest: std::iter::Peekable<std::str::Chars<'t>>,
    separator: char,
    line: usize,
}

impl<'t> Records<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let first = text.lines().next().unwrap_or_default();
        let count = |separator: &char| first.chars().filter(|c| c == separator).count();
        // Of equals the last is taken: the comma.
        let separator = [';', '\t', ','].into_iter().max_by_key(count).unwrap_or(',');
        Self { rest: text.chars().peekable(), separator, line: 1 }
    }

    /// The rest of a quoted field; a quote in it stands twice.
    fn quoted(&mut self, field: &mut String) {
        while let Some(c) = self.rest.next() {
            match c {
                '"' if self.rest.next_if_eq(&'"').is_some() => field.push('"'),
                '"' => return,
                c => {
                    self.line += usize::from(c == '\n');
                    field.push(c);
                }
            }
        }
    }
}

impl Iterator for Records<'_> {
    type Item = (usize, Vec<String>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut started = self.line;
        let mut fields = Vec::new();
        let mut field = String::new();
        loop {
            let c = self.rest.next();
            match c {
                Some('"') if field.trim().is_empty() => {
                    field.clear();
                    self.quoted(&mut field);
                }
                Some('\r') => {}
                Some(c) if c == self.separator => fields.push(std::mem::take(&mut field)),
                Some('\n') | None => {
                    self.line += 1;
                    let empty = fields.is_empty() && field.trim().is_empty();
                    match (empty, c) {
                        (true, None) => return None,
                        (true, Some(_)) => started = self.line,
                        (false, _) => {
                            fields.push(field);
                            return Some((started, fields));
                        }
                    }
                }
                Some(c) => field.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_know_their_line() {
        let text = "a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n2,\r\n3";
        let records: Vec<_> = Records::of(text).collect();
        let expected = [(1, vec!["a", "b"]), (2, vec!["1", "x, \"y\"\nz"]), (5, vec!["2", ""]), (6, vec!["3"])];
        assert_eq!(records, expected.map(|(line, fields)| (line, fields.into_iter().map(str::to_owned).collect())));
    }

    #[test]
    fn semicolons_and_tabs_separate_as_well() {
        for text in ["a;b\n1,5;2", "a\tb\n1,5\t2"] {
            assert_eq!(Records::of(text).nth(1), Some((2, vec!["1,5".into(), "2".into()])), "{text:?}");
        }
    }
}
