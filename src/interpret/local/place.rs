//! Whether a call was answered at home, as far as its names tell.
//!
//! It was when its provider, or the prefix of its model, is the name of a server for one's own machine. It was as well
//! when the address asked is private and the model is one whose weights everybody can have, unless the call names a
//! provider that is not `openai`: every server with that API is called so, while a proxy that passes calls on (LiteLLM)
//! names who really answers. What only its vendor runs (`gpt-4o`, `claude-...`) was passed on, whatever the address.

use crate::interpret::address::is_private;

/// Servers for one's own machine, as clients and instrumentations write them.
const PROVIDERS: &[&str] = &[
    "aphrodite",
    "docker_model_runner",
    "gpt4all",
    "hosted_vllm",
    "infinity",
    "jan",
    "koboldcpp",
    "llama-cpp",
    "llama.cpp",
    "llama_cpp",
    "llamacpp",
    "llamafile",
    "lm-studio",
    "lm_studio",
    "lmstudio",
    "localai",
    "mlx",
    "ollama",
    "ollama_chat",
    "oobabooga",
    "ramalama",
    "sglang",
    "tabbyapi",
    "text-generation-webui",
    "tgi",
    "vllm",
    "xinference",
];

/// Provider names that say only which API is spoken.
const APIS: &[&str] = &["openai", "openai_like", "openai-compatible", "custom_openai", "text-completion-openai"];

/// Beginnings of the names of models whose weights are published.
const FAMILIES: &[&str] = &[
    "all-minilm",
    "arctic",
    "aya",
    "bakllava",
    "bge",
    "bloom",
    "chatglm",
    "codegemma",
    "codellama",
    "codestral",
    "cogito",
    "command-r",
    "deepseek",
    "devstral",
    "dolphin",
    "e5-",
    "embeddinggemma",
    "ernie",
    "exaone",
    "falcon",
    "gemma",
    "glm",
    "gpt-j",
    "gpt-neo",
    "gpt-oss",
    "gpt2",
    "granite",
    "gte-",
    "hermes",
    "hunyuan",
    "internlm",
    "internvl",
    "kimi",
    "lfm",
    "llama",
    "llava",
    "magistral",
    "mathstral",
    "medgemma",
    "meta-llama",
    "minicpm",
    "minimax",
    "ministral",
    "mistral",
    "mixtral",
    "moondream",
    "multilingual-e5",
    "mxbai",
    "nemotron",
    "neural-chat",
    "nomic",
    "nous-hermes",
    "olmo",
    "openchat",
    "openhermes",
    "orca",
    "paraphrase",
    "phi-",
    "phi2",
    "phi3",
    "phi4",
    "pixtral",
    "qvq",
    "qwen",
    "qwq",
    "rwkv",
    "smollm",
    "snowflake-arctic",
    "solar",
    "stable-code",
    "stablelm",
    "starcoder",
    "starling",
    "tinyllama",
    "tulu",
    "vicuna",
    "voxtral",
    "whisper-large",
    "whisper-medium",
    "whisper-small",
    "wizard",
    "yi-",
    "yi:",
    "zephyr",
];

/// What quantised weights are called.
const PACKED: &[&str] = &["gguf", "-awq", "-gptq", "-mlx", "-q4", "-q5", "-q6", "-q8", "_q4", "_q5", "_q6", "_q8"];

/// Whether `provider` is a server for one's own machine.
pub fn is_home_provider(provider: &str) -> bool {
    PROVIDERS.iter().any(|name| name.eq_ignore_ascii_case(provider))
}

/// Whether the call was answered at home.
pub fn is_home(provider: Option<&str>, model: Option<&str>, server: Option<&str>) -> bool {
    let prefix = model.and_then(|model| model.split_once('/')).map(|(prefix, _)| prefix);
    if provider.is_some_and(is_home_provider) || prefix.is_some_and(is_home_provider) {
        return true;
    }
    provider.is_none_or(|name| APIS.contains(&name))
        && server.is_some_and(is_private)
        && model.is_some_and(has_published_weights)
}

fn has_published_weights(model: &str) -> bool {
    let bare = model.rsplit('/').next().unwrap_or(model);
    let tag = bare.split_once(':').map(|(_, tag)| tag);
    // Ollama's tags: `:latest`, `:8b`, `:0.5b-instruct`.
    let sized = tag.is_some_and(|tag| {
        let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
        tag == "latest" || end > 0 && tag[end..].starts_with(['b', 'B'])
    });
    sized
        || FAMILIES.iter().any(|family| begins(bare, family))
        || PACKED.iter().any(|ending| {
            bare.as_bytes().windows(ending.len()).any(|window| window.eq_ignore_ascii_case(ending.as_bytes()))
        })
}

/// `starts_with` without regard to case.
fn begins(text: &str, with: &str) -> bool {
    text.as_bytes().get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_at_home_is_told_from_what_is_passed_on() {
        let home = Some("127.0.0.1:4000");
        for (provider, model, server) in [
            (Some("ollama"), "deepseek-r1", None),
            (Some("vllm"), "gpt-4o", Some("api.example.com")),
            (None, "ollama/llama3", None),
            (None, "hosted_vllm/Qwen/Qwen3-8B", None),
            (None, "llama3", home),
            (Some("openai"), "llama3.1-70b-versatile", home),
            (Some("openai"), "openai/gpt-oss-20b", home),
            (Some("openai"), "mistralai/Mistral-7B-Instruct-v0.3", home),
            (None, "my-tune:latest", home),
            (None, "my-tune:0.5b", home),
            (None, "my-tune.Q4_K_M.gguf", home),
            (None, "deepseek-chat", home),
        ] {
            assert!(is_home(provider, Some(model), server), "{provider:?} {model} {server:?}");
        }
        for (provider, model, server) in [
            (Some("openai"), "gpt-4o", home),
            (None, "claude-sonnet-4-5", home),
            (None, "gemini-2.5-flash", home),
            (Some("openai"), "ft:gpt-4o:me::1", home),
            (Some("groq"), "llama3.1-70b-versatile", home),
            (Some("deepseek"), "deepseek-chat", home),
            (None, "anthropic.claude-sonnet-4-5-20250929-v1:0", home),
            (Some("openai"), "llama3", Some("api.groq.com")),
            (None, "llama3", None),
        ] {
            assert!(!is_home(provider, Some(model), server), "{provider:?} {model} {server:?}");
        }
    }
}
