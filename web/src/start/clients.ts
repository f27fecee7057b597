/** Settings of further clients, for the page that connects them. Pure. */
import type { Snippet } from './snippets';

/** `http` and `grpc` are the base URLs of the listeners. */
export function clients(http: string, grpc: string): Snippet[] {
  return [
    {
      id: 'litellm',
      label: 'LiteLLM',
      where: 'Proxy: litellm_settings in config.yaml, and its environment:',
      text: `litellm_settings:
  callbacks: ["otel"]

# environment
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_ENDPOINT=${http}`,
      note: 'Without OTEL_EXPORTER_OTLP_PROTOCOL LiteLLM writes its spans to the console.',
    },
    {
      id: 'vercel',
      label: 'Vercel AI SDK',
      where:
        'Node: npm install @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-http, then before all else:',
      text: `import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';

new NodeSDK({
  serviceName: 'my-app',
  traceExporter: new OTLPTraceExporter({ url: '${http}/v1/traces' }),
}).start();

// and with each call, up to version 6:
generateText({ ..., experimental_telemetry: { isEnabled: true, functionId: 'answer' } });`,
    },
    {
      id: 'pydantic',
      label: 'Pydantic AI',
      where: 'Python: pip install logfire, then at the start of the program:',
      text: `import os, logfire

os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "${http}"
logfire.configure(send_to_logfire=False, service_name="my-app")
logfire.instrument_pydantic_ai()`,
    },
    {
      id: 'langchain',
      label: 'LangChain',
      where: 'LangChain and LangGraph with the LangSmith SDK (pip install "langsmith[otel]"):',
      text: `LANGSMITH_TRACING=true
LANGSMITH_TRACING_MODE=otel
OTEL_EXPORTER_OTLP_ENDPOINT=${http}`,
      note: 'Mode otel sends nothing to LangSmith itself.',
    },
    {
      id: 'claude-code',
      label: 'Claude Code',
      where: 'Environment of the shell in which it runs:',
      text: `CLAUDE_CODE_ENABLE_TELEMETRY=1
OTEL_LOGS_EXPORTER=otlp
OTEL_METRICS_EXPORTER=otlp
OTEL_EXPORTER_OTLP_PROTOCOL=grpc
OTEL_EXPORTER_OTLP_ENDPOINT=${grpc}
OTEL_LOG_USER_PROMPTS=1`,
      note: 'Log records become calls with their cost. Without the last line prompts are left out.',
    },
    {
      id: 'codex',
      label: 'Codex',
      where: '~/.codex/config.toml:',
      text: `[otel]
log_user_prompt = true
exporter = { otlp-http = { endpoint = "${http}/v1/logs", protocol = "binary" } }
trace_exporter = { otlp-http = { endpoint = "${http}/v1/traces", protocol = "binary" } }`,
      note: 'Codex takes each endpoint as it stands, so the paths must be written out.',
    },
    {
      id: 'gemini',
      label: 'Gemini CLI',
      where: 'Environment of the shell in which it runs:',
      text: `GEMINI_TELEMETRY_ENABLED=true
GEMINI_TELEMETRY_TARGET=local
GEMINI_TELEMETRY_OTLP_ENDPOINT=${grpc}
GEMINI_TELEMETRY_OTLP_PROTOCOL=grpc`,
    },
    {
      id: 'vllm',
      label: 'vLLM',
      where: 'Start the server with:',
      text: `vllm serve MODEL --otlp-traces-endpoint ${grpc}`,
      note: 'It tells tokens and times, no text. Traces join those of the client when both send here.',
    },
    {
      id: 'collector',
      label: 'Collector',
      where: 'An OpenTelemetry Collector that has the data already:',
      text: `exporters:
  otlphttp/tracemeter:
    endpoint: ${http}

service:
  pipelines:
    traces:
      exporters: [otlphttp/tracemeter]   # beside those there are
    logs:
      exporters: [otlphttp/tracemeter]
    metrics:
      exporters: [otlphttp/tracemeter]`,
    },
  ];
}
