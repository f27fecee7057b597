//! What the relay calls its spans, which the interpreter knows them by.

/// Scope of its spans.
pub const SCOPE: &str = "tracemeter.relay";

/// Text: the upstream that a call was passed on to.
pub const UPSTREAM: &str = "tracemeter.relay.upstream";

/// Text: why what was said is not recorded, or not all of it.
pub const CONTENT: &str = "tracemeter.relay.content";
