//! Workflow and chat platforms, and the request that shows whether anything works at all.

use super::{Client, Group, Signs, Step};

pub(super) const CLIENTS: &[Client] = &[
    Client {
        id: "curl",
        also: &["try"],
        label: "Try it",
        group: Group::Start,
        steps: &[Step::first("Run this in a shell, one model call as an application would send it:", CURL)],
        notes: &[],
        signs: Signs { services: &["hello"], ..Signs::NONE },
        if_silent: None,
        sampling: None,
        samples: None,
    },
    Client {
        id: "n8n",
        also: &[],
        label: "n8n",
        group: Group::Platforms,
        steps: &[
            Step::first(
                "Environment of n8n, 2.19 or newer (workflows and nodes):",
                "N8N_OTEL_ENABLED=true\n\
                 N8N_OTEL_EXPORTER_OTLP_ENDPOINT={http}{?\n\
                 N8N_OTEL_EXPORTER_OTLP_HEADERS=x-api-key={key}?}\n\
                 N8N_OTEL_TRACES_PRODUCTION_ONLY=false",
            ),
            Step::first(
                "And these (prompts, tools and tokens, which the community edition sends in no other way):",
                "LANGSMITH_TRACING=true\n\
                 LANGSMITH_ENDPOINT={http}\n\
                 LANGSMITH_API_KEY={key}\n\
                 LANGSMITH_PROJECT=n8n",
            ),
        ],
        notes: &[
            "Without N8N_OTEL_TRACES_PRODUCTION_ONLY n8n does not send the runs you start by hand in the editor.",
            "Both together become one trace: workflow, nodes, agent, model calls, tools and cost.",
            "Nothing goes to LangSmith: these are the variables that its library, which is part of n8n, reads.",
        ],
        signs: Signs { services: &["n8n"], scopes: &["n8n-workflow"], ..Signs::NONE },
        if_silent: Some(
            "n8n tells of its start with a HEAD request and then sends production runs only: set \
             N8N_OTEL_TRACES_PRODUCTION_ONLY=false, or run an active workflow by its webhook or schedule.",
        ),
        sampling: Some("N8N_OTEL_TRACES_SAMPLE_RATE=1.0"),
        samples: None,
    },
    Client {
        id: "dify",
        also: &[],
        label: "Dify",
        group: Group::Platforms,
        steps: &[
            Step::first(
                "In the app: Monitoring, Tracing app performance, Langfuse:",
                "Secret Key   sk-lf-{key}\n\
                 Public Key   pk-lf-dify\n\
                 Host         {http}",
            ),
            Step::or(
                "The .env file of Dify, for api and worker (all apps, and the requests between its parts):",
                "ENABLE_OTEL=true\n\
                 OTLP_BASE_ENDPOINT={http}{?\n\
                 OTLP_API_KEY={key}?}\n\
                 OTEL_EXPORTER_OTLP_PROTOCOL=http\n\
                 OTEL_SAMPLING_RATE=1",
            ),
        ],
        notes: &[
            "The Langfuse provider sends every run with tokens and cost, so take that one.",
            "With ENABLE_OTEL Dify sends one trace in ten unless OTEL_SAMPLING_RATE says otherwise.",
        ],
        signs: Signs { services: &["dify*", "langgenius/dify*"], scopes: &["dify*"], ..Signs::NONE },
        if_silent: Some(
            "With ENABLE_OTEL Dify sends one trace in ten: set OTEL_SAMPLING_RATE=1, or run the app more often. The \
             Langfuse provider is set for each app and sends with the next run.",
        ),
        sampling: Some("OTEL_SAMPLING_RATE=1"),
        samples: Some(
            "This came by ENABLE_OTEL, of which Dify sends one trace in ten unless OTEL_SAMPLING_RATE=1 is set. Its \
             Langfuse provider sends all.",
        ),
    },
    Client {
        id: "langflow",
        also: &["lfx"],
        label: "LangFlow",
        group: Group::Platforms,
        steps: &[
            Step::first(
                "Environment of LangFlow:",
                "TRACELOOP_API_KEY={key}\n\
                 TRACELOOP_BASE_URL={http}",
            ),
            Step::or(
                "By its Langfuse tracer, with feedback of users:",
                "LANGFUSE_SECRET_KEY=sk-lf-{key}\n\
                 LANGFUSE_PUBLIC_KEY=pk-lf-langflow\n\
                 LANGFUSE_BASE_URL={http}",
            ),
            Step::or(
                "By its Phoenix tracer:",
                "PHOENIX_API_KEY={key}\n\
                 PHOENIX_COLLECTOR_ENDPOINT={http}",
            ),
        ],
        notes: &[
            "LangFlow starts a tracer only when its key is set{!; any text will do!}.",
            "All tracers that are set run at once, so set one: with two, each call would be told twice.",
        ],
        signs: Signs { services: &["langflow*"], scopes: &["langflow*"], ..Signs::NONE },
        if_silent: Some("LangFlow reads its environment at the start, and LANGFLOW_DEACTIVATE_TRACING silences it."),
        sampling: None,
        samples: None,
    },
    Client {
        id: "open-webui",
        also: &["openwebui"],
        label: "Open WebUI",
        group: Group::Platforms,
        steps: &[
            Step::first(
                "Environment of Open WebUI:",
                "ENABLE_OTEL=true\n\
                 ENABLE_OTEL_TRACES=true\n\
                 ENABLE_OTEL_METRICS=true\n\
                 ENABLE_OTEL_LOGS=true\n\
                 OTEL_EXPORTER_OTLP_ENDPOINT={grpc}\n\
                 OTEL_EXPORTER_OTLP_INSECURE=true{?\n\
                 OTEL_BASIC_AUTH_USERNAME=open-webui\n\
                 OTEL_BASIC_AUTH_PASSWORD={key}?}",
            ),
            Step::or(
                "By HTTP:",
                "ENABLE_OTEL=true\n\
                 ENABLE_OTEL_TRACES=true\n\
                 ENABLE_OTEL_METRICS=true\n\
                 ENABLE_OTEL_LOGS=true\n\
                 OTEL_OTLP_SPAN_EXPORTER=http\n\
                 OTEL_EXPORTER_OTLP_ENDPOINT={http}{?\n\
                 OTEL_BASIC_AUTH_USERNAME=open-webui\n\
                 OTEL_BASIC_AUTH_PASSWORD={key}?}",
            ),
        ],
        notes: &[
            "Open WebUI tells of requests, databases and users, not of model calls: put LiteLLM with its otel callback \
             behind it to see those.",
            "By HTTP it posts everything to the bare address, which is understood here.",
        ],
        signs: Signs { services: &["open-webui*"], ..Signs::NONE },
        if_silent: Some("By gRPC Open WebUI speaks TLS unless OTEL_EXPORTER_OTLP_INSECURE=true is set."),
        sampling: Some("OTEL_TRACES_SAMPLER=parentbased_always_on"),
        samples: None,
    },
];

const CURL: &str = r#"NOW=$(date +%s)
curl {http}/v1/traces -H 'Content-Type: application/json'{? -H 'x-api-key: {key}'?} -d '{"resourceSpans":[{
  "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hello"}}]},
  "scopeSpans":[{"spans":[{"name":"chat gpt-4o-mini","kind":3,
    "traceId":"'$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')'",
    "spanId":"'$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')'",
    "startTimeUnixNano":"'$((NOW - 2))'000000000","endTimeUnixNano":"'$NOW'000000000",
    "attributes":[
      {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
      {"key":"gen_ai.provider.name","value":{"stringValue":"openai"}},
      {"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o-mini"}},
      {"key":"gen_ai.usage.input_tokens","value":{"intValue":"412"}},
      {"key":"gen_ai.usage.output_tokens","value":{"intValue":"96"}}]}]}]}]}'"#;
