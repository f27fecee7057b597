//! Model servers, gateways and collectors.

use super::{Client, Group, Signs, Step};

pub(super) const CLIENTS: &[Client] = &[
    Client {
        id: "litellm",
        also: &[],
        label: "LiteLLM",
        group: Group::Servers,
        steps: &[
            Step::first("Proxy, in its config.yaml:", "litellm_settings:\n  callbacks: [\"otel\"]"),
            Step::first(
                "And its environment:",
                "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n\
                 OTEL_EXPORTER_OTLP_ENDPOINT={http}{?\n\
                 OTEL_EXPORTER_OTLP_HEADERS=x-api-key={key}?}",
            ),
        ],
        notes: &["Without OTEL_EXPORTER_OTLP_PROTOCOL LiteLLM writes its spans to the console."],
        signs: Signs { services: &["litellm*"], scopes: &["litellm*"], ..Signs::NONE },
        if_silent: Some("Without OTEL_EXPORTER_OTLP_PROTOCOL LiteLLM writes its spans to the console."),
        sampling: None,
        samples: None,
    },
    Client {
        id: "vllm",
        also: &[],
        label: "vLLM",
        group: Group::Servers,
        steps: &[Step::first(
            "Start the server with:",
            "{?OTEL_EXPORTER_OTLP_HEADERS=x-api-key={key} ?}vllm serve MODEL --otlp-traces-endpoint {grpc}",
        )],
        notes: &["It tells tokens and times, no text. Its spans join the trace of the client when both send here."],
        signs: Signs::scopes(&["vllm*"]),
        if_silent: Some("Set OTEL_EXPORTER_OTLP_TRACES_INSECURE=true where it insists on TLS."),
        sampling: None,
        samples: None,
    },
    Client {
        id: "collector",
        also: &["otelcol", "cribl"],
        label: "Collector",
        group: Group::Servers,
        steps: &[Step::first(
            "An OpenTelemetry Collector that has the data already:",
            "exporters:\n  otlphttp/tracemeter:\n    endpoint: {http}{?\n    headers:\n      x-api-key: {key}?}\n\n\
             service:\n  pipelines:\n    traces:\n      exporters: [otlphttp/tracemeter]   # beside those there are\n    \
             logs:\n      exporters: [otlphttp/tracemeter]\n    \
             metrics:\n      exporters: [otlphttp/tracemeter]",
        )],
        notes: &[],
        signs: Signs { anything: true, ..Signs::NONE },
        if_silent: None,
        sampling: Some("sampling_percentage: 100 in its probabilistic_sampler"),
        samples: None,
    },
];
