//! Python's way of writing a value (`{'city': 'Vienna', 'days': None}`), which some clients send in place of JSON.

use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::{Map, Number, Value};

/// Nobody nests deeper, and a text may claim to.
const DEEPEST: usize = 32;

/// The dictionary or list that `text` is; `None` when it is anything else, or is cut off.
pub fn literal(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut reader = Reader { text, chars: text.char_indices().peekable() };
    let value = reader.value(0)?;
    reader.space();
    reader.chars.next().is_none().then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl Reader<'_> {
    fn space(&mut self) {
        while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
    }

    fn peek(&mut self) -> Option<char> {
        self.space();
        self.chars.peek().map(|(_, c)| *c)
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        self.space();
        self.chars.next_if(|(_, c)| *c == wanted).map(|_| ())
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        match self.peek()? {
            '{' => self.dictionary(depth),
            '[' => self.list(']', depth),
            '(' => self.list(')', depth),
            quote @ ('\'' | '"') => self.string(quote).map(Value::String),
            _ => self.word(),
        }
    }

    fn dictionary(&mut self, depth: usize) -> Option<Value> {
        self.take('{')?;
        let mut found = Map::new();
        while self.take('}').is_none() {
            let key = match self.value(depth + 1)? {
                Value::String(key) => key,
                other => other.to_string(),
            };
            self.take(':')?;
            found.insert(key, self.value(depth + 1)?);
            if self.take(',').is_none() && self.peek()? != '}' {
                return None;
            }
        }
        Some(Value::Object(found))
    }

    fn list(&mut self, end: char, depth: usize) -> Option<Value> {
        self.chars.next();
        let mut found = Vec::new();
        while self.take(end).is_none() {
            found.push(self.value(depth + 1)?);
            if self.take(',').is_none() && self.peek()? != end {
                return None;
            }
        }
        Some(Value::Array(found))
    }

    fn string(&mut self, quote: char) -> Option<String> {
        self.chars.next();
        let mut found = String::new();
        loop {
            match self.chars.next()?.1 {
                '\\' => match self.chars.next()?.1 {
                    'n' => found.push('\n'),
                    't' => found.push('\t'),
                    'r' => found.push('\r'),
                    other => found.push(other),
                },
                c if c == quote => return Some(found),
                c => found.push(c),
            }
        }
    }

    /// `None`, `True`, `12`, `0.5`.
    fn word(&mut self) -> Option<Value> {
        let start = self.chars.peek()?.0;
        while self.chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || "+-._".contains(*c)).is_some() {}
        let end = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
        Some(match &self.text[start..end] {
            "None" | "null" => Value::Null,
            "True" | "true" => Value::Bool(true),
            "False" | "false" => Value::Bool(false),
            number => match number.parse::<i64>() {
                Ok(whole) => Value::Number(whole.into()),
                Err(_) => Value::Number(Number::from_f64(number.parse().ok()?)?),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn dictionaries_as_python_shows_them() {
        let text =
            r#"{'city': 'Vienna', "it's": "a \"b\"", 'days': None, 'n': -1.5, 'deep': [1, (True, False)], 'x': {}}"#;
        let expected =
            json!({"city": "Vienna", "it's": "a \"b\"", "days": null, "n": -1.5, "deep": [1, [true, false]], "x": {}});
        assert_eq!(literal(text), Some(expected));
        for text in ["", "Vienna", "{'city': 'Vie", "{'a': 1} b", "{'a'}", "content='x'", "{'t': datetime(2026)}"] {
            assert_eq!(literal(text), None, "{text}");
        }
        assert_eq!(literal(&"[".repeat(1000)), None);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[\\[{('\"a1,: \\\\\\]})é]{0,40}") {
            let _value = literal(&text);
        }
    }
}
