//! Whether somebody, or an evaluation, said that a result is bad.
//!
//! Names: OpenTelemetry `gen_ai.evaluation.*`, OpenInference `evaluations.N.evaluation.*` and
//! `annotations.N.annotation.*`, CrewAI `crewai.human_feedback.outcome`, and what applications call it themselves.

use super::attributes::scalar_text;
use crate::model::otlp::{KeyValue, Span};

/// Endings of attributes that hold a verdict in words.
const LABELS: &[&str] = &[
    "gen_ai.evaluation.score.label",
    ".evaluation.label",
    ".annotation.label",
    "human_feedback.outcome",
    "user_feedback",
    "user.feedback",
    "feedback.label",
    "feedback",
    "rating",
];

/// Endings of attributes that hold a verdict as a number.
const SCORES: &[&str] = &[
    "gen_ai.evaluation.score.value",
    ".evaluation.score",
    ".annotation.score",
    "feedback.score",
    "user_feedback.score",
];

const BAD: &[&str] = &[
    "bad",
    "dislike",
    "disliked",
    "down",
    "fail",
    "failed",
    "false",
    "hallucinated",
    "hallucination",
    "incorrect",
    "irrelevant",
    "negative",
    "no",
    "poor",
    "rejected",
    "thumbs_down",
    "thumbs-down",
    "thumbsdown",
    "toxic",
    "unhelpful",
    "unsafe",
    "wrong",
    "\u{1f44e}",
];

/// Scores go from 0 to 1 by far most often; on another scale this is low, too.
const PASSING: f64 = 0.5;

/// Whether one of these attributes is a bad verdict.
pub fn is_bad_verdict<'a>(attributes: impl Iterator<Item = (&'a str, String)>) -> bool {
    attributes.into_iter().any(|(key, value)| {
        let named = |endings: &[&str]| endings.iter().any(|ending| key.ends_with(ending));
        let value = value.trim().to_lowercase();
        named(LABELS) && BAD.contains(&value.as_str())
            || named(SCORES) && value.parse::<f64>().is_ok_and(|score| score < PASSING)
    })
}

/// Whether a span, or one of its events, carries a bad verdict.
pub fn is_judged_bad(span: &Span) -> bool {
    let bad = |attributes: &[KeyValue]| {
        is_bad_verdict(attributes.iter().filter_map(|pair| {
            let value = pair.value.as_ref()?.value.as_ref()?;
            Some((pair.key.as_str(), scalar_text(value)?.into_owned()))
        }))
    };
    bad(&span.attributes) || span.events.iter().any(|event| bad(&event.attributes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(key: &str, value: &str) -> bool {
        is_bad_verdict([(key, value.to_owned())].into_iter())
    }

    #[test]
    fn words_and_low_scores_are_bad_and_everything_else_is_not() {
        assert!(bad("gen_ai.evaluation.score.label", "Fail"));
        assert!(bad("gen_ai.evaluation.score.value", "0.2"));
        assert!(bad("annotations.0.annotation.label", "thumbs_down"));
        assert!(bad("evaluations.3.evaluation.score", "0"));
        assert!(bad("crewai.human_feedback.outcome", "rejected"));
        assert!(!bad("gen_ai.evaluation.score.label", "pass"));
        assert!(!bad("gen_ai.evaluation.score.value", "0.9"));
        assert!(!bad("gen_ai.usage.input_tokens", "0"));
        assert!(!bad("retrieval.documents.0.document.score", "0.1"), "how near a document is is no verdict");
    }
}
