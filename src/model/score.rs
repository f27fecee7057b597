//! Scores and feedback: what somebody, a program or a model thinks of an answer. They are kept as log records of the
//! conventions' event; the names that the conventions do not have are here.

use super::TraceId;

/// The event that is a score.
pub const EVENT: &str = "gen_ai.evaluation.result";

/// The event that takes a score back. It names the score by [`ID`] and is a record of the trace [`deletions_of`] it.
pub const DELETED: &str = "tracemeter.score.deleted";

/// Text: what its client calls a score. Of two with the same id the later holds.
pub const ID: &str = "langfuse.score.id";

/// The trace whose only records are deletions of the score `id`: clients delete by that id alone, and a trace can be
/// looked up. `None` of an empty id.
pub fn deletions_of(id: &str) -> Option<TraceId> {
    if id.trim().is_empty() { None } else { TraceId::from_foreign(&format!("deletions of the score {id}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_has_one_place_for_its_deletions() {
        assert_eq!(deletions_of("a"), deletions_of("a"));
        assert_ne!(deletions_of("a"), deletions_of("b"));
        assert_ne!(deletions_of("a"), TraceId::from_foreign("a"));
        assert_eq!(deletions_of(" "), None);
    }
}
