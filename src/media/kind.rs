//! What bytes are, by how they begin, and what a text around them says they are.
//!
//! Beginnings: the WHATWG's MIME sniffing standard (https://mimesniff.spec.whatwg.org), for FLAC RFC 9639, for AVIF
//! and HEIC ISO/IEC 23008-12, for PDF ISO 32000.

use crate::model::media::is_type;

/// A kind of file: its media type, the ending of its name, and whether a browser may show it in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub media_type: &'static str,
    pub ending: &'static str,
    /// Nothing that can hold a script is shown in place.
    pub inline: bool,
}

const fn kind(media_type: &'static str, ending: &'static str) -> Kind {
    Kind { media_type, ending, inline: true }
}

/// What nothing is known about.
pub const UNKNOWN: Kind = Kind { media_type: "application/octet-stream", ending: "bin", inline: false };
const PDF: Kind = Kind { media_type: "application/pdf", ending: "pdf", inline: false };

const MP3: Kind = kind("audio/mpeg", "mp3");

/// Beginnings that are long enough to be no accident.
const SURE: &[(&[u8], Kind)] = &[
    (b"\x89PNG\r\n\x1a\n", kind("image/png", "png")),
    (b"\xff\xd8\xff", kind("image/jpeg", "jpg")),
    (b"GIF87a", kind("image/gif", "gif")),
    (b"GIF89a", kind("image/gif", "gif")),
    (b"ID3", MP3),
    (b"OggS\0", kind("audio/ogg", "ogg")),
    (b"fLaC", kind("audio/flac", "flac")),
    (b"\x1a\x45\xdf\xa3", kind("video/webm", "webm")),
    (b"%PDF-", PDF),
];

/// The kind of `bytes`, of which the first 16 tell; [`UNKNOWN`] for what they do not tell. Frames of MP3 begin with
/// eleven set bits only, which is enough to name a file and not to find one.
pub fn of(bytes: &[u8]) -> Kind {
    sure(bytes).unwrap_or(match bytes {
        [0xff, 0xfb | 0xf3 | 0xf2, ..] => MP3,
        _ => UNKNOWN,
    })
}

/// The kind of `bytes` when they begin in a way that is no accident.
pub(super) fn sure(bytes: &[u8]) -> Option<Kind> {
    let at = |start: usize, what: &[u8]| bytes.get(start..start + what.len()) == Some(what);
    if at(0, b"RIFF") {
        return if at(8, b"WEBP") {
            Some(kind("image/webp", "webp"))
        } else {
            at(8, b"WAVE").then_some(kind("audio/wav", "wav"))
        };
    }
    if at(4, b"ftyp") {
        return Some(match bytes.get(8..12) {
            Some(b"avif" | b"avis") => kind("image/avif", "avif"),
            Some(b"heic" | b"heix" | b"mif1") => Kind { inline: false, ..kind("image/heic", "heic") },
            Some(b"M4A " | b"M4B ") => kind("audio/mp4", "m4a"),
            _ => kind("video/mp4", "mp4"),
        });
    }
    SURE.iter().find(|(start, _)| at(0, start)).map(|(_, kind)| *kind)
}

/// The media type to name in a reference: what the bytes are, unless the text around them is more exact.
pub(super) fn media_type(bytes: &[u8], said: Option<&str>) -> String {
    const CONTAINERS: [&str; 3] = ["mp4", "webm", "ogg"];
    let said = said.filter(|said| is_type(said));
    let Some(sure) = sure(bytes) else { return said.unwrap_or(of(bytes).media_type).to_owned() };
    let sub = |name: &str| name.split_once('/').map(|(_, sub)| sub.to_owned());
    let same_container =
        said.filter(|said| sub(said) == sub(sure.media_type) && CONTAINERS.iter().any(|name| said.ends_with(name)));
    same_container.unwrap_or(sure.media_type).to_owned()
}

/// How far from the bytes their type may stand.
const NEAR: usize = 256;

/// The type that the text says of what stands between `before` and `after`: a data URL, or the keys that OpenAI,
/// Anthropic, Gemini, the GenAI conventions, MCP and the AI SDK have for it.
pub(super) fn said(before: &str, after: &str) -> Option<String> {
    let before = &before[before.floor_char_boundary(before.len().saturating_sub(NEAR))..];
    let after = &after[..after.floor_char_boundary(NEAR)];
    if let Some(head) = before.strip_suffix("base64,") {
        let (_, url) = head.rsplit_once("data:")?;
        let named = url.split(';').next().unwrap_or_default().replace('\\', "").to_ascii_lowercase();
        // The default of RFC 2397 is text, which nobody encodes so.
        return Some(if is_type(&named) { named } else { UNKNOWN.media_type.to_owned() });
    }
    keyed(before, true).or_else(|| keyed(after, false))
}

/// The value of the nearest key for a media type.
fn keyed(text: &str, from_end: bool) -> Option<String> {
    const KEYS: [&str; 5] = ["media_type", "mediaType", "mime_type", "mimeType", "format"];
    let place = |key: &&str| if from_end { text.rfind(*key) } else { text.find(*key) };
    let found = KEYS.iter().filter_map(|key| Some((place(key)?, *key)));
    let (at, key) = if from_end { found.max() } else { found.min() }?;
    let rest = text[at + key.len()..].trim_start_matches(['"', '\\', ' ', ':', '\'']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"/.+-\\".contains(c)).unwrap_or(rest.len());
    let value = rest[..end].replace('\\', "").to_ascii_lowercase();
    if key == "format" {
        return format(&value).map(str::to_owned);
    }
    let is_media = ["image/", "audio/", "video/"].iter().any(|start| value.starts_with(start));
    (is_type(&value) && (is_media || value == PDF.media_type)).then_some(value)
}

/// The sound formats of OpenAI's `input_audio` and of its answers.
fn format(name: &str) -> Option<&'static str> {
    Some(match name {
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "flac" => "audio/flac",
        "opus" | "ogg" => "audio/ogg",
        "aac" => "audio/aac",
        "m4a" => "audio/mp4",
        "webm" => "audio/webm",
        "pcm16" | "pcm" => "audio/pcm",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_tell_the_kind() {
        let webp = b"RIFF\0\0\0\0WEBPVP8 ";
        assert_eq!(of(webp).media_type, "image/webp");
        assert_eq!(of(b"\0\0\0\x20ftypM4A \0\0\0\0").ending, "m4a");
        assert_eq!(of(b"\xff\xfb\x90\x00").media_type, "audio/mpeg");
        assert_eq!(sure(b"\xff\xfb\x90\x00"), None);
        assert_eq!(of(b"<svg xmlns"), UNKNOWN);
        assert!(!of(b"%PDF-1.7").inline);
        assert_eq!(of(b""), UNKNOWN);
    }

    #[test]
    fn the_text_around_names_the_type_in_every_dialect() {
        for (before, after, expected) in [
            (r#"{"url": "data:image/png;base64,"#, "", "image/png"),
            (r#"{\"url\": \"data:image\\/jpeg;charset=x;base64,"#, "", "image/jpeg"),
            (r#"{"input_audio": {"data": ""#, r#"", "format": "wav"}}"#, "audio/wav"),
            (r#"{"source": {"type": "base64", "media_type": "image/webp", "data": ""#, "", "image/webp"),
            (r#"{"inlineData": {"mimeType": "audio/mp3", "data": ""#, "", "audio/mp3"),
            (r#"{\"type\":\"blob\",\"content\":\""#, r#"\",\"mime_type\":\"image/gif\"}"#, "image/gif"),
        ] {
            assert_eq!(said(before, after).as_deref(), Some(expected), "{before}");
        }
        for before in [r#"{"mime_type": "text/plain", "data": ""#, r#"{"response_format": "json", "x": ""#, "data:x"] {
            assert_eq!(said(before, ""), None, "{before}");
        }
    }

    #[test]
    fn bytes_are_believed_before_words_but_containers_hold_either() {
        assert_eq!(media_type(b"GIF89a", Some("image/png")), "image/gif");
        assert_eq!(media_type(b"\x1a\x45\xdf\xa3", Some("audio/webm")), "audio/webm");
        assert_eq!(media_type(b"\x1a\x45\xdf\xa3", Some("audio/wav")), "video/webm");
        assert_eq!(media_type(b"\0\x01", Some("audio/pcm")), "audio/pcm");
        assert_eq!(media_type(b"\0\x01", Some("no type")), "application/octet-stream");
    }
}
