//! One file per dialect. Each opens with how its token figures are meant, and from where that is known.

pub mod anthropic_sdk;
pub mod claude_code;
pub mod codex;
pub mod gemini_cli;
pub mod genai_event;
pub mod langfuse;
pub mod litellm;
pub mod n8n;
pub mod openinference;
pub mod openlit;
pub mod openllmetry;
pub mod otel_genai;
pub mod pydantic_ai;
pub mod vercel_ai;
