//! Images and files that Langfuse's SDKs upload beside a trace: in the text stands
//! `@@@langfuseMedia:type=image/png|id=...|source=bytes@@@`, and a log record of the trace says which file that is.

use std::collections::HashMap;

use super::media::Reference;

/// The event that ties an id to a file.
pub const EVENT: &str = "langfuse.media";

/// Text: what the SDK calls the file, 22 characters of its hash.
pub const ID: &str = "langfuse.media.id";

/// Text: the file as references name it.
pub const REFERENCE: &str = "langfuse.media.reference";

/// How every mark in a text begins.
const BEGIN: &str = "@@@langfuseMedia:";

const END: &str = "@@@";

/// `text` with references in place of marks whose file is among `files`, by id; `None` when there is none. As data URLs,
/// as messages have them.
pub fn resolved(text: &str, files: &HashMap<String, Reference>) -> Option<String> {
    let mut replaced = String::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(BEGIN).map(|offset| at + offset) {
        let inner = start + BEGIN.len();
        let Some(length) = text[inner..].find(END) else { break };
        let mut fields = text[inner..inner + length].split('|');
        let id = fields.find_map(|field| field.strip_prefix("id="));
        let end = inner + length + END.len();
        replaced.push_str(&text[at..start]);
        match id.and_then(|id| files.get(id)) {
            Some(file) => replaced.push_str(&format!("data:{};base64,{file}", file.media_type)),
            None => replaced.push_str(&text[start..end]),
        }
        at = end;
    }
    if at == 0 {
        return None;
    }
    replaced.push_str(&text[at..]);
    Some(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MediaHash;
    use crate::model::media::Form;

    #[test]
    fn marks_become_references_where_the_file_is_known() {
        let file = Reference { hash: MediaHash([1; 32]), bytes: 7, media_type: "image/png".into(), form: Form::Base64 };
        let files = HashMap::from([("abc".to_owned(), file.clone())]);
        let mark = |id: &str| format!("@@@langfuseMedia:type=image/png|id={id}|source=bytes@@@");
        let text = format!("{{\"a\": \"{}\", \"b\": \"{}\"}}", mark("abc"), mark("other"));
        let expected = format!("{{\"a\": \"data:image/png;base64,{file}\", \"b\": \"{}\"}}", mark("other"));
        assert_eq!(resolved(&text, &files), Some(expected));
        assert_eq!(resolved("@@@langfuseMedia:type=x", &files), None);
        assert_eq!(resolved("plain", &files), None);
    }
}
