//! Which model was asked, which one answered, and who provides it.

use std::borrow::Cow;

use super::RawSpan;
use crate::model::{Operation, SpanKind};

/// The model that answered, and was billed.
pub fn response(raw: &RawSpan<'_>) -> Option<String> {
    const KEYS: &[&str] = &[
        "langfuse.observation.model.name",
        "gen_ai.response.model",
        "ai.response.model",
        "llm.response.model_name",
        "llm.response.model",
        "llm.model_name",
        "embedding.model_name",
        "reranker.model_name",
    ];
    raw.attributes.first_text(KEYS).map(Cow::into_owned)
}

/// The model that was asked for.
pub fn request(raw: &RawSpan<'_>) -> Option<String> {
    const KEYS: &[&str] =
        &["gen_ai.request.model", "ai.model.id", "llm.request.model_name", "litellm.provider.model", "model_name"];
    let in_parameters = |key: &str| {
        let parameters = raw.attributes.json(key)?;
        parameters.get("model")?.as_str().filter(|name| !name.is_empty()).map(|name| Cow::Owned(name.to_owned()))
    };
    raw.attributes
        .first_text(KEYS)
        // OpenInference tells the model of a call that failed only here.
        .or_else(|| in_parameters("llm.invocation_parameters"))
        .or_else(|| in_parameters("embedding.invocation_parameters"))
        .map(Cow::into_owned)
}

/// The provider's canonical name.
pub fn provider(raw: &RawSpan<'_>, model: Option<&str>) -> Option<String> {
    const KEYS: &[&str] = &[
        "gen_ai.provider.name",
        "gen_ai.system",
        "ai.model.provider",
        "llm.provider",
        "llm.system",
        "custom_llm_provider",
    ];
    // The framework is no provider, though clients of LangChain name it where they know none.
    let told = raw.attributes.first_text(KEYS).filter(|name| !name.eq_ignore_ascii_case("langchain"));
    told.map(|name| canonical(&name))
        .or_else(|| {
            let (vendor, _) = model?.split_once('/')?;
            vendor.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_').then(|| canonical(vendor))
        })
        .or_else(|| provider_at(&server(raw)?).map(str::to_owned))
        .filter(|name| !name.is_empty())
}

/// The provider that is known by its host.
pub fn provider_at(server: &str) -> Option<&'static str> {
    HOSTS.iter().find(|(host, _)| server.contains(host)).map(|(_, name)| *name)
}

/// The host that was asked, where told; with its port if that is told too.
pub fn server(raw: &RawSpan<'_>) -> Option<String> {
    let address = raw.attributes.first_text(&["server.address", "gen_ai.openai.api_base", "gen_ai.endpoint"])?;
    match raw.attributes.uint("server.port") {
        Some(port) if !address.contains(':') && port != 443 => Some(format!("{address}:{port}")),
        _ => Some(address.into_owned()),
    }
}

pub fn operation(raw: &RawSpan<'_>, kind: SpanKind) -> Operation {
    match kind {
        SpanKind::Embedding => Operation::Embeddings,
        SpanKind::Rerank => Operation::Rerank,
        _ => match raw.attributes.first_text(&["gen_ai.operation.name", "llm.request.type"]).as_deref() {
            Some("text_completion") => Operation::Completion,
            // LiteLLM and old OpenLLMetry say `completion` for chats too; only the conventions' word is sure.
            Some("completion") if raw.attributes.has("gen_ai.prompt.0.role") => Operation::Chat,
            Some("completion") if !raw.attributes.has("gen_ai.input.messages") => Operation::Completion,
            _ => Operation::Chat,
        },
    }
}

/// Old and local spellings -> names of the GenAI conventions.
const FOLDED: &[(&str, &str)] = &[
    ("az.ai.openai", "azure.ai.openai"),
    ("azure", "azure.ai.openai"),
    ("azure_openai", "azure.ai.openai"),
    ("azure-openai", "azure.ai.openai"),
    ("az.ai.inference", "azure.ai.inference"),
    ("azure_ai", "azure.ai.inference"),
    ("vertex_ai", "gcp.vertex_ai"),
    ("vertexai", "gcp.vertex_ai"),
    ("gcp.vertex.agent", "gcp.vertex_ai"),
    ("vertex", "gcp.vertex_ai"),
    ("google-vertex", "gcp.vertex_ai"),
    ("gemini", "gcp.gemini"),
    ("google", "gcp.gemini"),
    ("google_genai", "gcp.gemini"),
    ("xai", "x_ai"),
    ("aws", "aws.bedrock"),
    ("bedrock", "aws.bedrock"),
    ("amazon-bedrock", "aws.bedrock"),
    ("amazon_bedrock", "aws.bedrock"),
    ("mistral", "mistral_ai"),
    ("mistralai", "mistral_ai"),
    ("moonshot", "moonshot_ai"),
    ("moonshotai", "moonshot_ai"),
];

/// Hosts that tell the provider when nothing else does.
const HOSTS: &[(&str, &str)] = &[
    ("api.openai.com", "openai"),
    ("openai.azure.com", "azure.ai.openai"),
    ("api.anthropic.com", "anthropic"),
    ("bedrock-runtime", "aws.bedrock"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("api.mistral.ai", "mistral_ai"),
    ("api.groq.com", "groq"),
    ("api.deepseek.com", "deepseek"),
    ("openrouter.ai", "openrouter"),
    ("api.x.ai", "x_ai"),
];

/// Names whose dots belong to them; elsewhere a dot begins an API's name (`openai.responses`, AI SDK).
const DOTTED: &[&str] = &["azure.ai.", "az.ai.", "aws.", "gcp.", "ibm.", "llama.cpp"];

/// A provider's name as the GenAI conventions have it.
pub fn canonical(name: &str) -> String {
    // Dify names the path of a plugin: `langgenius/openai/openai`.
    let lower = name.trim().rsplit('/').next().unwrap_or(name).to_lowercase();
    let short = match lower.split_once('.') {
        Some(("google", rest)) if rest.starts_with("vertex") => "vertex",
        Some((first, _)) if !DOTTED.iter().any(|prefix| lower.starts_with(prefix)) => first,
        _ => lower.as_str(),
    };
    FOLDED.iter().find(|(old, _)| *old == short).map_or(short, |(_, new)| new).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_fold_to_one_name() {
        for (told, expected) in [
            ("OpenAI", "openai"),
            ("az.ai.openai", "azure.ai.openai"),
            ("azure.ai.inference", "azure.ai.inference"),
            ("VertexAI", "gcp.vertex_ai"),
            ("google.vertex.chat", "gcp.vertex_ai"),
            ("google.generative-ai", "gcp.gemini"),
            ("anthropic.messages", "anthropic"),
            ("AWS", "aws.bedrock"),
            ("Ollama", "ollama"),
            ("langgenius/azure_openai/azure_openai", "azure.ai.openai"),
        ] {
            assert_eq!(canonical(told), expected);
        }
    }
}
