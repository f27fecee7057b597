//! One file per dialect, which opens with how its token figures are meant, and from where that is known.
//!
//! A new dialect is a file here, its line in the list below, and a case in `tests/data/dialects`.

use super::Dialect;

macro_rules! registry {
    ($($module:ident: [$($span:ident),*] [$($log:ident),*];)*) => {
        $(mod $module;)*
        /// Of spans. The first that says that a span is written in it has it.
        pub static OF_SPANS: &[&Dialect] = &[$($(&$module::$span,)*)*];
        /// Of spans that were made of log records.
        pub static OF_LOGS: &[&Dialect] = &[$($(&$module::$log,)*)*];
    };
}

// Most specific first: a framework that also writes the conventions' names is the framework.
registry! {
    relay: [DIALECT] [];
    litellm_langfuse: [DIALECT] [];
    n8n: [MODEL, DIALECT] [];
    dify: [MESSAGE, DIALECT] [];
    dify_langfuse: [MESSAGE, DIALECT] [];
    langflow: [DIALECT] [];
    langfuse: [DIALECT] [];
    vercel_ai: [DIALECT] [];
    vercel_ai_7: [DIALECT] [];
    litellm: [DIALECT] [];
    pydantic_ai: [DIALECT] [];
    logfire: [DIALECT] [];
    openlit: [DIALECT] [];
    anthropic_sdk: [DIALECT] [];
    claude_code: [DIALECT] [LOG];
    codex: [DIALECT] [LOG];
    gemini_cli: [DIALECT] [LOG];
    langsmith: [DIALECT] [];
    langwatch: [DIALECT] [];
    crewai: [DIALECT] [];
    google_adk: [DIALECT] [];
    vllm: [DIALECT] [];
    mcp: [DIALECT] [];
    openinference: [DIALECT] [];
    openllmetry: [DIALECT] [];
    otel_genai: [DIALECT] [];
    genai_event: [] [LOG];
}
