//! n8n's own tracing (scope `n8n-workflow`): one span per workflow run and one per node, flat below it.
//!
//! | figure | names | meaning |
//! |---|---|---|
//! | input, output | `n8n.node.custom.llm.tokens.in`, `.out`, as text | of the node's last call; may be estimates of the client |
//! | cache, reasoning | - | never told |
//! | a model's node (`lmChat...`) | - | a call whose tokens are unknown, not 0; what LangChain tells of it counts instead |
//!
//! Source: capture of n8n 2.41.1 (community) and its otel module. The token attributes need a licence and stand on the
//! agent's or chain's node. Names of spans are all alike, so the names that people gave are shown instead. n8n's Agents
//! module writes the conventions: see `otel_genai`.

use crate::interpret::normalise::tokens::{Names, Share};
use crate::interpret::normalise::{Dialect, RawSpan};
use crate::model::SpanKind;

const TOKENS: &str = "n8n.node.custom.llm.tokens.";

const NAMES: Names =
    Names { input: &["n8n.node.custom.llm.tokens.in"], output: &["n8n.node.custom.llm.tokens.out"], ..Names::NONE };

pub const DIALECT: Dialect = Dialect {
    name: "n8n",
    spoken: |raw: &RawSpan<'_>| raw.scope == "n8n-workflow" || raw.attributes.has_prefix("n8n."),
    kind,
    title: |raw| match raw.span.name.as_str() {
        "workflow.execute" => raw.attributes.text("n8n.workflow.name"),
        "node.execute" => raw.attributes.text("n8n.node.name"),
        _ => None,
    },
    provider: |raw| Some(provider(node_type(raw)?.strip_prefix("lmChat")?)?.into()),
    usage: |raw| NAMES.read(&raw.attributes, Share::Inside, Share::Inside),
    content_switch: "n8n's own tracing sends neither model nor tokens nor text: set LANGSMITH_TRACING=true, LANGSMITH_API_KEY and \
                     LANGSMITH_ENDPOINT (this server) for n8n's process, and its AI nodes tell all that here",
    ..Dialect::DEFAULT
};

/// Nodes whose model LangChain calls: where its runs come too (see `executions`), these tell of every call, and with tokens.
/// Nodes of a vendor ask by themselves, and embeddings make no runs.
pub const MODEL: Dialect = Dialect {
    name: "n8n_model",
    spoken: |raw| {
        raw.scope == "n8n-workflow"
            && (raw.attributes.has_prefix(TOKENS) || node_type(raw).is_some_and(|node| node.starts_with("lm")))
    },
    sums_up: "langsmith",
    ..DIALECT
};

/// `lmChatOpenAi` of `@n8n/n8n-nodes-langchain.lmChatOpenAi`.
fn node_type<'a>(raw: &RawSpan<'a>) -> Option<&'a str> {
    raw.attributes.string("n8n.node.type")?.rsplit('.').next()
}

fn kind(raw: &RawSpan<'_>) -> Option<SpanKind> {
    if raw.attributes.has_prefix(TOKENS) {
        return Some(SpanKind::Llm);
    }
    let of_langchain = raw.attributes.string("n8n.node.type").is_some_and(|name| name.contains("langchain"));
    let Some(node) = node_type(raw).filter(|_| of_langchain) else {
        return (raw.span.name == "node.execute").then_some(SpanKind::Task);
    };
    const BEGINNINGS: &[(&str, SpanKind)] = &[
        ("lm", SpanKind::Llm),
        ("embeddings", SpanKind::Embedding),
        ("agentTool", SpanKind::Tool),
        ("agent", SpanKind::Agent),
        ("tool", SpanKind::Tool),
        ("mcpClientTool", SpanKind::Tool),
        ("retriever", SpanKind::Retrieval),
        ("vectorStore", SpanKind::Retrieval),
        ("reranker", SpanKind::Rerank),
        ("guardrails", SpanKind::Guardrail),
    ];
    // Nodes of one provider that ask its model themselves.
    const VENDORS: &[&str] = &["openAi", "anthropic", "googleGemini", "ollama"];
    if VENDORS.contains(&node) {
        return Some(SpanKind::Llm);
    }
    let known = BEGINNINGS.iter().find(|(beginning, _)| node.starts_with(beginning));
    Some(known.map_or(SpanKind::Task, |(_, kind)| *kind))
}

/// Which provider a model's node asks by default; a base URL set in its credentials is not told.
fn provider(node: &str) -> Option<&'static str> {
    Some(match node {
        "OpenAi" => "openai",
        "Anthropic" => "anthropic",
        "Ollama" => "ollama",
        "GoogleGemini" => "gcp.gemini",
        "GoogleVertex" => "gcp.vertex_ai",
        "MistralCloud" => "mistral_ai",
        "Groq" => "groq",
        "AzureOpenAi" => "azure.ai.openai",
        "AwsBedrock" => "aws.bedrock",
        "DeepSeek" => "deepseek",
        "OpenRouter" => "openrouter",
        "XAiGrok" => "x_ai",
        "Cohere" => "cohere",
        _ => return None,
    })
}
