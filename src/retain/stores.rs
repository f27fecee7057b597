//! What is kept, as those see it who delete from it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::analytics::Analytics;
use crate::clock::Clock;
use crate::interpret::Interpreter;
use crate::journal::{Cursor, Journal};
use crate::media::Media;
use crate::model::TraceId;
use crate::registry::Registry;
use crate::search::Search;

/// Names the destinations that may have been sent something from a place of the journal on, and has dead letters about
/// these traces forgotten.
pub type Forwarded = Arc<dyn Fn(&HashSet<TraceId>, Cursor) -> Vec<String> + Send + Sync>;

/// What is kept, and where it is looked up.
#[derive(Clone)]
pub struct Stores {
    pub journal: Journal,
    pub media: Media,
    pub analytics: Analytics,
    pub search: Search,
    pub registry: Registry,
    pub interpreter: Arc<Interpreter>,
    pub clock: Clock,
    pub forwarded: Forwarded,
}

impl Stores {
    pub fn of(
        journal: &Journal,
        media: &Media,
        analytics: &Analytics,
        search: &Search,
        registry: &Registry,
        interpreter: &Arc<Interpreter>,
        clock: &Clock,
    ) -> Self {
        Self {
            journal: journal.clone(),
            media: media.clone(),
            analytics: analytics.clone(),
            search: search.clone(),
            registry: registry.clone(),
            interpreter: Arc::clone(interpreter),
            clock: clock.clone(),
            forwarded: Arc::new(|_, _| Vec::new()),
        }
    }

    /// With destinations.
    #[must_use]
    pub fn forwarded_by(self, forwarded: Forwarded) -> Self {
        Self { forwarded, ..self }
    }
}
