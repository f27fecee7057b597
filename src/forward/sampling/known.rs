//! What the analytics know of models and prompts, remembered so that it is asked once an hour and not once a chunk.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::analytics::{Analytics, Error, Filter, Novelty};
use crate::model::UnixNanos;

const HOUR_NS: i64 = 3_600_000_000_000;
const DAY_NS: i64 = 24 * HOUR_NS;

/// How far back the usual duration of a model's calls is looked for.
const USUAL_NS: i64 = 7 * DAY_NS;

/// Of fewer calls one cannot say what 95 % of them do.
const ENOUGH_CALLS: u64 = 100;

/// Hours kept in mind: chunks come in the order of arrival.
const HOURS: usize = 4;

/// Beyond so many, all is asked anew.
const MOST_NAMES: usize = 10_000;

/// Nanoseconds that 95 % of a model's calls did not exceed, by provider and model.
type Usual = HashMap<(Option<String>, Option<String>), i64>;

#[derive(Debug, Default)]
pub struct Knowledge {
    usual: BTreeMap<i64, Usual>,
    /// When something was seen.
    seen: HashMap<Novelty, i64>,
    /// What was not seen in the days before an hour.
    unseen: HashSet<(Novelty, i64)>,
}

/// Start of the hour in which `time` lies.
fn hour(time: UnixNanos) -> i64 {
    time.0.div_euclid(HOUR_NS).saturating_mul(HOUR_NS)
}

impl Knowledge {
    /// Forgets names when there are too many; not between learning of one and asking for it.
    pub fn trim(&mut self) {
        if self.seen.len() + self.unseen.len() >= MOST_NAMES {
            (self.seen, self.unseen) = (HashMap::new(), HashSet::new());
        }
    }

    /// Learns how long calls took in the days before the hour of `received`.
    ///
    /// # Errors
    /// When the analytics cannot answer.
    pub async fn learn_usual(&mut self, analytics: &Analytics, received: UnixNanos) -> Result<(), Error> {
        let until = hour(received);
        if self.usual.contains_key(&until) {
            return Ok(());
        }
        let since = UnixNanos(until.saturating_sub(USUAL_NS));
        let filter = Filter { since: Some(since), until: Some(UnixNanos(until)), ..Filter::default() };
        let models = analytics.models(&filter, UnixNanos(until)).await?.into_iter();
        let told = models.filter(|model| model.sums.calls >= ENOUGH_CALLS);
        let usual = told.filter_map(|model| Some(((model.provider, model.model), model.latency.p95_ns?)));
        self.usual.insert(until, usual.collect());
        while self.usual.len() > HOURS {
            self.usual.pop_first();
        }
        Ok(())
    }

    /// What 95 % of the calls of a model did not exceed before the hour of `received`.
    pub fn usual(&self, received: UnixNanos, provider: &Option<String>, model: &str) -> Option<i64> {
        let usual = self.usual.get(&hour(received))?;
        usual.get(&(provider.clone(), Some(model.to_owned()))).copied()
    }

    /// Learns whether `what` was there in the `days` before the hour of `start`.
    ///
    /// # Errors
    /// When the analytics cannot answer.
    pub async fn learn_novelty(
        &mut self,
        analytics: &Analytics,
        what: &Novelty,
        start: UnixNanos,
        days: u32,
    ) -> Result<(), Error> {
        let until = hour(start);
        let since = until.saturating_sub(i64::from(days).saturating_mul(DAY_NS));
        let seen = self.seen.get(what).is_some_and(|at| (since..until).contains(at));
        if seen || self.unseen.contains(&(what.clone(), until)) {
            return Ok(());
        }
        match analytics.last_sighting(what.clone(), UnixNanos(since), UnixNanos(until)).await? {
            Some(at) => drop(self.seen.insert(what.clone(), at.0)),
            None => drop(self.unseen.insert((what.clone(), until))),
        }
        Ok(())
    }

    /// Whether `what` was not there before the hour of `start`, as was learnt.
    pub fn is_new(&self, what: &Novelty, start: UnixNanos) -> bool {
        self.unseen.contains(&(what.clone(), hour(start)))
    }
}
