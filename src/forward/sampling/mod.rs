//! Tail sampling for one destination: which traces go, decided when they have settled, by what is stored of them.
//!
//! Promises: whatever is noteworthy goes whole, with what arrived before it became noteworthy; a decision is stored
//! before anything of it is sent, so that a crash in between sends the same; sums over what was sent, each record taken as
//! often as it stands for, are sums over everything. What cannot be decided goes.

mod budget;
mod counts;
mod decide;
mod judgement;
mod keep;
mod kept;
mod known;
mod ratio;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use self::counts::Counts;
use self::decide::{Head, Known, Reason, Rules};
use self::judgement::Judgement;
use self::kept::Memory;
use self::known::Knowledge;
use self::ratio::Ratio;
use super::ledger::Ledger;
use super::{Error, Surroundings};
use crate::analytics::{self, TraceFacts};
use crate::config::SamplingConfig;
use crate::journal::{Chunk, Cursor, Payload};
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Signal, TraceId, UnixNanos};

pub use self::counts::{SamplingCounters, SamplingReport};
pub use self::keep::{Keep, Share, Weight};

/// Longest wait before it is looked again whether a trace has settled.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long analytics may stand still or fail before traces are kept without them.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often pins are read.
const PINS_EVERY: Duration = Duration::from_secs(1);

/// Feedback comes after its trace.
const LOGS_BEHIND_NS: i64 = 24 * 3_600 * NANOS_PER_SECOND;

/// What of a chunk goes, or when to ask again.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Wait(Duration),
    /// Earlier chunks first; of a chunk that is not there nothing goes.
    Send(Vec<Share>),
}

/// Judges the chunks of one destination, in order.
pub struct Sampler {
    config: SamplingConfig,
    rules: Rules,
    sources: Surroundings,
    memory: Memory,
    knowledge: Knowledge,
    counts: Counts,
    /// How far the loader was, and since when it is there.
    loader: Option<(Cursor, Instant)>,
    /// Since when the analytics give no answer.
    mute: Option<Instant>,
    /// What was found out about the traces of the chunks that are judged next.
    foreseen: HashMap<TraceId, Option<TraceFacts>>,
    /// A chunk of the future, and since when it waits.
    future: Option<(Cursor, Instant)>,
    pins: Option<(HashSet<TraceId>, Instant)>,
    /// Pinned traces of which everything went.
    pinned: HashSet<TraceId>,
}

/// What was found out about the traces of a chunk.
enum Learnt {
    Wait(Duration),
    Facts(HashMap<TraceId, TraceFacts>),
    /// The analytics give no answer.
    Nothing,
}

impl Sampler {
    /// # Errors
    /// When `forward.sqlite` cannot be used.
    pub(super) fn open(
        config: &SamplingConfig,
        destination: &str,
        sources: &Surroundings,
        ledger: Ledger,
        counters: SamplingCounters,
    ) -> Result<Self, Error> {
        let memory = Memory::open(ledger, destination)?;
        let mut counts = Counts::new(destination, counters);
        let halvings = memory.state.spending.halvings(config.items_per_hour);
        counts.in_force(Ratio::new(config.ratio, halvings).value());
        Ok(Self {
            config: config.clone(),
            rules: Rules::new(config),
            sources: sources.clone(),
            memory,
            knowledge: Knowledge::default(),
            counts,
            loader: None,
            mute: None,
            foreseen: HashMap::new(),
            future: None,
            pins: None,
            pinned: HashSet::new(),
        })
    }

    /// What was done since the start.
    pub fn report(&self) -> &SamplingReport {
        self.counts.report()
    }

    /// Finds out about the traces of `chunks`, which are judged next, at once: a question costs some milliseconds whatever
    /// it is about. What is not found out here is asked for when it is judged.
    pub async fn foresee<'c>(&mut self, chunks: impl Iterator<Item = (&'c Chunk, &'c Payload)>) {
        self.foreseen.clear();
        let (loaded, now) = (*self.sources.analytics.cursor().borrow(), self.sources.clock.now());
        let settle = i64::try_from(self.config.settle_s).unwrap_or(i64::MAX).saturating_mul(NANOS_PER_SECOND);
        let mut traces = Vec::new();
        let mut range: Option<(UnixNanos, UnixNanos)> = None;
        for (chunk, payload) in chunks {
            if chunk.cursor > loaded || now.since(chunk.received) < settle {
                continue;
            }
            let heads = decide::heads(payload, chunk.received);
            let Some((first, last)) = span_of(chunk.signal, heads.iter()) else { continue };
            range = Some(range.map_or((first, last), |(low, high)| (low.min(first), high.max(last))));
            traces.extend(heads.iter().map(|head| head.trace));
        }
        traces.sort_unstable();
        traces.dedup();
        let Some((first, last)) = range else { return };
        // Who judges asks again, and says why there is no answer.
        if let Ok(mut facts) = self.sources.analytics.facts(traces.clone(), first, last).await {
            self.foreseen.extend(traces.into_iter().map(|trace| (trace, facts.remove(&trace))));
        }
    }

    /// What of the chunk goes, or for how long to wait until its traces have settled. `payload` is what it holds.
    ///
    /// # Errors
    /// When `forward.sqlite` or the journal cannot be used; nothing is decided then, and it may be asked again.
    pub async fn judge(&mut self, chunk: &Chunk, payload: &Payload) -> Result<Verdict, Error> {
        let heads = decide::heads(payload, chunk.received);
        if heads.is_empty() {
            return Ok(Verdict::Send(vec![Share { cursor: chunk.cursor, keep: Keep::others() }]));
        }
        if let Some(shares) = self.memory.verdict(chunk.cursor)? {
            return Ok(Verdict::Send(shares));
        }
        if let Some(wait) = self.unsettled(chunk) {
            return Ok(Verdict::Wait(wait));
        }
        let kept = self.memory.kept(heads.iter().map(|head| head.trace))?;
        let is_open = |trace: TraceId| kept.get(&trace).is_none_or(|kept| kept.reason == Reason::Ratio);
        let open: Vec<&Head> = heads.iter().filter(|head| is_open(head.trace)).collect();
        let facts = match self.learn(chunk, &open).await {
            Learnt::Wait(wait) => return Ok(Verdict::Wait(wait)),
            Learnt::Facts(facts) => Some(facts),
            Learnt::Nothing => None,
        };
        let pins = self.pins();
        let mut judgement = Judgement::begin(&self.config, chunk, self.memory.state);
        for head in &heads {
            let known = kept.get(&head.trace).copied();
            let why = match (known.filter(|kept| kept.reason != Reason::Ratio), &facts) {
                (Some(kept), _) => Some(kept.reason),
                (None, None) => Some(Reason::Undecided),
                (None, Some(facts)) => self.why(chunk, head, facts.get(&head.trace), pins.contains(&head.trace)),
            };
            judgement.take(head, why, known);
        }
        self.take_pins(&pins, &mut judgement)?;
        let shares = judgement.complete(&self.sources.journal, &facts.unwrap_or_default())?;
        let decision = judgement.decision(shares);
        self.memory.note(&decision)?;
        judgement.count(&mut self.counts);
        self.pinned = pins;
        Ok(Verdict::Send(decision.shares))
    }

    /// How records of a chunk go that is sent again, though each was decided about before.
    ///
    /// # Errors
    /// When `forward.sqlite` cannot be read.
    pub fn again(&self, chunk: &Chunk, payload: &Payload) -> Result<Keep, Error> {
        let heads = decide::heads(payload, chunk.received);
        let kept = self.memory.kept(heads.iter().map(|head| head.trace))?;
        let mut keep = Keep::others();
        for head in heads {
            let ratio = kept.get(&head.trace).map_or(self.config.ratio, |kept| kept.ratio);
            keep.add(head.trace, if ratio > 0.0 { Weight::Ratio(ratio) } else { Weight::ONE });
        }
        Ok(keep)
    }

    /// How long to wait before the traces of `chunk` have settled, if they have not.
    fn unsettled(&mut self, chunk: &Chunk) -> Option<Duration> {
        let settle = Duration::from_secs(self.config.settle_s);
        let now = self.sources.clock.now();
        if chunk.received > now {
            // The clock was ahead when it came: nobody waits until it is right again.
            let since = match self.future {
                Some((cursor, since)) if cursor == chunk.cursor => since,
                _ => Instant::now(),
            };
            self.future = Some((chunk.cursor, since));
            return (since.elapsed() < settle).then_some(LOOK_EVERY);
        }
        let age = Duration::from_nanos(now.since(chunk.received).unsigned_abs());
        settle.checked_sub(age).filter(|left| !left.is_zero()).map(|left| left.min(LOOK_EVERY))
    }

    /// Finds out what can be known of the traces of `open`.
    async fn learn(&mut self, chunk: &Chunk, open: &[&Head]) -> Learnt {
        let at = *self.sources.analytics.cursor().borrow();
        if at < chunk.cursor {
            let since = match self.loader {
                Some((known, since)) if known == at => since,
                _ => Instant::now(),
            };
            self.loader = Some((at, since));
            return if since.elapsed() < PATIENCE { Learnt::Wait(LOOK_EVERY) } else { Learnt::Nothing };
        }
        self.loader = None;
        match self.ask(chunk, open).await {
            Ok(facts) => {
                self.mute = None;
                Learnt::Facts(facts)
            }
            Err(error) => {
                let since = *self.mute.get_or_insert_with(Instant::now);
                if since.elapsed() < PATIENCE {
                    return Learnt::Wait(LOOK_EVERY);
                }
                tracing::warn!(%error, "traces are forwarded undecided, because the analytics do not answer: {error}");
                Learnt::Nothing
            }
        }
    }

    async fn ask(&mut self, chunk: &Chunk, open: &[&Head]) -> Result<HashMap<TraceId, TraceFacts>, analytics::Error> {
        let Some((first, last)) = span_of(chunk.signal, open.iter().copied()) else { return Ok(HashMap::new()) };
        let analytics = &self.sources.analytics;
        let foreseen: Option<Vec<_>> = open.iter().map(|head| self.foreseen.get_key_value(&head.trace)).collect();
        let facts = match foreseen {
            Some(known) => known.into_iter().filter_map(|(trace, facts)| Some((*trace, facts.clone()?))).collect(),
            None => analytics.facts(open.iter().map(|head| head.trace).collect(), first, last).await?,
        };
        if self.config.slow_for_model {
            self.knowledge.learn_usual(analytics, chunk.received).await?;
        }
        if self.config.new_days > 0 {
            self.knowledge.trim();
            for trace in facts.values() {
                for what in decide::models(trace).chain(decide::prompts(trace)) {
                    self.knowledge.learn_novelty(analytics, &what, trace.start, self.config.new_days).await?;
                }
            }
        }
        Ok(facts)
    }

    /// Why a trace is kept whatever the ratio is.
    fn why(&self, chunk: &Chunk, head: &Head, facts: Option<&TraceFacts>, pinned: bool) -> Option<Reason> {
        let start = facts.map_or(head.first, |facts| facts.start);
        let known = Known {
            head,
            facts,
            pinned,
            usual: &|provider, model| self.knowledge.usual(chunk.received, provider, model),
            is_new: &|what| self.knowledge.is_new(what, start),
        };
        self.rules.decide(&known)
    }

    /// The pinned traces, as of a moment ago. When they cannot be read: as they were.
    fn pins(&mut self) -> HashSet<TraceId> {
        let known = self.pins.take();
        let pins = match known {
            Some((pins, read)) if read.elapsed() < PINS_EVERY => (pins, read),
            known => match self.sources.registry.pins() {
                Ok(pins) => (pins, Instant::now()),
                Err(error) => {
                    tracing::warn!(%error, "pinned traces cannot be read: {error}");
                    (known.map(|(pins, _)| pins).unwrap_or_default(), Instant::now())
                }
            },
        };
        self.pins.insert(pins).0.clone()
    }

    /// What was pinned since the last time goes with this chunk.
    fn take_pins(&self, pins: &HashSet<TraceId>, judgement: &mut Judgement<'_>) -> Result<(), Error> {
        let mut new: Vec<TraceId> = pins.difference(&self.pinned).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        new.sort_unstable();
        let kept = self.memory.kept(new.iter().copied())?;
        for trace in new {
            judgement.pin(trace, kept.get(&trace).copied());
        }
        Ok(())
    }
}

/// Between which times the traces of `heads` may have spans.
fn span_of<'h>(signal: Signal, heads: impl Iterator<Item = &'h Head> + Clone) -> Option<(UnixNanos, UnixNanos)> {
    let first = heads.clone().map(|head| head.first).min()?;
    let first = if signal == Signal::Logs { first.saturating_add(-LOGS_BEHIND_NS) } else { first };
    Some((first, heads.map(|head| head.last).max()?))
}

#[cfg(test)]
mod tests;
