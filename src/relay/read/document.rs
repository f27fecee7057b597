//! An answer, or one event of a streamed answer, as any of the APIs writes it. Their names do not contradict each other.

use serde::Deserialize;
use serde_json::Value;

/// What is not named here (vectors of embeddings, images) is skipped without being kept.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub(in crate::relay) struct Document {
    pub id: Value,
    #[serde(rename = "type")]
    pub kind: Value,
    pub model: Value,
    pub usage: Value,
    pub service_tier: Value,
    pub system_fingerprint: Value,
    pub conversation: Value,
    /// OpenAI chat and completions.
    pub choices: Value,
    /// Where Groq has put the usage of streams.
    pub x_groq: Value,
    /// OpenAI responses.
    pub output: Value,
    pub status: Value,
    pub incomplete_details: Value,
    /// Anthropic.
    pub content: Value,
    pub stop_reason: Value,
    /// Ollama; the text of an error of some servers; Anthropic's head of a stream.
    pub message: Value,
    /// Ollama's `generate`; in events of OpenAI responses, the whole answer.
    pub response: Value,
    pub thinking: Value,
    pub done: Value,
    pub done_reason: Value,
    pub prompt_eval_count: Value,
    pub eval_count: Value,
    pub error: Value,
    /// Errors of servers made with FastAPI.
    pub detail: Value,
    /// Of events.
    pub index: Value,
    pub delta: Value,
    pub content_block: Value,
    pub item: Value,
    pub output_index: Value,
}

impl Document {
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// Of a value that stands inside another document.
    pub fn inner(value: Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }

    pub fn kind(&self) -> &str {
        self.kind.as_str().unwrap_or_default()
    }

    /// Takes over what `newer` tells of the answer as a whole.
    pub fn merge_head(&mut self, newer: &Self) {
        let told = [
            (&mut self.id, &newer.id),
            (&mut self.model, &newer.model),
            (&mut self.service_tier, &newer.service_tier),
            (&mut self.system_fingerprint, &newer.system_fingerprint),
            (&mut self.conversation, &newer.conversation),
            (&mut self.stop_reason, &newer.stop_reason),
            (&mut self.done_reason, &newer.done_reason),
            (&mut self.prompt_eval_count, &newer.prompt_eval_count),
            (&mut self.eval_count, &newer.eval_count),
            (&mut self.error, &newer.error),
        ];
        for (known, new) in told {
            if !new.is_null() && new.as_str() != Some("") {
                known.clone_from(new);
            }
        }
        merge(&mut self.usage, &newer.usage);
        if let Some(usage) = newer.x_groq.get("usage") {
            merge(&mut self.usage, usage);
        }
    }
}

/// Figures that come later are the newer ones; those that are not told again stay.
fn merge(known: &mut Value, newer: &Value) {
    match (known.as_object_mut(), newer.as_object()) {
        (Some(known), Some(newer)) => {
            for (key, value) in newer.iter().filter(|(_, value)| !value.is_null()) {
                known.insert(key.clone(), value.clone());
            }
        }
        (None, Some(_)) => known.clone_from(newer),
        _ => {}
    }
}
