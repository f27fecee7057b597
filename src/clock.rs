//! The only place that reads the wall clock. Tests hold the hands.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use crate::model::UnixNanos;

/// The system's clock, or one that stands where a test has set it. Clones share the hands.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `time` until [`Clock::set`].
    pub fn fixed(time: UnixNanos) -> Self {
        Self { fixed: Some(Arc::new(AtomicI64::new(time.0))) }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask for the time")]
    pub fn now(&self) -> UnixNanos {
        match &self.fixed {
            Some(hands) => UnixNanos(hands.load(Ordering::SeqCst)),
            None => Timestamp::now().into(),
        }
    }

    /// Moves a fixed clock; the system's clock is not ours to move.
    pub fn set(&self, time: UnixNanos) {
        if let Some(hands) = &self.fixed {
            hands.store(time.0, Ordering::SeqCst);
        }
    }
}
