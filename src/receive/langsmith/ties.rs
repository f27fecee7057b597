//! Finds what a model call leaves out in what other runs of its trace were given.
//!
//! LangChain for JavaScript tells a run of a model the text and the sums of tokens; cached and reasoning tokens, the id of
//! the response and the tools asked for stand only in the message, which the parser beside it or the chain around it gets.
//! Tokens and text tie the two; the call gets the rest as one more piece, so the journal holds all that is known of it.
//! Both may come in any order and in requests of their own. A restart between them loses the tie, and with it the parts.

use std::collections::{HashMap, VecDeque};

use super::answer::Answer;
use super::convert::Made;
use crate::model::{SpanId, TraceId, UnixNanos};

/// Answers that are remembered, and how long in bytes what one of them asks tools for may be: 16 MB at the most.
const MOST: usize = 1_000;
const LONGEST: usize = 16 << 10;

/// Times of JavaScript are milliseconds, and of a change one nanosecond more.
const COARSE: i64 = 2_000_000;

/// What a call gets from a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tie {
    pub trace: TraceId,
    pub call: SpanId,
    /// The run that had the message.
    pub from: SpanId,
    pub at: UnixNanos,
    pub answer: Answer,
}

#[derive(Debug, Default)]
pub(super) struct Ties {
    traces: HashMap<TraceId, Vec<Known>>,
    /// Of everything remembered, oldest first.
    order: VecDeque<TraceId>,
}

#[derive(Debug)]
struct Known {
    run: SpanId,
    parent: Option<SpanId>,
    at: UnixNanos,
    answer: Answer,
    /// Hash of the text, which need not be kept.
    text: [u8; 16],
    /// Whether it is the call's own telling, or a message that another run had.
    is_call: bool,
    /// A call that has its tie.
    tied: bool,
}

impl Ties {
    /// Takes note of `made` and returns the ties that are possible now and were not made before.
    pub(super) fn meet(&mut self, made: &[Made]) -> Vec<Tie> {
        let mut touched = Vec::new();
        for one in made {
            let own = one.answer.iter().filter(|answer| answer.is_bare()).map(|answer| (answer, true));
            let others = one.within.iter().map(|answer| (answer, false));
            for (answer, is_call) in own.chain(others) {
                self.remember(one.trace, Known::new(one, answer, is_call));
                touched.push(one.trace);
            }
        }
        touched.sort_unstable();
        touched.dedup();
        touched.iter().flat_map(|trace| self.ties(*trace)).collect()
    }

    /// The ties are in the journal and need not be made again.
    pub(super) fn made(&mut self, ties: &[Tie]) {
        for tie in ties {
            let known = self.traces.get_mut(&tie.trace).into_iter().flatten();
            known.filter(|known| known.is_call && known.run == tie.call).for_each(|call| call.tied = true);
        }
    }

    fn remember(&mut self, trace: TraceId, new: Known) {
        let known = self.traces.entry(trace).or_default();
        let same = |old: &&mut Known| {
            let is_same = new.is_call || old.text == new.text && old.answer == new.answer;
            old.run == new.run && old.is_call == new.is_call && is_same
        };
        if let Some(old) = known.iter_mut().find(same) {
            *old = Known { tied: old.tied, ..new };
            return;
        }
        known.push(new);
        self.order.push_back(trace);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
            && let Some(known) = self.traces.get_mut(&oldest)
        {
            known.remove(0);
            if known.is_empty() {
                self.traces.remove(&oldest);
            }
        }
    }

    fn ties(&self, trace: TraceId) -> Vec<Tie> {
        let Some(known) = self.traces.get(&trace) else { return Vec::new() };
        let mut ties: Vec<Tie> = Vec::new();
        for message in known.iter().filter(|known| !known.is_call) {
            let Some(call) = message.call_among(known) else { continue };
            if !call.tied && message.answer.adds_to(&call.answer) && ties.iter().all(|tie| tie.call != call.run) {
                ties.push(Tie {
                    trace,
                    call: call.run,
                    from: message.run,
                    at: message.at,
                    answer: message.answer.clone(),
                });
            }
        }
        ties
    }
}

impl Known {
    fn new(made: &Made, answer: &Answer, is_call: bool) -> Self {
        let mut text = [0; 16];
        text.copy_from_slice(&blake3::hash(answer.text.as_bytes()).as_bytes()[..16]);
        let mut answer = answer.clone();
        let asked: usize = answer.tool_calls.iter().map(|call| call.to_string().len()).sum();
        if asked + answer.text.len() > LONGEST {
            answer.tool_calls.clear();
        }
        if answer.tool_calls.is_empty() {
            answer.text = String::new();
        }
        Self { run: made.id, parent: made.parent, at: made.at, answer, text, is_call, tied: false }
    }

    /// The call that gave this message: one with the same parent or whose parent had it; else the only one that could.
    fn call_among<'k>(&self, known: &'k [Self]) -> Option<&'k Self> {
        let could =
            |call: &&Self| call.is_call && call.text == self.text && call.answer.figures() == self.answer.figures();
        let is_near =
            |call: &&Self| call.parent.is_some_and(|parent| Some(parent) == self.parent || parent == self.run);
        let calls = || known.iter().filter(could);
        // Of several the last before the message was there.
        let is_before = |call: &&Self| call.at <= self.at.saturating_add(COARSE);
        let near = || calls().filter(is_near).filter(is_before).max_by_key(|call| call.at);
        let only = || calls().next().filter(|_| calls().count() == 1);
        near().or_else(only)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::model::otlp::Span;

    const NONE: [u8; 0] = [];
    const TRACE: TraceId = TraceId([1; 16]);

    fn answer(text: &str, told: bool) -> Answer {
        let parts = if told { json!({"cache_read": 256}) } else { json!({}) };
        let mut answer = Answer::default();
        answer.hear(Some(&json!({"input_tokens": 410, "output_tokens": 29, "input_token_details": parts})));
        Answer { id: told.then(|| "chatcmpl-7777".into()), text: text.into(), ..answer }
    }

    fn made(id: u8, parent: u8, at: i64) -> Made {
        Made {
            trace: TRACE,
            id: SpanId([id; 8]),
            parent: Some(SpanId([parent; 8])),
            project: None,
            runtime: Map::new(),
            at: UnixNanos(at * 10 * COARSE),
            answer: None,
            within: Vec::new(),
            span: Span::default(),
        }
    }

    fn call(id: u8, parent: u8, at: i64, text: &str) -> Made {
        Made { answer: Some(answer(text, false)), ..made(id, parent, at) }
    }

    fn parser(id: u8, parent: u8, at: i64, text: &str) -> Made {
        Made { within: vec![answer(text, true)], ..made(id, parent, at) }
    }

    fn calls(ties: &[Tie]) -> Vec<u8> {
        ties.iter().map(|tie| tie.call.0[0]).collect()
    }

    #[test]
    fn call_and_message_meet_in_any_order_once() {
        for turned in [false, true] {
            let mut runs = [call(2, 9, 10, "Hi"), parser(3, 9, 20, "Hi")];
            if turned {
                runs.reverse();
            }
            let mut ties = Ties::default();
            assert_eq!(calls(&ties.meet(&runs[..1])), NONE);
            let found = ties.meet(&runs[1..]);
            assert_eq!(calls(&found), [2]);
            assert_eq!(ties.meet(&runs[1..]), found, "until it is stored");
            ties.made(&found);
            assert_eq!(calls(&ties.meet(&runs)), NONE);
        }
    }

    #[test]
    fn the_nearest_call_before_it_is_meant() {
        let mut ties = Ties::default();
        let runs = [call(2, 8, 10, "Hi"), call(3, 9, 30, "Hi"), call(4, 8, 50, "Hi"), parser(5, 8, 40, "Hi")];
        assert_eq!(calls(&ties.meet(&runs)), [2]);
    }

    #[test]
    fn who_cannot_be_told_apart_stays_as_it_is() {
        let mut ties = Ties::default();
        assert_eq!(calls(&ties.meet(&[call(2, 7, 10, "Hi"), call(3, 7, 10, "Hi"), parser(5, 8, 40, "Hi")])), NONE);
        assert_eq!(calls(&ties.meet(&[call(4, 7, 10, "Ho"), parser(5, 8, 40, "Ho"), parser(6, 8, 40, "Ha")])), [4]);
    }

    #[test]
    fn only_so_much_is_remembered() {
        let mut ties = Ties::default();
        ties.meet(&[parser(5, 9, 40, "Hi")]);
        for number in 0..MOST as u64 {
            let one = Made { trace: TraceId([7; 16]), id: SpanId(number.to_be_bytes()), ..call(2, 9, 1, "Hi") };
            ties.meet(&[one]);
        }
        assert_eq!((ties.order.len(), ties.traces.contains_key(&TRACE)), (MOST, false));
        assert_eq!(ties.traces.values().map(Vec::len).sum::<usize>(), MOST);
    }
}
