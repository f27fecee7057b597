//! One request: its runs and feedback become records; what is no good is named and left out.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::convert::{Made, convert};
use super::kin::Place;
use super::multipart::{self, Part};
use super::runs::{Action, Fault, Run, Told};
use super::ties::Tie;
use super::{Memory, feedback};
use crate::journal::Payload;
use crate::model::UnixNanos;
use crate::model::otlp::{
    InstrumentationScope, LogRecord, LogsData, Resource, ResourceLogs, ScopeLogs, Span, TracesData,
};
use crate::model::score::{DELETED, ID, deletions_of};
use crate::receive::body::{self, Encoding};
use crate::receive::foreign::Converted;
use crate::receive::langfuse::record;
use crate::receive::piece::{self, Piece};
use crate::receive::{Refusal, Shared};

/// The scope of LangSmith's own OpenTelemetry mode.
const SCOPE: &str = "langsmith";

/// Where runs go that name no project.
const DEFAULT_PROJECT: &str = "default";

/// Faults that an answer names; of more only their number.
const NAMED_FAULTS: usize = 20;

/// How a request tells what it has.
#[derive(Debug)]
pub(super) enum Form {
    /// With this boundary.
    Multipart(String),
    Batch,
    Create,
    Change(String),
    /// With its id where the path names it.
    Feedback(Option<String>),
    DeleteFeedback(String),
}

impl Form {
    pub(super) fn is_feedback(&self) -> bool {
        matches!(self, Self::Feedback(_) | Self::DeleteFeedback(_))
    }
}

/// What became of a request.
#[derive(Debug)]
pub(super) struct Taken {
    runs: usize,
    feedback: usize,
    faults: Vec<Fault>,
    /// What the client wants to hear of its feedback.
    echo: Option<Value>,
    pub ties: Vec<Tie>,
}

impl Taken {
    /// Everything that was taken is durable by now.
    pub(super) fn answer(self) -> (StatusCode, Value) {
        let named = self.faults.iter().take(NAMED_FAULTS).map(|fault| json!({"of": fault.of, "why": fault.why}));
        let faults: Vec<Value> = named.collect();
        let (taken, refused) = (self.runs + self.feedback, self.faults.len());
        let status = match (&self.faults.first(), taken) {
            (Some(first), 0) => {
                let detail = format!("nothing was taken, {refused} refused; the first: {} {}", first.of, first.why);
                // Not 422, to which LangSmith's JavaScript SDK answers by sending it all again.
                return (StatusCode::BAD_REQUEST, json!({"detail": detail, "errors": faults}));
            }
            _ if self.echo.is_some() => StatusCode::OK,
            _ => StatusCode::ACCEPTED,
        };
        let mut answer = self.echo.unwrap_or_else(|| json!({"message": "taken", "runs": self.runs}));
        if refused > 0 {
            answer["detail"] = json!(format!("{refused} of {} refused, the others are stored", taken + refused));
            answer["errors"] = json!(faults);
        }
        (status, answer)
    }
}

/// # Errors
/// When the body as a whole is not what `form` says.
pub(super) fn read(shared: &Shared, form: &Form, body: &Bytes, now: UnixNanos) -> Result<Converted<Taken>, Refusal> {
    match form {
        Form::Multipart(boundary) => {
            let split = multipart::split(body, boundary);
            let (parts, mut faults) = unpacked(shared, split.parts)?;
            faults.extend(split.fault.map(|why| Fault { of: "the body:".into(), why }));
            let mut told = Told::parts(&parts);
            faults.append(&mut told.faults);
            told.faults = faults;
            Ok(converted(shared, told, now))
        }
        Form::Batch => Told::batch(body).map(|told| converted(shared, told, now)).map_err(whole),
        Form::Create => Ok(converted(shared, Told::one(run(Action::Post, None, body)), now)),
        Form::Change(id) => Ok(converted(shared, Told::one(run(Action::Patch, Some(id), body)), now)),
        Form::Feedback(id) => {
            let raw: &RawValue = serde_json::from_slice(body)
                .map_err(|error| whole(Fault { of: "the feedback".into(), why: format!("is not JSON: {error}") }))?;
            let record = feedback::convert(raw, id.as_deref(), &|run| shared.langsmith.trace_of(run), now);
            let echo = serde_json::from_str(raw.get()).unwrap_or_default();
            Ok(of_feedback(record.map_err(whole)?, echo))
        }
        Form::DeleteFeedback(id) => {
            let mut told = piece::Told::default();
            told.set_text(ID, id);
            Ok(of_feedback(record(DELETED, deletions_of(id), None, now, now, told), json!({})))
        }
    }
}

fn whole(fault: Fault) -> Refusal {
    Refusal::Malformed { message: format!("{} {}", fault.of, fault.why), field: None }
}

fn of_feedback(record: LogRecord, echo: Value) -> Converted<Taken> {
    let taken = Taken { runs: 0, feedback: 1, faults: Vec::new(), echo: Some(echo), ties: Vec::new() };
    Converted::new(vec![Payload::Logs(logs(vec![record]))], taken)
}

fn run<'a>(action: Action, id: Option<&str>, body: &'a Bytes) -> Result<Run<'a>, Fault> {
    let text =
        str::from_utf8(body).map_err(|error| Fault { of: "the body".into(), why: format!("is not UTF-8: {error}") })?;
    Run::from_json(action, id, text, "the run")
}

/// Parts without a compression of their own. One that is broken is left out and named.
///
/// # Errors
/// When there is no room for them.
fn unpacked(shared: &Shared, parts: Vec<Part>) -> Result<(Vec<Part>, Vec<Fault>), Refusal> {
    let (mut plain, mut faults) = (Vec::with_capacity(parts.len()), Vec::new());
    let mut room = shared.inflight.room();
    for part in parts {
        let unpacked = match part.encoding {
            Some(Encoding::Identity) => Ok(part.data.clone()),
            Some(encoding) => body::decompress(encoding, part.data.clone(), shared.max_request_bytes, &mut room),
            None => Err(Refusal::Encoding { found: "of the part".into() }),
        };
        match unpacked {
            Ok(data) => plain.push(Part { data, encoding: Some(Encoding::Identity), ..part }),
            Err(refusal) if refusal.is_final() => faults.push(Fault { of: part.name, why: refusal.message() }),
            Err(busy) => return Err(busy),
        }
    }
    Ok((plain, faults))
}

fn converted(shared: &Shared, told: Told<'_>, now: UnixNanos) -> Converted<Taken> {
    let Told { runs, feedback, mut faults } = told;
    let known = |run| shared.langsmith.trace_of(run);
    let mut made = Vec::with_capacity(runs.len());
    // Creations first: a change may leave out what the creation beside it tells.
    for action in [Action::Post, Action::Patch] {
        for run in runs.iter().filter(|run| run.action == action) {
            match convert(run, &known, now) {
                Ok(one) => {
                    let place = Place { trace: one.trace, project: one.project.as_deref().map(Into::into) };
                    shared.langsmith.with(|memory| memory.kin.remember(one.id, place));
                    made.push(one);
                }
                Err(fault) => faults.push(fault),
            }
        }
    }
    let mut records = Vec::new();
    for body in &feedback {
        match super::feedback::convert(body, None, &known, now) {
            Ok(record) => records.push(record),
            Err(fault) => faults.push(fault),
        }
    }
    let runs = made.len();
    let (spans, ties) = shared.langsmith.with(|memory| {
        let ties = memory.ties.meet(&made);
        (grouped(made, &ties, memory), ties)
    });
    let taken = Taken { runs, feedback: records.len(), faults, echo: None, ties };
    let mut payloads = Vec::new();
    if !spans.resource_spans.is_empty() {
        payloads.push(Payload::Traces(spans));
    }
    if !records.is_empty() {
        payloads.push(Payload::Logs(logs(records)));
    }
    let rejected = taken.faults.len() as u64;
    Converted { rejected, ..Converted::new(payloads, taken) }
}

/// Who sends: project, and SDK with language and version.
type Sender = (Option<String>, [String; 3]);

/// The spans by who sent them.
fn grouped(made: Vec<Made>, ties: &[Tie], memory: &Memory) -> TracesData {
    let mut groups: BTreeMap<Sender, Vec<Span>> = BTreeMap::new();
    for one in made {
        let known = || memory.kin.of(one.id)?.project.as_deref().map(str::to_owned);
        let project = one.project.clone().or_else(known);
        groups.entry((project, sdk(&one.runtime))).or_default().push(one.span);
    }
    let mut data = TracesData::default();
    for ((project, sdk), spans) in groups {
        data.resource_spans.extend(piece::traces(resource(project, &sdk), scope(&sdk[2]), spans).resource_spans);
    }
    if !ties.is_empty() {
        // Without a resource: that of the run's own pieces holds.
        let spans = ties.iter().map(tied).collect();
        data.resource_spans.extend(piece::traces(Resource::default(), scope(""), spans).resource_spans);
    }
    data
}

/// What a call gets from a message that another run had.
fn tied(tie: &Tie) -> Span {
    let mut told = piece::Told::default();
    tie.answer.tell_rest(&mut told);
    told.set_text("langsmith.answer.from", tie.from.to_string());
    let piece = Piece { trace_id: tie.trace, span_id: tie.call, at: tie.at, attributes: told, ..Piece::default() };
    piece.into_span()
}

fn sdk(runtime: &Map<String, Value>) -> [String; 3] {
    let text = |key: &str| runtime.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let language = match text("runtime").as_str() {
        "node" | "bun" | "deno" | "edge" => "nodejs".to_owned(),
        "browser" | "webworker" => "webjs".to_owned(),
        other => other.to_owned(),
    };
    [language, text("sdk"), text("sdk_version")]
}

/// A project is what tells one application from another. Without one nothing is said, so that what other pieces of the
/// run say holds.
fn resource(project: Option<String>, [language, name, version]: &[String; 3]) -> Resource {
    let Some(project) = project else { return Resource::default() };
    let service = if project == DEFAULT_PROJECT { SCOPE.to_owned() } else { project };
    let mut told = piece::Told::default();
    told.set_text("service.name", service);
    for (key, value) in [("language", language), ("name", name), ("version", version)] {
        if !value.is_empty() {
            told.set_text(format!("telemetry.sdk.{key}"), value);
        }
    }
    Resource { attributes: told.0, ..Resource::default() }
}

fn scope(version: &str) -> InstrumentationScope {
    InstrumentationScope { name: SCOPE.into(), version: version.into(), ..InstrumentationScope::default() }
}

fn logs(log_records: Vec<LogRecord>) -> LogsData {
    let scope_logs = vec![ScopeLogs { scope: Some(scope("")), log_records, ..ScopeLogs::default() }];
    LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }
}
