//! Puts spans together that their clients tell in pieces: see [`crate::model::piece`].
//!
//! What comes out is a function of the set of pieces: their order, their batches and repetitions do not matter. Of what
//! several say the newest holds; of two of one moment the one that knows the end, then the one that is larger as bytes,
//! which is arbitrary and always the same.

use std::collections::{BTreeMap, HashMap};

use prost::Message as _;

use crate::model::otlp::{AnyValue, KeyValue, ResourceSpans, ScopeSpans, Span, TracesData, any_value};
use crate::model::piece::{AT, Field, LACKS, UNFINISHED};
use crate::model::{SpanId, SpanRef, TraceId};

/// Pieces by the span they tell of, as they come in the order of the journal.
#[derive(Debug, Default)]
pub struct Pieces {
    spans: BTreeMap<SpanRef, Told>,
}

#[derive(Debug, Default)]
struct Told {
    /// With one span each.
    pieces: Vec<ResourceSpans>,
    /// Those that were there before.
    earlier: Vec<ResourceSpans>,
    /// Where the last of them stood.
    last: usize,
    /// The last version of the span was no piece: it holds as it is.
    replaced: bool,
}

/// A span put together.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    pub place: SpanRef,
    /// Where the last of its pieces stood, as [`Pieces::take`] was told.
    pub from: usize,
    /// The span with resource and scope of its newest piece.
    pub data: TracesData,
}

/// Whether `span` is a piece. Asked for every span there is.
pub fn is_piece(span: &Span) -> bool {
    span.attributes.iter().any(|pair| pair.key == AT)
}

/// Whether any span of `data` is one.
pub fn any(data: &TracesData) -> bool {
    data.resource_spans.iter().flat_map(|group| &group.scope_spans).flat_map(|part| &part.spans).any(is_piece)
}

/// Whether a span that was put together has no end yet.
pub fn is_unfinished(span: &Span) -> bool {
    span.attributes.iter().any(|pair| pair.key == UNFINISHED)
}

impl Pieces {
    /// Moves the pieces out of `data`, which stands at `from` behind all that were taken before. A span that is no piece
    /// stays, and holds until the next piece of it comes.
    pub fn take(&mut self, data: &mut TracesData, from: usize) {
        if any(data) {
            for (place, piece) in split(data) {
                let told = self.spans.entry(place).or_default();
                (told.last, told.replaced) = (from, false);
                told.pieces.push(piece);
            }
        }
        if self.spans.is_empty() {
            return;
        }
        for span in data.resource_spans.iter().flat_map(|group| &group.scope_spans).flat_map(|part| &part.spans) {
            if let Some(told) = place_of(span).and_then(|place| self.spans.get_mut(&place)) {
                told.replaced = true;
            }
        }
    }

    /// Adds the pieces in `data`, which stood before all that were taken, of spans of which some were taken.
    pub fn add_earlier(&mut self, mut data: TracesData) {
        if any(&data) {
            for (place, piece) in split(&mut data) {
                if let Some(told) = self.spans.get_mut(&place) {
                    told.earlier.push(piece);
                }
            }
        }
    }

    /// The spans as they were known from earlier pieces alone.
    pub fn before(&self) -> HashMap<SpanRef, Span> {
        let known = |told: &Told| {
            let mut whole = merge(told.earlier.clone())?;
            whole.scope_spans.pop()?.spans.pop()
        };
        self.spans.iter().filter_map(|(place, told)| Some((*place, known(told)?))).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The traces of the spans, each once.
    pub fn traces(&self) -> Vec<TraceId> {
        let mut traces: Vec<TraceId> = self.spans.keys().map(|place| place.trace_id).collect();
        traces.dedup();
        traces
    }

    /// The spans put together, in the order of their ids.
    pub fn into_whole(self) -> impl Iterator<Item = Whole> {
        self.spans.into_iter().filter(|(_, told)| !told.replaced).filter_map(|(place, mut told)| {
            told.pieces.append(&mut told.earlier);
            let whole = merge(told.pieces)?;
            Some(Whole { place, from: told.last, data: TracesData { resource_spans: vec![whole] } })
        })
    }
}

fn place_of(span: &Span) -> Option<SpanRef> {
    Some(SpanRef { trace_id: TraceId::from_slice(&span.trace_id)?, span_id: SpanId::from_slice(&span.span_id)? })
}

/// Takes the pieces out of `data`, each with what it belongs to. Those without valid ids go for good, as spans without do.
fn split(data: &mut TracesData) -> Vec<(SpanRef, ResourceSpans)> {
    let mut pieces = Vec::new();
    data.resource_spans.retain_mut(|group| {
        group.scope_spans.retain_mut(|part| {
            for span in part.spans.extract_if(.., |span| is_piece(span)) {
                let Some(place) = place_of(&span) else { continue };
                let (scope, schema_url) = (part.scope.clone(), part.schema_url.clone());
                let scope_spans = vec![ScopeSpans { scope, spans: vec![span], schema_url, unknown: None }];
                let (resource, schema_url) = (group.resource.clone(), group.schema_url.clone());
                pieces.push((place, ResourceSpans { resource, scope_spans, schema_url, unknown: None }));
            }
            !part.spans.is_empty()
        });
        !group.scope_spans.is_empty()
    });
    pieces
}

/// A piece with what is said about it.
struct Piece {
    at: i64,
    lacks: Vec<Field>,
    told: ResourceSpans,
}

impl Piece {
    fn new(told: ResourceSpans) -> Self {
        let (mut at, mut lacks) = (0, Vec::new());
        for pair in &told.scope_spans[0].spans[0].attributes {
            match (pair.key.as_str(), pair.value.as_ref().and_then(|value| value.value.as_ref())) {
                (AT, Some(any_value::Value::IntValue(nanos))) => at = *nanos,
                (AT, Some(any_value::Value::StringValue(nanos))) => at = nanos.trim().parse().unwrap_or(0),
                (LACKS, Some(any_value::Value::ArrayValue(list))) => {
                    let names = list.values.iter().filter_map(|name| match name.value.as_ref()? {
                        any_value::Value::StringValue(name) => Some(name.as_str()),
                        _ => None,
                    });
                    let known = |name| Field::ALL.into_iter().find(|field| field.as_str() == name);
                    lacks = names.filter_map(known).collect();
                }
                _ => {}
            }
        }
        Self { at, lacks, told }
    }

    fn span(&self) -> &Span {
        &self.told.scope_spans[0].spans[0]
    }

    fn knows(&self, field: Field) -> bool {
        !self.lacks.contains(&field)
    }
}

/// `pieces` of one span, with one span each, as one span; `None` of none.
fn merge(pieces: Vec<ResourceSpans>) -> Option<ResourceSpans> {
    let mut pieces: Vec<Piece> = pieces.into_iter().map(Piece::new).collect();
    if pieces.len() > 1 {
        pieces.sort_by_cached_key(|piece| (piece.at, piece.knows(Field::End), piece.told.encode_to_vec()));
        pieces.dedup_by(|one, other| one.told == other.told);
    }
    let mut newest = pieces.last()?.told.clone();
    let known = |field: Field| pieces.iter().rev().filter(move |piece| piece.knows(field)).map(Piece::span);
    let all = || pieces.iter().rev().map(Piece::span);
    let times = || all().flat_map(|span| [span.start_time_unix_nano, span.end_time_unix_nano]).filter(|time| *time > 0);
    let start = known(Field::Start).map(|span| span.start_time_unix_nano).filter(|time| *time > 0).min();
    let end = known(Field::End).map(|span| span.end_time_unix_nano).find(|time| *time > 0);
    let named = |span: &&Span| !span.name.is_empty();
    let name = known(Field::Name).find(named).or_else(|| all().find(named));
    let has_parent = |span: &&Span| !span.parent_span_id.is_empty();
    let parent = known(Field::Parent).next().or_else(|| all().find(has_parent));
    let first_text = |read: fn(&Span) -> &String| all().map(read).find(|text| !text.is_empty()).cloned();
    let mut span = Span {
        trace_state: first_text(|span| &span.trace_state).unwrap_or_default(),
        name: name.map(|span| span.name.clone()).unwrap_or_default(),
        parent_span_id: parent.map(|span| span.parent_span_id.clone()).unwrap_or_default(),
        kind: all().map(|span| span.kind).find(|kind| *kind != 0).unwrap_or_default(),
        start_time_unix_nano: start.or_else(|| times().min()).unwrap_or_default(),
        end_time_unix_nano: end.or_else(|| times().max()).unwrap_or_default(),
        attributes: attributes(&pieces),
        status: known(Field::Status).next().and_then(|span| span.status.clone()),
        ..pieces.last()?.span().clone()
    };
    if end.is_none() && !is_endless(&span) {
        let value = Some(AnyValue { value: Some(any_value::Value::BoolValue(true)) });
        span.attributes.push(KeyValue { key: UNFINISHED.to_owned(), value });
    }
    span.events = union(pieces.iter().flat_map(|piece| &piece.span().events), |event| event.time_unix_nano);
    span.links = union(pieces.iter().flat_map(|piece| &piece.span().links), |_| 0);
    let is_of = |piece: &&Piece| piece.told.resource.as_ref().is_some_and(|of| !of.attributes.is_empty());
    if let Some(piece) = pieces.iter().rev().find(is_of) {
        (newest.resource, newest.schema_url) = (piece.told.resource.clone(), piece.told.schema_url.clone());
    }
    newest.scope_spans[0].spans[0] = span;
    Some(newest)
}

/// Langfuse knows no end of a trace.
fn is_endless(span: &Span) -> bool {
    span.attributes.iter().any(|pair| {
        let value = pair.value.as_ref().and_then(|value| value.value.as_ref());
        pair.key == "langfuse.observation.type" && value == Some(&any_value::Value::StringValue("trace".to_owned()))
    })
}

/// By key, the newest value that says something; in the order in which the keys came up.
fn attributes(pieces: &[Piece]) -> Vec<KeyValue> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut found: Vec<&KeyValue> = Vec::new();
    let told = pieces.iter().flat_map(|piece| &piece.span().attributes);
    for pair in told.filter(|pair| ![AT, LACKS, UNFINISHED].contains(&pair.key.as_str())) {
        match places.get(pair.key.as_str()) {
            Some(_) if is_empty(pair) => {}
            Some(at) => found[*at] = pair,
            None => {
                places.insert(&pair.key, found.len());
                found.push(pair);
            }
        }
    }
    found.into_iter().cloned().collect()
}

fn is_empty(pair: &KeyValue) -> bool {
    match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
        None => true,
        Some(any_value::Value::StringValue(text)) => text.is_empty(),
        Some(_) => false,
    }
}

/// Each once, in the order of time.
fn union<'a, T: prost::Message + Clone + 'a>(all: impl Iterator<Item = &'a T>, time: fn(&T) -> u64) -> Vec<T> {
    let each: BTreeMap<(u64, Vec<u8>), &T> = all.map(|one| ((time(one), one.encode_to_vec()), one)).collect();
    each.into_values().cloned().collect()
}

#[cfg(test)]
mod tests;
