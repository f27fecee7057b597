//! Coding assistants of the command line.

use super::{Client, Group, Signs, Step};

pub(super) const CLIENTS: &[Client] = &[
    Client {
        id: "claude-code",
        also: &["claude"],
        label: "Claude Code",
        group: Group::Coding,
        steps: &[
            Step::first(
                "Environment of the shell in which it runs:",
                "CLAUDE_CODE_ENABLE_TELEMETRY=1\n\
                 OTEL_LOGS_EXPORTER=otlp\n\
                 OTEL_METRICS_EXPORTER=otlp\n\
                 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n\
                 OTEL_EXPORTER_OTLP_ENDPOINT={http}{?\n\
                 OTEL_EXPORTER_OTLP_HEADERS=x-api-key={key}?}\n\
                 OTEL_LOG_USER_PROMPTS=1\n\
                 OTEL_LOG_ASSISTANT_RESPONSES=1\n\
                 OTEL_LOG_TOOL_DETAILS=1",
            ),
            Step::first(
                "And these (a trace of each prompt, which is in beta):",
                "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1\n\
                 OTEL_TRACES_EXPORTER=otlp",
            ),
        ],
        notes: &[
            "Sessions show prompts, answers, tools, cost and changed lines; without the last three lines of the first \
             block the texts are left out.",
        ],
        signs: Signs {
            services: &["claude-code*"],
            scopes: &["com.anthropic.claude_code*", "claude_code*"],
            ..Signs::NONE
        },
        if_silent: Some("Log records come every 5 seconds, metrics once a minute: wait a little, or send a prompt."),
        sampling: None,
        samples: None,
    },
    Client {
        id: "codex",
        also: &[],
        label: "Codex",
        group: Group::Coding,
        steps: &[Step::first(
            "~/.codex/config.toml:",
            "[otel]\n\
             log_user_prompt = true\n\
             exporter = { otlp-http = { endpoint = \"{http}/v1/logs\", protocol = \"binary\"{?, headers = { x-api-key = \"{key}\" }?} } }\n\
             metrics_exporter = { otlp-http = { endpoint = \"{http}/v1/metrics\", protocol = \"binary\"{?, headers = { x-api-key = \"{key}\" }?} } }",
        )],
        notes: &[
            "Codex takes each endpoint as it stands, so the paths must be written out.",
            "Without log_user_prompt the prompts arrive as [REDACTED].",
            "Leave trace_exporter out: it adds hundreds of spans of Codex' inner workings to every prompt and nothing else.",
        ],
        signs: Signs { services: &["codex*"], scopes: &["codex*"], ..Signs::NONE },
        if_silent: None,
        sampling: None,
        samples: None,
    },
    Client {
        id: "gemini-cli",
        also: &["gemini"],
        label: "Gemini CLI",
        group: Group::Coding,
        steps: &[
            Step::first(
                "Environment of the shell in which it runs:",
                "GEMINI_TELEMETRY_ENABLED=true\n\
                 GEMINI_TELEMETRY_TARGET=local\n\
                 GEMINI_TELEMETRY_OTLP_ENDPOINT={grpc}\n\
                 GEMINI_TELEMETRY_OTLP_PROTOCOL=grpc{?\n\
                 OTEL_EXPORTER_OTLP_HEADERS=x-api-key={key}?}",
            ),
            Step::or(
                "By HTTP:",
                "GEMINI_TELEMETRY_ENABLED=true\n\
                 GEMINI_TELEMETRY_TARGET=local\n\
                 GEMINI_TELEMETRY_OTLP_ENDPOINT={http}\n\
                 GEMINI_TELEMETRY_OTLP_PROTOCOL=http{?\n\
                 OTEL_EXPORTER_OTLP_HEADERS=x-api-key={key}?}",
            ),
        ],
        notes: &[
            "Prompts are sent unless GEMINI_TELEMETRY_LOG_PROMPTS=false. GEMINI_TELEMETRY_TRACES_ENABLED=true adds traces.",
        ],
        signs: Signs { services: &["gemini-cli*"], scopes: &["gemini-cli*", "gemini_cli*"], ..Signs::NONE },
        if_silent: None,
        sampling: None,
        samples: None,
    },
];
