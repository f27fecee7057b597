//! What runs told of themselves lately, for tellings that leave it out: `PATCH /runs/{id}` may name neither its trace nor
//! its project. Forgotten at a restart, and when newer runs need the room; such a run is then a trace by itself.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::model::{SpanId, TraceId};

/// Runs that are remembered: a run is changed minutes after it began, not days.
const MOST: usize = 20_000;

/// The trace of a run, if it is remembered.
pub(super) type Known<'a> = &'a dyn Fn(SpanId) -> Option<TraceId>;

/// Where a run belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub trace: TraceId,
    /// LangSmith's name of the project; `None` when nobody told it.
    pub project: Option<Arc<str>>,
}

#[derive(Debug, Default)]
pub(super) struct Kin {
    places: HashMap<SpanId, Place>,
    /// Oldest first.
    order: VecDeque<SpanId>,
}

impl Kin {
    pub(super) fn of(&self, run: SpanId) -> Option<&Place> {
        self.places.get(&run)
    }

    pub(super) fn remember(&mut self, run: SpanId, place: Place) {
        if let Some(known) = self.places.get_mut(&run) {
            known.project = place.project.or(known.project.take());
            return;
        }
        if self.order.len() == MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.places.remove(&oldest);
        }
        self.order.push_back(run);
        self.places.insert(run, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> SpanId {
        SpanId((number as u64 + 1).to_be_bytes())
    }

    #[test]
    fn the_newest_are_remembered_and_what_is_known_stays() {
        let mut kin = Kin::default();
        let place = |project: Option<&str>| Place { trace: TraceId([1; 16]), project: project.map(Into::into) };
        for number in 0..=MOST {
            kin.remember(id(number), place(Some("home")));
        }
        kin.remember(id(MOST), place(None));
        assert_eq!((kin.of(id(0)), kin.places.len()), (None, MOST));
        assert_eq!(kin.of(id(MOST)), Some(&place(Some("home"))));
    }
}
