//! Tracemeter's own metrics, shown at `/metrics` in the OpenMetrics text format.
//!
//! Parts register what they count when they are opened; nothing here is global.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::{Metric, Registry};

/// A shared registry. Clones are the same registry.
#[derive(Debug, Clone)]
pub struct Meter {
    registry: Arc<Mutex<Registry>>,
}

impl Default for Meter {
    fn default() -> Self {
        Self { registry: Arc::new(Mutex::new(Registry::with_prefix("tracemeter"))) }
    }
}

impl Meter {
    /// Registers `metric` as `tracemeter_<name>` and hands it back. A counter's name gets `_total` when shown.
    pub fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        self.lock().register(name, help, metric.clone());
        metric
    }

    /// All metrics in the OpenMetrics text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail; a metric that cannot be encoded leaves the rest readable.
        if encode(&mut text, &self.lock()).is_err() {
            text.push_str("# EOF\n");
        }
        text
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Registry> {
        // A panic while registering leaves the list of metrics usable.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
