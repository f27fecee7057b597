//! Which API a request speaks, by its path: what is asked for, and the form its answer has.

use http::Method;

use crate::config::UpstreamKind;

/// An API whose calls are recorded. Everything else is passed on and not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// OpenAI: `/chat/completions`.
    Chat,
    /// OpenAI: `/completions`.
    Completions,
    /// OpenAI: `/responses`.
    Responses,
    /// OpenAI: `/embeddings`; Ollama: `/api/embed`, `/api/embeddings`.
    Embeddings,
    /// OpenAI: `/images/generations`.
    Images,
    /// Anthropic: `/messages`.
    Messages,
    /// Ollama: `/api/chat`.
    OllamaChat,
    /// Ollama: `/api/generate`.
    OllamaGenerate,
}

/// Ends of paths. Azure and gateways put their own before them.
const ENDS: &[(&str, Speech)] = &[
    ("/chat/completions", Speech::Chat),
    ("/completions", Speech::Completions),
    ("/responses", Speech::Responses),
    ("/api/embeddings", Speech::Embeddings),
    ("/embeddings", Speech::Embeddings),
    ("/images/generations", Speech::Images),
    ("/messages", Speech::Messages),
    ("/api/chat", Speech::OllamaChat),
    ("/api/generate", Speech::OllamaGenerate),
    ("/api/embed", Speech::Embeddings),
];

impl Speech {
    pub fn of(method: &Method, path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        let end = || ENDS.iter().find(|(end, _)| path.ends_with(end));
        if method == Method::POST { end().map(|(_, speech)| *speech) } else { None }
    }

    /// Whose API a path without an upstream's name is, where that is plain; asked for any method.
    pub fn home(path: &str) -> Option<UpstreamKind> {
        let path = path.trim_end_matches('/');
        let below = |root: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
        if below("/v1/messages") || below("/v1/complete") {
            Some(UpstreamKind::Anthropic)
        } else if below("/api") {
            Some(UpstreamKind::Ollama)
        } else if ["/chat/completions", "/completions", "/responses", "/embeddings", "/images", "/audio"]
            .iter()
            .any(|name| below(&format!("/v1{name}")) || below(name))
        {
            Some(UpstreamKind::OpenAi)
        } else {
            None
        }
    }

    /// `gen_ai.operation.name`.
    pub fn operation(self) -> &'static str {
        match self {
            Self::Chat | Self::Responses | Self::Messages | Self::OllamaChat => "chat",
            Self::Completions | Self::OllamaGenerate => "text_completion",
            Self::Embeddings => "embeddings",
            Self::Images => "generate_content",
        }
    }

    /// Whether an answer is streamed where the request does not say.
    pub fn streams_by_default(self) -> bool {
        matches!(self, Self::OllamaChat | Self::OllamaGenerate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_the_api() {
        let of = |path: &str| Speech::of(&Method::POST, path);
        for (path, speech) in [
            ("/v1/chat/completions", Speech::Chat),
            ("/openai/deployments/gpt-4o/chat/completions", Speech::Chat),
            ("/v1/completions/", Speech::Completions),
            ("/v1/responses", Speech::Responses),
            ("/api/v1/embeddings", Speech::Embeddings),
            ("/v1/messages", Speech::Messages),
            ("/api/chat", Speech::OllamaChat),
            ("/api/embed", Speech::Embeddings),
        ] {
            assert_eq!(of(path), Some(speech), "{path}");
        }
        for path in ["/v1/models", "/v1/messages/count_tokens", "/v1/responses/resp_1/cancel", "/api/tags", "/"] {
            assert_eq!(of(path), None, "{path}");
        }
        assert_eq!(Speech::of(&Method::GET, "/v1/responses"), None);
    }

    #[test]
    fn a_bare_path_tells_whose_it_is() {
        assert_eq!(Speech::home("/v1/messages/count_tokens"), Some(UpstreamKind::Anthropic));
        assert_eq!(Speech::home("/api/tags"), Some(UpstreamKind::Ollama));
        assert_eq!(Speech::home("/v1/chat/completions"), Some(UpstreamKind::OpenAi));
        assert_eq!(Speech::home("/v1/models"), None);
    }
}
