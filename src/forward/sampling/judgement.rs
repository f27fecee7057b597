//! One chunk under judgement: what goes of it, what goes of earlier ones, and what is to be remembered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::counts::Counts;
use super::decide::{Head, Reason};
use super::keep::{Keep, Share, Weight};
use super::kept::{Decision, Kept, State};
use super::ratio::Ratio;
use crate::analytics::TraceFacts;
use crate::config::SamplingConfig;
use crate::forward::Error;
use crate::journal::{Chunk, Cursor, Journal};
use crate::model::{Day, TraceId, UnixNanos};

pub struct Judgement<'c> {
    config: &'c SamplingConfig,
    cursor: Cursor,
    received: UnixNanos,
    state: State,
    /// In force for the whole chunk.
    ratio: Ratio,
    keep: Keep,
    kept: BTreeMap<TraceId, Kept>,
    /// Traces of which everything before a chunk is to go, and how many records they have here.
    behind: BTreeMap<TraceId, (Cursor, u64)>,
    /// Those of which something is decided for the first time, as far as is remembered.
    news: Vec<(TraceId, Option<Reason>)>,
}

impl<'c> Judgement<'c> {
    pub fn begin(config: &'c SamplingConfig, chunk: &Chunk, mut state: State) -> Self {
        let cursor = chunk.cursor;
        state.first = Some(state.first.map_or(cursor, |first| first.min(cursor)));
        state.spending.turn(chunk.received, config.items_per_hour);
        let ratio = Ratio::new(config.ratio, state.spending.halvings(config.items_per_hour));
        Self {
            config,
            cursor,
            received: chunk.received,
            state,
            ratio,
            keep: Keep::others(),
            kept: BTreeMap::new(),
            behind: BTreeMap::new(),
            news: Vec::new(),
        }
    }

    /// Decides about the records of `head`: `why` it is kept unless it is healthy, `known` if it is kept already.
    pub fn take(&mut self, head: &Head, why: Option<Reason>, known: Option<Kept>) {
        let trace = head.trace;
        let weight = match (why, known) {
            (Some(reason), _) => {
                self.keep_whole(trace, reason, known, head.records);
                Weight::ONE
            }
            // Goes on as it began, whatever is in force now.
            (None, Some(kept)) => {
                self.kept.insert(trace, kept);
                Weight::Ratio(kept.ratio)
            }
            (None, None) if self.ratio.takes(trace) => {
                let ratio = self.ratio.value();
                if self.has_budget() {
                    self.kept.insert(trace, Kept { reason: Reason::Ratio, ratio, since: self.cursor });
                }
                self.news.push((trace, Some(Reason::Ratio)));
                Weight::Ratio(ratio)
            }
            (None, None) => {
                self.news.push((trace, None));
                return;
            }
        };
        self.keep.add(trace, weight);
        let share = match (why, weight) {
            (None, Weight::Ratio(ratio)) => ratio / self.config.ratio,
            _ => 1.0,
        };
        self.state.spending.spend(head.records, share.min(1.0));
    }

    /// `trace` was pinned, and may have nothing in this chunk.
    pub fn pin(&mut self, trace: TraceId, known: Option<Kept>) {
        if !self.kept.contains_key(&trace) {
            self.keep_whole(trace, Reason::Pinned, known, 0);
        } else if let Some(kept) = self.kept.get_mut(&trace) {
            kept.reason = Reason::Pinned;
        }
    }

    fn keep_whole(&mut self, trace: TraceId, reason: Reason, known: Option<Kept>, records: u64) {
        let before = match known {
            Some(kept) if kept.reason != Reason::Ratio => None,
            Some(healthy) => Some(healthy.since),
            // All of it went with the healthy ones.
            None if !self.has_budget() && self.ratio.takes(trace) => None,
            None => Some(self.cursor),
        };
        if known.is_none_or(|kept| kept.reason == Reason::Ratio) {
            self.news.push((trace, Some(reason)));
        }
        if let Some(before) = before {
            self.behind.insert(trace, (before.min(self.cursor), records));
        }
        self.kept.insert(trace, Kept { reason, ratio: 1.0, since: Cursor::default() });
    }

    fn has_budget(&self) -> bool {
        self.config.items_per_hour > 0
    }

    /// What goes: of earlier chunks what traces of this one left there, then of this one. Nothing from before the first
    /// chunk that was meant for the destination.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn complete(&mut self, journal: &Journal, facts: &HashMap<TraceId, TraceFacts>) -> Result<Vec<Share>, Error> {
        let mut shares: BTreeMap<Cursor, Keep> = BTreeMap::new();
        // Others were sent that stand for what was left out, unless none was.
        let weight = if self.config.ratio > 0.0 { Weight::Late } else { Weight::ONE };
        let first = self.state.first.unwrap_or(self.cursor);
        let first = Cursor { chunk: first.chunk - 1, ..first };
        // Of those that are known the journal has nothing long before they began.
        let mut groups: BTreeMap<Cursor, Vec<TraceId>> = BTreeMap::new();
        for trace in self.behind.keys() {
            let start = facts.get(trace).map(|facts| Cursor { day: Day(facts.start.day().0 - 1), chunk: 0 });
            groups.entry(start.map_or(first, |start| start.max(first))).or_default().push(*trace);
        }
        let mut late = BTreeSet::new();
        let mut reader = journal.reader();
        for (after, traces) in groups {
            for (place, trace) in reader.places(&traces, after, self.cursor)? {
                if self.behind.get(&trace).is_some_and(|(before, _)| place < *before) {
                    shares.entry(place).or_insert_with(Keep::nothing).add(trace, weight);
                    late.insert(trace);
                }
            }
        }
        for trace in late {
            let here = self.behind.get(&trace).map_or(0, |(_, records)| *records);
            let items = facts.get(&trace).map_or(1, |facts| facts.spans.saturating_sub(here).max(1));
            self.state.spending.spend(items, 1.0);
        }
        shares.insert(self.cursor, self.keep.clone());
        Ok(shares.into_iter().map(|(cursor, keep)| Share { cursor, keep }).collect())
    }

    /// What is to be stored.
    pub fn decision(&self, shares: Vec<Share>) -> Decision {
        Decision {
            cursor: self.cursor,
            received: self.received,
            shares,
            kept: self.kept.iter().map(|(trace, kept)| (*trace, *kept)).collect(),
            state: self.state,
        }
    }

    /// Counts what was decided, now that it is stored.
    pub fn count(&self, counts: &mut Counts) {
        for (trace, reason) in &self.news {
            match reason {
                Some(reason) => counts.kept(*trace, *reason),
                None => counts.dropped(*trace),
            }
        }
        let halvings = self.state.spending.halvings(self.config.items_per_hour);
        counts.in_force(Ratio::new(self.config.ratio, halvings).value());
    }
}
