//! `multipart/form-data` (RFC 7578, RFC 2046) whose body is there as a whole: parts in their order, without copies.
//!
//! The body has passed the limits of every request before, so nothing here waits, and nothing grows but by the
//! compression of a part, which goes through the same capped reader.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use bytes::Bytes;

use super::super::body::Encoding;

/// Longest head of a part: names and a handful of parameters.
const HEAD: usize = 16 << 10;

/// One part, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub name: String,
    /// Without parameters; empty when not told.
    pub content_type: String,
    /// Of the part itself; `None` when it is one that nobody knows.
    pub encoding: Option<Encoding>,
    pub data: Bytes,
}

/// What a body consists of, and why it was not read to its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub parts: Vec<Part>,
    pub fault: Option<String>,
}

/// The boundary that the `Content-Type` of a request names; `None` when it is no `multipart/form-data`.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    let (kind, mut parameters) = with_parameters(headers.get(header::CONTENT_TYPE)?.to_str().ok()?);
    let boundary = parameters.remove("boundary").filter(|boundary| !boundary.is_empty());
    boundary.filter(|_| kind == "multipart/form-data")
}

/// Parts up to the first that is not whole: those before it are good whatever follows.
pub(super) fn split(body: &Bytes, boundary: &str) -> Split {
    let mut split = Split::default();
    let delimiter = format!("\r\n--{boundary}");
    // The first stands at the beginning, where no line ends before it; what precedes it is a preamble for nobody.
    let first = &delimiter[2..];
    let mut at = if body.starts_with(first.as_bytes()) {
        first.len()
    } else if let Some(found) = find(body, delimiter.as_bytes()) {
        found + delimiter.len()
    } else {
        split.fault = Some(format!("no part begins with the boundary {boundary:?} that the content type names"));
        return split;
    };
    loop {
        let rest = &body[at..];
        if rest.starts_with(b"--") {
            return split;
        }
        let number = split.parts.len() + 1;
        let Some(begin) = rest.starts_with(b"\r\n").then_some(at + 2) else {
            split.fault = Some(format!("the body breaks off before part {number}"));
            return split;
        };
        let head_end = body[begin..].windows(4).take(HEAD).position(|four| four == b"\r\n\r\n");
        let Some(head_end) = head_end.map(|end| begin + end) else {
            split.fault = Some(format!("the head of part {number} has no end within {HEAD} bytes"));
            return split;
        };
        let head = Head::read(&body[begin..head_end]);
        let start = head_end + 4;
        let named = || if head.name.is_empty() { number.to_string() } else { head.name.clone() };
        let Some(end) = head.end(&body[start..], delimiter.as_bytes()).map(|end| start + end) else {
            split.fault = Some(format!("the body breaks off inside of part {}", named()));
            return split;
        };
        split.parts.push(Part {
            name: head.name,
            content_type: head.content_type,
            encoding: head.encoding,
            data: body.slice(start..end),
        });
        at = end + delimiter.len();
    }
}

/// What the lines before a part's data say.
struct Head {
    name: String,
    content_type: String,
    encoding: Option<Encoding>,
    length: Option<usize>,
}

impl Head {
    fn read(lines: &[u8]) -> Self {
        let mut head =
            Self { name: String::new(), content_type: String::new(), encoding: Some(Encoding::Identity), length: None };
        for line in String::from_utf8_lossy(lines).split("\r\n") {
            let Some((key, value)) = line.split_once(':') else { continue };
            let (first, mut parameters) = with_parameters(value);
            match key.trim().to_ascii_lowercase().as_str() {
                "content-disposition" => head.name = parameters.remove("name").unwrap_or_default(),
                "content-type" => {
                    head.content_type = first;
                    head.length = parameters.get("length").and_then(|length| length.parse().ok()).or(head.length);
                    if let Some(encoding) = parameters.get("encoding") {
                        head.encoding = Encoding::from_name(encoding);
                    }
                }
                "content-encoding" => head.encoding = Encoding::from_name(&first),
                "content-length" => head.length = first.parse().ok().or(head.length),
                _ => {}
            }
        }
        head
    }

    /// Where the part ends. The length is taken only when the delimiter stands there: some clients count characters.
    fn end(&self, data: &[u8], delimiter: &[u8]) -> Option<usize> {
        let told = self.length.filter(|length| data.get(*length..).is_some_and(|rest| rest.starts_with(delimiter)));
        told.or_else(|| find(data, delimiter))
    }
}

fn find(data: &[u8], wanted: &[u8]) -> Option<usize> {
    // The byte that begins a delimiter is rare in JSON, which escapes it.
    let mut from = 0;
    while let Some(at) = data[from..].iter().position(|byte| *byte == wanted[0]).map(|at| from + at) {
        if data[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// `a/b; c=d; e="f"`: what stands first in lower case, and the parameters by their names in lower case.
fn with_parameters(value: &str) -> (String, BTreeMap<String, String>) {
    let mut pieces = value.split(';');
    let first = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
    let pairs = pieces.filter_map(|piece| {
        let (name, value) = piece.split_once('=')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned()))
    });
    (first, pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(split: &Split) -> Vec<&str> {
        split.parts.iter().map(|part| part.name.as_str()).collect()
    }

    const TWO: &str = "--b\r\nContent-Disposition: form-data; name=\"post.1\"\r\nContent-Type: application/json; \
        length=2\r\n\r\n{}\r\n--b\r\ncontent-disposition: form-data; name=\"post.1.inputs\"\r\nContent-Length: 9\r\n\
        Content-Encoding: gzip\r\n\r\n{\"a\":\"\r\"}\r\n--b--\r\n";

    #[test]
    fn parts_come_with_what_their_heads_say() {
        let split = split(&Bytes::from_static(TWO.as_bytes()), "b");
        assert_eq!((names(&split), &split.fault), (vec!["post.1", "post.1.inputs"], &None));
        assert_eq!(split.parts[0].content_type, "application/json");
        assert_eq!(split.parts[1].data.as_ref(), b"{\"a\":\"\r\"}");
        assert_eq!(
            (split.parts[0].encoding, split.parts[1].encoding),
            (Some(Encoding::Identity), Some(Encoding::Gzip))
        );
    }

    #[test]
    fn a_wrong_length_is_no_harm_and_a_right_one_may_hide_a_boundary() {
        let wrong = Bytes::from(TWO.replace("length=2", "length=200").replace("Length: 9", "Length: 1"));
        assert_eq!(split(&wrong, "b").parts[1].data.as_ref(), b"{\"a\":\"\r\"}");
        let hidden = "--b\r\nContent-Disposition: form-data; name=\"attachment.1.x\"\r\nContent-Length: 8\r\n\r\n\
                      a\r\n--b\r\n\r\n--b--";
        let split = split(&Bytes::from_static(hidden.as_bytes()), "b");
        assert_eq!((split.parts[0].data.as_ref(), &split.fault), (&b"a\r\n--b\r\n"[..], &None));
    }

    #[test]
    fn what_breaks_off_keeps_what_was_whole() {
        for (cut, parts) in
            [(TWO.len() - 4, 2), (TWO.len() - 12, 1), (TWO.find("Content-Len").expect("there"), 1), (20, 0)]
        {
            let split = split(&Bytes::copy_from_slice(&TWO.as_bytes()[..cut]), "b");
            assert_eq!(split.parts.len(), parts, "{cut}");
            assert!(split.fault.is_some(), "{cut}");
        }
        assert_eq!(split(&Bytes::from_static(b"{}"), "b").parts, []);
    }

    #[test]
    fn the_boundary_stands_in_the_content_type() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().expect("a header"));
            boundary(&headers)
        };
        assert_eq!(of("multipart/form-data; boundary=----x").as_deref(), Some("----x"));
        assert_eq!(of("Multipart/Form-Data; charset=utf-8; boundary=\"x y\"").as_deref(), Some("x y"));
        assert_eq!(of("application/json"), None);
    }
}
