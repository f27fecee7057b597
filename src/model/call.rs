//! A model call and what was said in it.

use serde_json::Value;

use super::{Cost, MediaHash, SpanRef, TokenUsage};

/// The kind of request made to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    Chat,
    Completion,
    Embeddings,
    Rerank,
    Other,
}

impl Operation {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completion => "text_completion",
            Self::Embeddings => "embeddings",
            Self::Rerank => "rerank",
            Self::Other => "other",
        }
    }
}

/// The figures of one call of a model: what lists and boards need. What was said is in [`Content`].
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub operation: Operation,
    /// Canonical provider name (`openai`, `anthropic`, `aws.bedrock`), `None` when nothing tells.
    pub provider: Option<String>,
    pub request_model: Option<String>,
    pub response_model: Option<String>,
    pub response_id: Option<String>,
    pub streaming: Option<bool>,
    pub time_to_first_token_ns: Option<i64>,
    pub finish_reasons: Vec<String>,
    /// `None` when the client sent no token counts: unknown, not zero.
    pub usage: Option<TokenUsage>,
    pub cost: Cost,
    /// Whether usage and cost enter totals; a wrapper that repeats its children's usage does not.
    pub counted: bool,
    /// Why it is not counted: `repeats the usage of a nested call`, `same response id as ...`.
    pub not_counted_because: Option<String>,
    /// The same call as another instrumentation tells it, mostly in another trace; one of the two counts.
    pub twin: Option<SpanRef>,
}

impl Call {
    /// The model that was billed: the answering one where told.
    pub fn model(&self) -> Option<&str> {
        self.response_model.as_deref().or(self.request_model.as_deref())
    }
}

/// What went through a span: messages of a call, or input and output of a tool, retrieval, chain.
/// Read from the journal on demand, never stored a second time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Content {
    pub input_messages: Vec<Message>,
    pub output_messages: Vec<Message>,
    /// JSON schemas as sent, one per tool.
    pub tool_definitions: Vec<Value>,
    /// temperature, max_tokens, ... with the names of the GenAI conventions, without `gen_ai.request.`.
    pub parameters: serde_json::Map<String, Value>,
    pub tool: Option<Tool>,
    pub retrieval: Option<Retrieval>,
    /// Input and output of spans that are no model call (workflow, task, chain).
    pub input: Option<Value>,
    pub output: Option<Value>,
    /// Set on a model call without any message: the client does not send content, and how to switch it on.
    pub content_off: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    System,
    User,
    Assistant,
    Tool,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub role: Role,
    /// The participant's name where the client gives one.
    pub name: Option<String>,
    pub parts: Vec<Part>,
    pub finish_reason: Option<String>,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Text(String),
    Reasoning(String),
    ToolCall {
        id: Option<String>,
        name: String,
        /// Parsed when it is JSON, else the text as a JSON string.
        arguments: Value,
    },
    ToolResult {
        id: Option<String>,
        result: Value,
    },
    /// An image, sound or file: a reference, or how many bytes stood inline. Their bytes are a file, or in the journal.
    Media {
        /// `image`, `audio`, `video`, `file`.
        modality: String,
        mime_type: Option<String>,
        uri: Option<String>,
        inline_bytes: Option<u64>,
        /// The file they were taken out to.
        hash: Option<MediaHash>,
    },
    /// A part of a kind we do not know, as it came.
    Other(Value),
}

/// A tool that was run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tool {
    pub name: Option<String>,
    pub call_id: Option<String>,
    pub arguments: Option<Value>,
    pub result: Option<Value>,
}

/// A search in a knowledge base.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Retrieval {
    pub query: Option<String>,
    pub documents: Vec<Value>,
}
