//! Whose work a call is when its own span does not tell: that of the spans it is done for.
//!
//! Applications name session, user and feature on the span they open themselves, workflow engines theirs on the root,
//! and the instrumentation below knows of neither. A call takes each from the nearest span above that tells it; session
//! and user, if none does, from anywhere in the trace, when there is only one. A function of the set of spans.

use std::collections::HashMap;

use crate::model::{Attribution, Span, SpanId};

/// What of a span matters here.
#[derive(Debug, Clone, Copy)]
pub struct Relative<'a> {
    pub span_id: SpanId,
    pub parent: Option<SpanId>,
    /// As its own attributes tell it.
    pub own: &'a Attribution,
    /// Only calls inherit.
    pub is_call: bool,
}

impl<'a> Relative<'a> {
    /// A span as the interpreter returns it.
    pub fn of(span: &'a Span) -> Self {
        Self {
            span_id: span.span_id,
            parent: span.parent_span_id,
            own: &span.attribution,
            is_call: span.call.is_some(),
        }
    }
}

/// Which fields a call has from others, one bit each, in the order of [`FIELDS`].
pub type Mask = u8;

type Field = fn(&mut Attribution) -> &mut Option<String>;
type Read = fn(&Attribution) -> Option<&str>;

const FIELDS: [(Field, Read); 8] = [
    (|by| &mut by.environment, |by| by.environment.as_deref()),
    (|by| &mut by.feature, |by| by.feature.as_deref()),
    (|by| &mut by.team, |by| by.team.as_deref()),
    (|by| &mut by.session, |by| by.session.as_deref()),
    (|by| &mut by.user, |by| by.user.as_deref()),
    (|by| &mut by.workflow, |by| by.workflow.as_deref()),
    (|by| &mut by.node, |by| by.node.as_deref()),
    (|by| &mut by.agent, |by| by.agent.as_deref()),
];
const SESSION: usize = 3;
const USER: usize = 4;

/// Spans looked at above a call: nobody nests deeper, and a trace may claim to.
const HIGHEST: usize = 100;

/// What each span has from others: nothing, or the values and their [`Mask`].
pub fn inherited(spans: &[Relative<'_>]) -> Vec<Option<(Attribution, Mask)>> {
    if !spans.iter().any(|span| span.is_call) {
        return vec![None; spans.len()];
    }
    let places: HashMap<SpanId, usize> = spans.iter().enumerate().map(|(at, span)| (span.span_id, at)).collect();
    let only = [only_one(spans, SESSION), only_one(spans, USER)];
    let of = |span: &Relative<'_>| {
        let mut found = Attribution::default();
        let mut mask = 0;
        for (number, (write, read)) in FIELDS.iter().enumerate() {
            if read(span.own).is_some() {
                continue;
            }
            let above = std::iter::successors(parent(spans, &places, span), |at| parent(spans, &places, at));
            let told = above.take(HIGHEST).find_map(|at| read(at.own)).or_else(|| match number {
                SESSION => only[0],
                USER => only[1],
                _ => None,
            });
            if let Some(told) = told {
                *write(&mut found) = Some(told.to_owned());
                mask |= 1 << number;
            }
        }
        (mask != 0).then_some((found, mask))
    };
    spans.iter().map(|span| if span.is_call { of(span) } else { None }).collect()
}

/// Writes what a call has from others into what it has itself.
pub fn overlay(own: &mut Attribution, mut inherited: Attribution, mask: Mask) {
    exchange(own, &mut inherited, mask);
}

/// Takes what [`overlay`] wrote out again and returns it.
pub fn strip(whole: &mut Attribution, mask: Mask) -> Attribution {
    let mut nothing = Attribution::default();
    exchange(whole, &mut nothing, mask);
    nothing
}

fn exchange(left: &mut Attribution, right: &mut Attribution, mask: Mask) {
    for (number, (field, _)) in FIELDS.iter().enumerate() {
        if mask & 1 << number != 0 {
            std::mem::swap(field(left), field(right));
        }
    }
}

fn parent<'s, 'a>(
    spans: &'s [Relative<'a>],
    places: &HashMap<SpanId, usize>,
    span: &Relative<'a>,
) -> Option<&'s Relative<'a>> {
    places.get(&span.parent?).map(|at| &spans[*at])
}

fn only_one<'a>(spans: &[Relative<'a>], number: usize) -> Option<&'a str> {
    let (_, read) = FIELDS[number];
    let mut told = spans.iter().filter_map(|span| read(span.own));
    let first = told.next()?;
    told.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(session: Option<&str>, user: Option<&str>, node: Option<&str>) -> Attribution {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Attribution { session: text(session), user: text(user), node: text(node), ..Attribution::default() }
    }

    fn relative(id: u8, parent: u8, own: &Attribution, is_call: bool) -> Relative<'_> {
        Relative { span_id: SpanId([id; 8]), parent: SpanId::from_slice(&[parent; 8]), own, is_call }
    }

    #[test]
    fn the_nearest_above_tells() {
        let (root, node) = (by(Some("s"), Some("anna"), Some("start")), by(None, None, Some("answer")));
        let (call, nothing) = (by(None, Some("bert"), None), Attribution::default());
        let spans = [
            relative(1, 0, &root, false),
            relative(2, 1, &node, false),
            relative(3, 2, &call, true),
            relative(4, 9, &nothing, true),
        ];
        let found = inherited(&spans);
        assert_eq!(found[2], Some((by(Some("s"), None, Some("answer")), 0b0100_1000)));
        assert_eq!(found[3], Some((by(Some("s"), None, None), 0b0000_1000)), "the only one of the trace");
        assert_eq!(found[..2], [None, None]);
        let mut whole = call.clone();
        let (values, mask) = found[2].clone().expect("inherits");
        overlay(&mut whole, values.clone(), mask);
        assert_eq!(whole, by(Some("s"), Some("bert"), Some("answer")));
        assert_eq!(strip(&mut whole, mask), values);
        assert_eq!(whole, call);
    }

    #[test]
    fn of_two_sessions_none_is_everybodys() {
        let (one, two, nothing) = (by(Some("1"), None, None), by(Some("2"), None, None), Attribution::default());
        let spans = [relative(1, 0, &one, false), relative(2, 0, &two, false), relative(3, 0, &nothing, true)];
        assert_eq!(inherited(&spans)[2], None);
    }
}
