//! One session as a conversation: each of its traces is a turn, with what was asked and what was answered.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;

use super::error::ApiError;
use super::query::{self, Query};
use super::types::{Message, Part, SessionDetail, SessionTurn, Span, TraceDetail, TraceItem, TurnTool};
use super::{ApiState, convert, endpoints, session_steps, session_work, trace_page};
use crate::analytics::{Dimension, Filter, Order, TraceSummary};

/// Turns of a page: each is a trace that is read whole.
const TURNS: usize = 20;
const MOST_TURNS: usize = 50;

/// A trace with more spans is not read for a list.
const MOST_SPANS: u64 = 2_000;

/// Characters of a message that are shown.
const MOST_TEXT: usize = 6_000;

pub(super) async fn session(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Json<SessionDetail>, ApiError> {
    let query = Query::read(&uri, &endpoints::SESSION, state.clock.now())?;
    let list = "turns";
    let limit = if query.one("limit").is_some() { query.limit()?.min(MOST_TURNS) } else { TURNS };
    let after = query.after(list)?;
    // A trace may name further sessions beside its own: theirs are listed, too.
    let whose = Filter { any_of: vec![(Dimension::Session, vec![name.clone()])], ..Filter::default() };
    let found = state.analytics.sessions(&whose, Order::Newest, MOST_TURNS, None).await?;
    let summary = found.items.into_iter().find(|session| session.name == name).ok_or_else(|| {
        ApiError::not_found(format!("there is no session {name:?}"), "/api/v1/sessions lists those there are")
    })?;
    let work = if after.is_none() { session_work::of(&state, &summary).await? } else { None };
    let page = state.analytics.session_traces(&name, limit, after).await?;
    let mut turns = Vec::with_capacity(page.items.len());
    for trace in page.items {
        turns.push(turn(&state, trace).await?);
    }
    Ok(Json(SessionDetail {
        summary: convert::session(summary),
        work,
        turns,
        next_cursor: page.next.map(|key| query::cursor(list, key)),
    }))
}

async fn turn(state: &ApiState, trace: TraceSummary) -> Result<SessionTurn, ApiError> {
    let (id, spans) = (trace.trace_id, trace.span_count);
    let item = convert::trace(trace);
    if spans > MOST_SPANS {
        return Ok(SessionTurn { without: Some("too large".into()), ..empty(item) });
    }
    match trace_page::of(state, id).await {
        Ok(page) => Ok(told(item, page)),
        Err(error) if error.is_not_found() => Ok(SessionTurn { without: Some("gone".into()), ..empty(item) }),
        Err(error) => Err(error),
    }
}

fn empty(trace: TraceItem) -> SessionTurn {
    SessionTurn {
        trace,
        asked: None,
        asked_hidden: None,
        answered: None,
        answer_span_id: None,
        tools: Vec::new(),
        steps: Vec::new(),
        error: None,
        without: None,
        shortened: false,
    }
}

/// What a trace says, from its spans in the order of their start.
fn told(item: TraceItem, page: TraceDetail) -> SessionTurn {
    let mut turn = empty(item);
    turn.tools = tools(&page.spans);
    turn.steps = session_steps::of(&page);
    turn.error = page.spans.iter().find(|span| span.status == "error").map(reason);
    let asked = page.spans.iter().find_map(|span| {
        let messages = &span.call.as_ref()?.content.input_messages;
        messages.iter().rev().find(|message| message.role == "user" && says(message)).cloned()
    });
    let answered = page.spans.iter().rev().find_map(|span| {
        let messages = &span.call.as_ref()?.content.output_messages;
        let message = messages.iter().rev().find(|message| says(message))?;
        Some((message.clone(), span.span_id.clone()))
    });
    // Codex tells the prompt in a record of its own, and its calls without words.
    let prompt = || page.spans.iter().find(|span| span.name.ends_with(".user_prompt") && span.input.is_some());
    let asked = asked.or_else(|| spoken("user", prompt()?.input.as_ref()));
    turn.asked = asked.or_else(|| spoken("user", page.spans.first().and_then(|root| root.input.as_ref())));
    let root_output = page.spans.first().and_then(|root| root.output.as_ref());
    (turn.answered, turn.answer_span_id) = match answered {
        Some((message, span)) => (Some(message), Some(span)),
        None => (spoken("assistant", root_output), None),
    };
    turn.asked_hidden = turn.asked.as_ref().and_then(|asked| session_steps::hidden(&plain(asked), &page));
    if turn.asked_hidden.is_some() {
        turn.asked = None;
    }
    for message in [&mut turn.asked, &mut turn.answered].into_iter().flatten() {
        turn.shortened |= shorten(message);
    }
    if turn.asked.is_none() && turn.asked_hidden.is_none() && turn.answered.is_none() {
        let why = if page.content_dropped.is_some() { "dropped" } else { "not sent" };
        turn.without = Some(why.into());
    }
    turn
}

/// The text of a message.
fn plain(message: &Message) -> String {
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Text { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn reason(span: &Span) -> String {
    let why = span.status_message.as_deref().or(span.error_type.as_deref()).filter(|why| !why.is_empty());
    let text = why.map_or_else(|| format!("{} failed", span.name), |why| format!("{}: {why}", span.name));
    text.chars().take(400).collect()
}

/// Whether there is something to read or to look at in it, not only a call of a tool or its result.
fn says(message: &Message) -> bool {
    message.parts.iter().any(|part| match part {
        Part::Text { text } => !text.trim().is_empty(),
        Part::Media { .. } => true,
        _ => false,
    })
}

/// What went in or came out of a span that is no model call, as a message.
fn spoken(role: &str, value: Option<&serde_json::Value>) -> Option<Message> {
    let text = match value? {
        serde_json::Value::Null => return None,
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    (!text.trim().is_empty()).then(|| Message {
        role: role.to_owned(),
        name: None,
        parts: vec![Part::Text { text }],
        finish_reason: None,
    })
}

/// Keeps what is said and shown, as much of it as a list can carry; true when there was more.
fn shorten(message: &mut Message) -> bool {
    message.parts.retain(|part| matches!(part, Part::Text { .. } | Part::Media { .. }));
    let (mut room, mut shortened) = (MOST_TEXT, false);
    for part in &mut message.parts {
        let Part::Text { text } = part else { continue };
        if let Some((end, _)) = text.char_indices().nth(room) {
            text.truncate(end);
            shortened = true;
        }
        room -= text.chars().count().min(room);
    }
    message.parts.retain(|part| !matches!(part, Part::Text { text } if text.is_empty()));
    shortened
}

fn tools(spans: &[Span]) -> Vec<TurnTool> {
    let mut tools: Vec<TurnTool> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for span in spans {
        let Some(tool) = &span.tool else { continue };
        let name = tool.name.as_deref().unwrap_or(&span.name);
        let at = *places.entry(name).or_insert_with(|| {
            tools.push(TurnTool { name: name.to_owned(), runs: 0, failed: 0 });
            tools.len() - 1
        });
        tools[at].runs += 1;
        tools[at].failed += u64::from(span.status == "error");
    }
    tools
}
