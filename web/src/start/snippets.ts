/** How to send the first trace, client by client. Pure. */

export interface Snippet {
  id: string;
  label: string;
  /** One sentence: where the text goes. */
  where: string;
  text: string;
  note?: string;
}

/** Where a client reaches a listener: `listener` is its `address:port`, `host` that under which the page was opened. */
export function endpoint(listener: string, host: string): string {
  const colon = listener.lastIndexOf(':');
  const address = listener.slice(0, colon);
  const everywhere = address === '0.0.0.0' || address === '[::]';
  // A listener on one address is not reached under another name of the machine.
  const reached = everywhere || (isLoopback(address) && isLoopback(host)) ? host : address;
  return `http://${reached}${listener.slice(colon)}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\./.test(host);
}

/** `http` and `grpc` are the base URLs of the listeners. */
export function snippets(http: string, grpc: string): Snippet[] {
  return [
    {
      id: 'curl',
      label: 'Try it',
      where: 'Run this in a shell: one model call, as an application would send it.',
      text: curl(http),
    },
    {
      id: 'openllmetry',
      label: 'OpenLLMetry',
      where: 'Python: pip install traceloop-sdk, then at the start of the program:',
      text: `from traceloop.sdk import Traceloop

Traceloop.init(app_name="my-app", api_endpoint="${http}", disable_batch=False)`,
      note: 'Or set TRACELOOP_BASE_URL instead of api_endpoint. No key is needed.',
    },
    {
      id: 'openinference',
      label: 'OpenInference',
      where: 'Python: pip install arize-phoenix-otel openinference-instrumentation-openai, then:',
      text: `from phoenix.otel import register

register(endpoint="${http}/v1/traces", project_name="my-app", auto_instrument=True, batch=True)`,
    },
    {
      id: 'otel',
      label: 'OpenTelemetry',
      where: 'Any OpenTelemetry SDK reads these variables:',
      text: `OTEL_EXPORTER_OTLP_ENDPOINT=${http}
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_SERVICE_NAME=my-app
OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_AND_EVENT`,
      note: `For gRPC use ${grpc} and OTEL_EXPORTER_OTLP_PROTOCOL=grpc. The last line sends prompts and answers, too; older packages expect true there.`,
    },
    {
      id: 'n8n',
      label: 'n8n',
      where: 'Environment of n8n (2.19 or newer):',
      text: `N8N_OTEL_ENABLED=true
N8N_OTEL_EXPORTER_OTLP_ENDPOINT=${http}
N8N_OTEL_TRACES_PRODUCTION_ONLY=false`,
      note: 'Without the last line n8n does not send the runs you start by hand in the editor.',
    },
    {
      id: 'langflow',
      label: 'LangFlow',
      where: 'Environment of LangFlow:',
      text: `TRACELOOP_API_KEY=any
TRACELOOP_BASE_URL=${http}`,
      note: 'LangFlow starts its tracer only when a key is set; any text will do.',
    },
    {
      id: 'dify',
      label: 'Dify',
      where: 'The .env file of Dify, for api and worker:',
      text: `ENABLE_OTEL=true
OTLP_BASE_ENDPOINT=${http}
OTEL_EXPORTER_OTLP_PROTOCOL=http
OTEL_SAMPLING_RATE=1`,
      note: 'Dify sends one trace in ten unless the sampling rate says otherwise.',
    },
  ];
}

function curl(http: string): string {
  const attributes = [
    ['gen_ai.operation.name', '{"stringValue":"chat"}'],
    ['gen_ai.provider.name', '{"stringValue":"openai"}'],
    ['gen_ai.request.model', '{"stringValue":"gpt-4o-mini"}'],
    ['gen_ai.usage.input_tokens', '{"intValue":"412"}'],
    ['gen_ai.usage.output_tokens', '{"intValue":"96"}'],
  ].map(([key, value]) => `{"key":"${key}","value":${value}}`);
  return `NOW=$(date +%s)
curl ${http}/v1/traces -H 'Content-Type: application/json' -d '{"resourceSpans":[{
  "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hello"}}]},
  "scopeSpans":[{"spans":[{"name":"chat gpt-4o-mini","kind":3,
    "traceId":"'$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')'",
    "spanId":"'$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')'",
    "startTimeUnixNano":"'$((NOW - 2))'000000000","endTimeUnixNano":"'$NOW'000000000",
    "attributes":[
      ${attributes.join(',\n      ')}]}]}]}]}'`;
}
