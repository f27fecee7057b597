//! From bodies to runs: which fields were told of which run, whatever order its parts came in.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::multipart::Part;

/// Whether a run was created or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    Post,
    Patch,
}

/// One telling of a run.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub action: Action,
    /// As the client calls it.
    pub id: String,
    /// What it tells, by the names of the protocol; `null` counts as not told.
    fields: BTreeMap<String, Field<'a>>,
    pub files: Vec<File<'a>>,
}

/// Parsed only where something is looked up in it: most fields go through as they are.
#[derive(Debug)]
pub(super) enum Field<'a> {
    Json(&'a RawValue),
    /// What ought to be JSON and is not: kept as the text it is.
    Text(String),
}

/// An attachment.
#[derive(Debug)]
pub(super) struct File<'a> {
    pub name: String,
    pub media_type: String,
    pub bytes: &'a [u8],
}

/// A part of a request that could not be taken, while its neighbours were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Which run or part, as the client calls it.
    pub of: String,
    pub why: String,
}

/// What a request tells.
#[derive(Debug, Default)]
pub(super) struct Told<'a> {
    pub runs: Vec<Run<'a>>,
    /// Bodies of feedback.
    pub feedback: Vec<&'a RawValue>,
    pub faults: Vec<Fault>,
}

impl Field<'_> {
    /// As sent.
    pub(super) fn as_text(&self) -> &str {
        match self {
            Self::Json(raw) => raw.get(),
            Self::Text(text) => text,
        }
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Self::Json(raw) => serde_json::from_str(raw.get()).unwrap_or_default(),
            Self::Text(text) => Value::String(text.clone()),
        }
    }
}

impl<'a> Run<'a> {
    fn new(action: Action, id: &str) -> Self {
        Self { action, id: id.to_owned(), fields: BTreeMap::new(), files: Vec::new() }
    }

    /// From the JSON of one run; `id` where the request names it elsewhere.
    ///
    /// # Errors
    /// When it is no object, or has no id.
    pub(super) fn from_json(action: Action, id: Option<&str>, raw: &'a str, place: &str) -> Result<Self, Fault> {
        let fault = |why: String| Fault { of: id.unwrap_or(place).to_owned(), why };
        let fields: BTreeMap<String, &RawValue> =
            serde_json::from_str(raw).map_err(|error| fault(format!("is not a run as JSON: {error}")))?;
        let told = fields.get("id").and_then(|id| serde_json::from_str::<String>(id.get()).ok());
        let id = id.map(str::to_owned).or(told).filter(|id| !id.trim().is_empty());
        let mut run = Self::new(action, &id.ok_or_else(|| fault("has no id: send one, a UUID".into()))?);
        fields.into_iter().for_each(|(name, value)| run.put(name, Field::Json(value)));
        Ok(run)
    }

    fn put(&mut self, name: String, field: Field<'a>) {
        if field.as_text() != "null" {
            self.fields.insert(name, field);
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.get(name)
    }

    pub(super) fn value(&self, name: &str) -> Option<Value> {
        self.field(name).map(Field::value)
    }

    /// A field that is a text and not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &Field<'a>)> {
        self.fields.iter().map(|(name, field)| (name.as_str(), field))
    }
}

impl<'a> Told<'a> {
    /// Of one run by itself.
    pub(super) fn one(run: Result<Run<'a>, Fault>) -> Self {
        let mut told = Self::default();
        told.add(run);
        told
    }

    /// Of `{"post": [...], "patch": [...]}`.
    ///
    /// # Errors
    /// When it is not that.
    pub(super) fn batch(body: &'a [u8]) -> Result<Self, Fault> {
        let of = |why: String| Fault { of: "the batch".into(), why };
        let lists: BTreeMap<String, &RawValue> =
            serde_json::from_slice(body).map_err(|error| of(format!("is not a JSON object: {error}")))?;
        let mut told = Self::default();
        for (name, action) in [("post", Action::Post), ("patch", Action::Patch)] {
            let Some(list) = lists.get(name) else { continue };
            let runs: Option<Vec<&RawValue>> = serde_json::from_str(list.get())
                .map_err(|error| of(format!("has no list of runs in {name}: {error}")))?;
            for (at, raw) in runs.unwrap_or_default().into_iter().enumerate() {
                told.add(Run::from_json(action, None, raw.get(), &format!("{name}[{at}]")));
            }
        }
        Ok(told)
    }

    /// Of the parts of a multipart request, which must not be compressed any more.
    pub(super) fn parts(parts: &'a [Part]) -> Self {
        let mut told = Self::default();
        let mut places: BTreeMap<(Action, String), usize> = BTreeMap::new();
        let mut broken: Vec<(Action, &str)> = Vec::new();
        for part in parts {
            let mut names = part.name.splitn(3, '.');
            let (kind, id, field) = (names.next().unwrap_or_default(), names.next().unwrap_or_default(), names.next());
            let action = match (kind, field) {
                ("post", _) => Action::Post,
                ("patch", _) => Action::Patch,
                ("attachment", Some(name)) => {
                    told.attach(&places, id, name, part);
                    continue;
                }
                ("feedback", _) => {
                    match serde_json::from_slice(&part.data) {
                        Ok(feedback) => told.feedback.push(feedback),
                        Err(error) => told.fault(&part.name, format!("is not JSON: {error}")),
                    }
                    continue;
                }
                _ => {
                    told.fault(
                        &part.name,
                        "is a part that nobody knows: send post, patch, attachment or feedback".into(),
                    );
                    continue;
                }
            };
            if id.is_empty() {
                told.fault(&part.name, "has no run id behind its first dot".into());
                continue;
            }
            if field.is_none() {
                let run = str::from_utf8(&part.data)
                    .map_err(|error| Fault { of: part.name.clone(), why: format!("is not UTF-8: {error}") })
                    .and_then(|text| Run::from_json(action, Some(id), text, &part.name));
                match run {
                    Ok(run) => told.join(&mut places, run),
                    Err(fault) => {
                        broken.push((action, id));
                        told.faults.push(Fault { of: part.name.clone(), ..fault });
                    }
                }
                continue;
            }
            let mut run = Run::new(action, id);
            let json = serde_json::from_slice(&part.data).map(Field::Json);
            let text = || Field::Text(String::from_utf8_lossy(&part.data).into_owned());
            run.put(field.unwrap_or_default().to_owned(), json.unwrap_or_else(|_| text()));
            told.join(&mut places, run);
        }
        // What belongs to a run that could not be read says too little by itself.
        told.runs.retain(|run| !broken.contains(&(run.action, run.id.as_str())));
        told
    }

    fn add(&mut self, run: Result<Run<'a>, Fault>) {
        match run {
            Ok(run) => self.runs.push(run),
            Err(fault) => self.faults.push(fault),
        }
    }

    fn fault(&mut self, of: &str, why: String) {
        self.faults.push(Fault { of: of.to_owned(), why });
    }

    /// Puts what `run` tells to what was told of it before.
    fn join(&mut self, places: &mut BTreeMap<(Action, String), usize>, run: Run<'a>) {
        let place = *places.entry((run.action, run.id.clone())).or_insert(self.runs.len());
        match self.runs.get_mut(place) {
            Some(known) => known.fields.extend(run.fields),
            None => self.runs.push(run),
        }
    }

    /// Files come behind the run they belong to; to one that comes alone they are what changes.
    fn attach(&mut self, places: &BTreeMap<(Action, String), usize>, id: &str, name: &str, part: &'a Part) {
        let known = [Action::Post, Action::Patch].iter().find_map(|action| places.get(&(*action, id.to_owned())));
        let file = File { name: name.to_owned(), media_type: part.content_type.clone(), bytes: &part.data };
        match known.and_then(|place| self.runs.get_mut(*place)) {
            Some(run) => run.files.push(file),
            None => {
                let mut run = Run::new(Action::Patch, id);
                run.files.push(file);
                self.runs.push(run);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::super::body::Encoding;
    use super::*;

    fn part(name: &str, data: &str) -> Part {
        Part {
            name: name.into(),
            content_type: "application/json".into(),
            encoding: Some(Encoding::Identity),
            data: Bytes::copy_from_slice(data.as_bytes()),
        }
    }

    #[test]
    fn parts_find_their_run_in_any_order() {
        let parts = [
            part("post.b.outputs", r#"{"o":1}"#),
            part("patch.a", r#"{"id":"a","error":null}"#),
            part("post.b", r#"{"id":"b","name":"B"}"#),
            part("attachment.b.photo", "x"),
            part("post.b.error", "\"broken"),
            part("feedback.f", r#"{"id":"f"}"#),
        ];
        let told = Told::parts(&parts);
        assert_eq!((told.runs.len(), told.feedback.len(), told.faults.len()), (2, 1, 0));
        let (b, a) = (&told.runs[0], &told.runs[1]);
        assert_eq!((b.action, b.text("name").as_deref(), b.files.len()), (Action::Post, Some("B"), 1));
        assert_eq!(b.field("error").map(Field::as_text), Some("\"broken"));
        assert_eq!((a.action, a.field("error").is_none()), (Action::Patch, true));
    }

    #[test]
    fn a_bad_run_is_named_and_takes_nobody_with_it() {
        let parts = [part("post.a", "{"), part("post.a.inputs", "{}"), part("post.b", "{}"), part("what.c", "{}")];
        let told = Told::parts(&parts);
        assert_eq!(told.runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(told.faults.iter().map(|fault| fault.of.as_str()).collect::<Vec<_>>(), ["post.a", "what.c"]);
        let body = br#"{"post":[{"id":"a"},{"name":"?"},7],"patch":null}"#;
        let told = Told::batch(body).expect("a batch");
        assert_eq!(told.runs.len(), 1);
        assert_eq!(told.faults[0], Fault { of: "post[1]".into(), why: "has no id: send one, a UUID".into() });
        assert_eq!(told.faults[1].of, "post[2]");
        assert!(Told::batch(b"[]").is_err());
    }
}
