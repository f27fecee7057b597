//! Libraries and SDKs that programs are instrumented with.

use super::{Client, Group, Signs, Step};

pub(super) const CLIENTS: &[Client] = &[
    Client {
        id: "otel",
        also: &["opentelemetry", "otlp"],
        label: "OpenTelemetry",
        group: Group::Libraries,
        steps: &[
            Step::first(
                "Any OpenTelemetry SDK reads these variables:",
                "OTEL_EXPORTER_OTLP_ENDPOINT={http}\n\
                 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf{?\n\
                 OTEL_EXPORTER_OTLP_HEADERS=x-api-key={key}?}\n\
                 OTEL_SERVICE_NAME=my-app\n\
                 OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_AND_EVENT",
            ),
            Step::or(
                "By gRPC:",
                "OTEL_EXPORTER_OTLP_ENDPOINT={grpc}\n\
                 OTEL_EXPORTER_OTLP_PROTOCOL=grpc{?\n\
                 OTEL_EXPORTER_OTLP_HEADERS=x-api-key={key}?}\n\
                 OTEL_SERVICE_NAME=my-app\n\
                 OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_AND_EVENT",
            ),
        ],
        notes: &["The last line sends prompts and answers, too; older packages expect true there."],
        signs: Signs {
            scopes: &["opentelemetry.instrumentation.genai.*", "opentelemetry.util.genai.*"],
            anything: true,
            ..Signs::NONE
        },
        if_silent: Some("OTEL_SDK_DISABLED=true, which some set to silence CrewAI, silences everything."),
        sampling: Some("OTEL_TRACES_SAMPLER=parentbased_always_on"),
        samples: None,
    },
    Client {
        id: "openllmetry",
        also: &["traceloop"],
        label: "OpenLLMetry",
        group: Group::Libraries,
        steps: &[
            Step::first(
                "Python, pip install traceloop-sdk, then at the start of the program:",
                "from traceloop.sdk import Traceloop\n\n\
                 Traceloop.init(app_name=\"my-app\", api_endpoint=\"{http}\",{? api_key=\"{key}\",?} disable_batch=False)",
            ),
            Step::or(
                "Environment, for Python and for Node (@traceloop/node-server-sdk):",
                "TRACELOOP_BASE_URL={http}{?\nTRACELOOP_API_KEY={key}?}",
            ),
        ],
        notes: &["{!No key is needed. !}Prompts are sent unless TRACELOOP_TRACE_CONTENT=false."],
        signs: Signs::scopes(&["opentelemetry.instrumentation.*", "traceloop.*", "@traceloop/*"]),
        if_silent: None,
        sampling: None,
        samples: None,
    },
    Client {
        id: "openinference",
        also: &["phoenix", "arize"],
        label: "OpenInference",
        group: Group::Libraries,
        steps: &[
            Step::first(
                "Python, pip install arize-phoenix-otel openinference-instrumentation-openai, then:",
                "from phoenix.otel import register\n\n\
                 register(endpoint=\"{http}/v1/traces\",{? headers={\"x-api-key\": \"{key}\"},?} project_name=\"my-app\", auto_instrument=True, batch=True)",
            ),
            Step::or(
                "Environment, where register() is called without an endpoint:",
                "PHOENIX_COLLECTOR_ENDPOINT={http}{?\nPHOENIX_API_KEY={key}?}",
            ),
        ],
        notes: &[],
        signs: Signs::scopes(&["openinference.*", "@arizeai/*"]),
        if_silent: None,
        sampling: None,
        samples: None,
    },
    Client {
        id: "langfuse",
        also: &[],
        label: "Langfuse SDK",
        group: Group::Libraries,
        steps: &[
            Step::first(
                "Environment of the program, Python SDK 3 and newer, JavaScript SDK 4 and newer:",
                "LANGFUSE_BASE_URL={http}\n\
                 LANGFUSE_PUBLIC_KEY=pk-lf-my-app\n\
                 LANGFUSE_SECRET_KEY=sk-lf-{key}",
            ),
            Step::or(
                "Older SDKs call the first one otherwise (Python, JavaScript):",
                "LANGFUSE_HOST={http}\n\
                 LANGFUSE_BASEURL={http}",
            ),
        ],
        notes: &[
            "Prompts of Langfuse's prompt management are not kept here: get_prompt takes its fallback.",
            "The SDK sends nothing without a public and a secret key{!; any text will do!}. What follows pk-lf- names the \
             program where it is a word.",
        ],
        signs: Signs { scopes: &["langfuse-sdk*", "langfuse*"], protocols: &["langfuse*"], ..Signs::NONE },
        if_silent: Some("LANGFUSE_TRACING_ENABLED=false silences the SDK; short scripts must call flush() at the end."),
        sampling: Some("LANGFUSE_SAMPLE_RATE=1"),
        samples: None,
    },
    Client {
        id: "langsmith",
        also: &["langchain", "langgraph"],
        label: "LangChain, LangGraph",
        group: Group::Libraries,
        steps: &[
            Step::first(
                "Environment of the program, by LangSmith's own protocol:",
                "LANGSMITH_TRACING=true\n\
                 LANGSMITH_ENDPOINT={http}\n\
                 LANGSMITH_API_KEY={key}\n\
                 LANGSMITH_PROJECT=my-app",
            ),
            Step::or(
                "By OpenTelemetry, pip install \"langsmith[otel]\":",
                "LANGSMITH_TRACING=true\n\
                 LANGSMITH_TRACING_MODE=otel\n\
                 OTEL_EXPORTER_OTLP_ENDPOINT={http}{?\n\
                 OTEL_EXPORTER_OTLP_HEADERS=x-api-key={key}?}",
            ),
        ],
        notes: &["Nothing goes to LangSmith itself{!; any text will do as its key!}."],
        signs: Signs { services: &["langsmith"], scopes: &["langsmith*"], protocols: &["langsmith*"], ..Signs::NONE },
        if_silent: Some(
            "Programs of older versions read LANGCHAIN_TRACING_V2, LANGCHAIN_ENDPOINT and LANGCHAIN_API_KEY.",
        ),
        sampling: Some("LANGSMITH_TRACING_SAMPLING_RATE=1"),
        samples: None,
    },
    Client {
        id: "vercel-ai",
        also: &["vercel", "ai-sdk"],
        label: "Vercel AI SDK",
        group: Group::Libraries,
        steps: &[
            Step::first(
                "Node, npm install @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-http, then before all else:",
                "import { NodeSDK } from '@opentelemetry/sdk-node';\n\
                 import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';\n\n\
                 new NodeSDK({\n  serviceName: 'my-app',\n  \
                 traceExporter: new OTLPTraceExporter({ url: '{http}/v1/traces'{?, headers: { 'x-api-key': '{key}' }?} }),\n}).start();",
            ),
            Step::first(
                "And with each call, up to version 6:",
                "generateText({ ..., experimental_telemetry: { isEnabled: true, functionId: 'answer' } });",
            ),
            Step::or(
                "Or once, from version 7 (npm install @ai-sdk/otel):",
                "import { registerTelemetry } from 'ai';\n\
                 import { OpenTelemetry } from '@ai-sdk/otel';\n\n\
                 registerTelemetry(new OpenTelemetry());",
            ),
        ],
        notes: &[
            "NodeSDK adds the host's name and the command line; OTEL_NODE_RESOURCE_DETECTORS=none leaves them out.",
        ],
        signs: Signs::scopes(&["ai", "gen_ai"]),
        if_silent: Some("Up to version 6 a call without experimental_telemetry tells nothing."),
        sampling: Some("OTEL_TRACES_SAMPLER=parentbased_always_on"),
        samples: None,
    },
    Client {
        id: "pydantic-ai",
        also: &["pydantic", "logfire"],
        label: "Pydantic AI",
        group: Group::Libraries,
        steps: &[Step::first(
            "Python, pip install logfire, then at the start of the program:",
            "import os, logfire\n\n\
             os.environ[\"OTEL_EXPORTER_OTLP_ENDPOINT\"] = \"{http}\"\n\
             {?os.environ[\"OTEL_EXPORTER_OTLP_HEADERS\"] = \"x-api-key={key}\"\n?}\
             logfire.configure(send_to_logfire=False, service_name=\"my-app\")\n\
             logfire.instrument_pydantic_ai()",
        )],
        notes: &[],
        signs: Signs::scopes(&["pydantic-ai", "logfire*"]),
        if_silent: None,
        sampling: None,
        samples: None,
    },
    Client {
        id: "openlit",
        also: &[],
        label: "OpenLIT",
        group: Group::Libraries,
        steps: &[Step::first(
            "Python, pip install openlit, then at the start of the program:",
            "import openlit\n\n\
             openlit.init(otlp_endpoint=\"{http}\"{?, otlp_headers=\"x-api-key={key}\"?})",
        )],
        notes: &["It speaks gRPC when OTEL_EXPORTER_OTLP_PROTOCOL=grpc is set; then give it {grpc}."],
        signs: Signs::scopes(&["openlit*"]),
        if_silent: None,
        sampling: None,
        samples: None,
    },
    Client {
        id: "langwatch",
        also: &[],
        label: "LangWatch SDK",
        group: Group::Libraries,
        steps: &[Step::first(
            "Environment of the program:",
            "LANGWATCH_ENDPOINT={http}\n\
             LANGWATCH_API_KEY={key}",
        )],
        notes: &[],
        signs: Signs::scopes(&["langwatch*"]),
        if_silent: None,
        sampling: None,
        samples: None,
    },
];
