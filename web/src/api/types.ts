// Generated from src/api/types. Do not edit: change the Rust types and run
// `UPDATE_TYPES=1 cargo test types_are_current`.

/** Whether a login is asked for, and who asks. */
export type Account = { login_wanted: boolean,
/** There is an admin, who has a password. */
set_up: boolean, signed_in: boolean,
/** Of who asks; null where nobody is signed in. */
name: string | null,
/** `open` (no login is asked for), `login`, `proxy`, `token` or `command`; null where nobody is signed in. */
by: string | null,
/** `everything` or `read`; null where nobody is signed in. */
may: string | null, };

export type AgentItem = { agent: string, runs: number, failures: number, errors_by_kind: Array<ErrorKind>, duration_p50_ms: number | null, duration_p95_ms: number | null, duration_bins: Array<DurationBin>, last_used: string,
/** Counted model calls to which it is the nearest agent above. */
calls: number, tokens: number, unpriced_calls: number, cost_usd: number | null, cost_nano: number | null, cost_per_run_usd: number | null,
/** In the traces that were looked into. */
tools: Array<UsedBy>, };

/** Most used first. */
export type AgentList = { items: Array<AgentItem>, next_cursor: string | null,
/** Traces in which tools were looked for: those of the newest two thousand uses. */
traces: number,
/** These are all. */
all: boolean, };

export type AnalyticsHealth = {
/** On disk. */
bytes: number,
/** The newest chunk loaded. */
loaded: string,
/** Everything acknowledged can be seen. */
caught_up: boolean,
/** Age of the oldest chunk not yet loaded, in milliseconds; 0 exactly when `caught_up`. */
lag_ms: number, spans: number, traces: number, logs: number, metric_points: number,
/** Chunks that could not be loaded since the start. */
skipped_chunks: number,
/** Why loading is failing, when it is. */
error: string | null, };

export type Arrival = {
/** Which clients it looks like, by their ids in `/api/v1/clients`; empty for what nobody knows. */
clients: Array<string>,
/** What to change, where less arrives than there is. */
advice: string | null, service: string,
/** The instrumentation. */
scope: string,
/** Language, name and version of the SDK, as far as told. */
sdk: string, client: string,
/** `grpc`, `http_protobuf`, `http_json`, `langfuse` or `langsmith`. */
protocol: string,
/** `traces`, `logs` or `metrics`. */
signal: string,
/** How the last request carried a key: `basic`, `bearer`, the name of a header, ...; null when it had none. */
key: string | null,
/** The share of its traces that arrives, between 0 and 1, where their ids show that it samples. */
sampled_share: number | null, first_time: string, last_time: string, requests: number, };

/** Who has sent since the start. */
export type Arrivals = { now: string,
/** Newest first. */
items: Array<Arrival>,
/** Newest first. */
refusals: Array<RefusedRequest>,
/** Who looked whether we are there, newest first. */
probes: Array<Probe>, };

/** Whose work something is; `null` where nothing tells. */
export type Attribution = { environment: string | null, feature: string | null, team: string | null, prompt_name: string | null, prompt_version: string | null, session: string | null, user: string | null, workflow: string | null, node: string | null, agent: string | null, tags: Array<string>, };

/** One line of a cost: `units` x `price` = `amount`. */
export type BucketCost = {
/**
 * `input`, `cache_read`, `cache_write_5m`, `cache_write_1h`, `output`, `reasoning`, `audio_input`,
 * `audio_output`, `image_input`, `image_output`, `request` or `web_search`.
 */
bucket: string,
/** Tokens or searches; 1 for `request`. */
units: number,
/** Price of a million tokens; of one for `request` and `web_search`. */
price_usd: number, price_nano: number, amount_usd: number, amount_nano: number, };

/** Length of a bucket of time; edges lie on the calendar of the time zone asked for, weeks start on Monday. */
export type BucketSize = "minute" | "hour" | "day" | "week" | "month";

export type BulkItem = { trace_id: string,
/** Why nothing was done with this one. */
error: string | null, };

/** What became of each of many traces. */
export type BulkResult = {
/** `pin`, `unpin` or `delete`. */
action: string, done: number, failed: number,
/** One per id, in the order they were sent. */
items: Array<BulkItem>,
/** Of the deletion, which is one for all; it may still be at work. */
receipt: Receipt | null, };

/** The figures of one model call. */
export type Call = {
/** `chat`, `text_completion`, `embeddings`, `rerank` or `other`. */
operation: string, provider: string | null, request_model: string | null, response_model: string | null, response_id: string | null, streaming: boolean | null, time_to_first_token_ms: number | null, finish_reasons: Array<string>,
/** `null` when the client sent no token counts: unknown, not zero. */
usage: Usage | null,
/** Whether usage and cost enter totals. */
counted: boolean,
/** Why not, where not. */
counted_reason: string | null,
/** The same call as another instrumentation tells it, mostly in another trace; one of the two counts. */
twin: SpanRef | null, cost: Cost, };

/** What was said in a model call. */
export type CallContent = { input_messages: Array<Message>, output_messages: Array<Message>,
/** As sent, one JSON schema per tool. */
tool_definitions: unknown[],
/** `temperature`, `max_tokens`, ... as in the GenAI conventions. */
parameters: JsonMap,
/** Set when the client sends no content: why, and how to switch it on. */
content_off: string | null, };

/** A model call with what was said in it. */
export type CallDetail = {
/** `chat`, `text_completion`, `embeddings`, `rerank` or `other`. */
operation: string, provider: string | null, request_model: string | null, response_model: string | null, response_id: string | null, streaming: boolean | null, time_to_first_token_ms: number | null, finish_reasons: Array<string>,
/** `null` when the client sent no token counts: unknown, not zero. */
usage: Usage | null,
/** Whether usage and cost enter totals. */
counted: boolean,
/** Why not, where not. */
counted_reason: string | null,
/** The same call as another instrumentation tells it, mostly in another trace; one of the two counts. */
twin: SpanRef | null, cost: Cost, input_messages: Array<Message>, output_messages: Array<Message>,
/** As sent, one JSON schema per tool. */
tool_definitions: unknown[],
/** `temperature`, `max_tokens`, ... as in the GenAI conventions. */
parameters: JsonMap,
/** Set when the client sends no content: why, and how to switch it on. */
content_off: string | null, };

/** One model call in a list. */
export type CallItem = { trace_id: string, span_id: string, name: string, start_time: string, duration_ms: number, status: string, error_type: string | null, status_message: string | null, service: string, input_preview: string | null, output_preview: string | null,
/** `chat`, `text_completion`, `embeddings`, `rerank` or `other`. */
operation: string, provider: string | null, request_model: string | null, response_model: string | null, response_id: string | null, streaming: boolean | null, time_to_first_token_ms: number | null, finish_reasons: Array<string>,
/** `null` when the client sent no token counts: unknown, not zero. */
usage: Usage | null,
/** Whether usage and cost enter totals. */
counted: boolean,
/** Why not, where not. */
counted_reason: string | null,
/** The same call as another instrumentation tells it, mostly in another trace; one of the two counts. */
twin: SpanRef | null, cost: Cost, environment: string | null, feature: string | null, team: string | null, prompt_name: string | null, prompt_version: string | null, session: string | null, user: string | null, workflow: string | null, node: string | null, agent: string | null, tags: Array<string>, };

export type CallList = { items: Array<CallItem>, next_cursor: string | null, };

/** A program that can send here. */
export type Client = { id: string, label: string,
/** `start`, `platforms`, `libraries`, `coding` or `servers`. */
group: string, group_label: string, steps: Array<ClientStep>,
/** What is good to know, a sentence each. */
notes: Array<string>,
/** What is most often wrong when it was set up and nothing comes. */
if_silent: string | null,
/** Whatever arrives may be its data, since it has no signs of its own. */
sends_anything: boolean, };

/** How clients are set up to send here. */
export type ClientList = {
/** Base address of OTLP/HTTP, and of the protocols of Langfuse and LangSmith. */
http: string,
/** Base address of OTLP/gRPC. */
grpc: string,
/** Those of `[[receive.listener]]`; their addresses are base addresses as well. */
further: Array<Listener>,
/** Only programs on the server's own machine reach it. */
only_here: boolean,
/** Who sends is asked for a key; `YOUR_KEY` stands in the settings where it belongs, unless one was given. */
key_wanted: boolean, items: Array<Client>, };

/** Settings for one place. */
export type ClientStep = {
/** Begins another way to the same end, which is not needed beside the one before. */
or: boolean,
/** Where the text goes. */
place: string, text: string, };

/** What a coding session changed; null where its client does not count that. */
export type CodeWork = { lines_added: number | null, lines_removed: number | null, commits: number | null, pull_requests: number | null,
/** Time in which somebody typed or the program worked. */
active_ms: number | null,
/** Changes of files that were accepted, by somebody or by a rule. */
edits_accepted: number | null, edits_rejected: number | null, };

export type ComparedRow = {
/** Counted calls of the group. */
calls: number,
/** Those that could be compared: the figures beside are of these. */
compared_calls: number, usage: Usage,
/** What they cost; `null` when no amount is known. */
cost_usd: number | null, cost_nano: number | null,
/** Compared calls whose own amount is not known: they cost more than is said here. */
unpriced_calls: number,
/** What they would have cost. */
compared_usd: number, compared_nano: number, model?: GroupValue, provider?: GroupValue, service?: GroupValue, feature?: GroupValue, team?: GroupValue, user?: GroupValue, session?: GroupValue, environment?: GroupValue, workflow?: GroupValue, node?: GroupValue, agent?: GroupValue, prompt_name?: GroupValue, prompt_version?: GroupValue, operation?: GroupValue, project?: GroupValue, tag?: GroupValue, };

/**
 * The calls that match, priced as another model is sold: the same token counts, at the time of each call. Another
 * model would count the same text otherwise, and would say something else.
 */
export type Comparison = {
/** As asked: `provider/model`. */
to: string,
/** The price row that holds now. */
price: Price | null, total: ComparedRow,
/** Most expensive there first. */
items: Array<ComparedRow>,
/** Why calls could not be compared, most frequent first. */
left_out: Array<UnpricedReason>,
/** More groups exist than were answered: narrow the question. */
truncated: boolean, };

/** The configuration in force. */
export type Configuration = { items: Array<ConfigurationItem>,
/** The same, nested as in the file. */
values: JsonMap, };

export type ConfigurationItem = {
/** Such as `receive.grpc`, or `destination.0.url` for the first of several. */
key: string,
/** Null where nothing is set. */
value: unknown,
/** `default`, `file`, `environment` or `flag`. */
source: string,
/** The file or the variable. */
from: string | null, };

/** What a call cost and why. */
export type Cost = {
/** The amount that counts; `null` when unknown. */
usd: number | null, nano: number | null,
/**
 * `computed` from tokens and prices, `local` from the time on a machine at home, `reported` by the client, or
 * `unknown`.
 */
basis: string,
/** Why there is no amount, when the basis is `unknown`. */
reason: string | null,
/** What to do about it. */
remedy: string | null,
/** What the client itself said, whether it counts or not. */
reported_usd: number | null, reported_nano: number | null,
/** The client's figure differs from ours by more than 5 %. */
mismatch: boolean,
/** The price row used, when the basis is `computed`. */
price: Price | null,
/** The rule for models at home that is for it, when that goes by time. */
local: LocalCost | null, buckets: Array<BucketCost>, };

/** The values of the dimensions that were grouped by; the others are absent. */
export type CostDimensions = { model?: GroupValue, provider?: GroupValue, service?: GroupValue, feature?: GroupValue, team?: GroupValue, user?: GroupValue, session?: GroupValue, environment?: GroupValue, workflow?: GroupValue, node?: GroupValue, agent?: GroupValue, prompt_name?: GroupValue, prompt_version?: GroupValue, operation?: GroupValue, project?: GroupValue, tag?: GroupValue, };

/** From raw attributes to an amount, step by step; or why there is none, and what helps. */
export type CostExplanation = { trace_id: string, span_id: string, name: string,
/** When the call began: the day whose prices hold. */
start_time: string, service: string,
/** The dialect that was recognised. */
dialect: string,
/** Raw attributes that tell of model, provider, tokens, tier and cost. */
attributes: Array<CostFact>,
/** The dialect whose names told the figures, and how it means them. */
figures_by: string | null,
/** The client's own figures. */
figures: Array<CostFigure>, rules: Array<string>,
/** Disjoint buckets; `null` when the client sent no token counts. */
usage: Usage | null,
/** What was looked up. */
provider: string | null, model: string | null, server: string | null, service_tier: string | null, web_searches: number, cost: Cost, counted: boolean, counted_reason: string | null,
/** Which figure enters totals for this client when it reports one: `computed` or `reported`. */
prefer: string,
/** Every table that calls are priced by now, with its version. */
version: string,
/** A command that sets a price for the model. */
command: string | null, };

export type CostFact = { key: string,
/** As JSON, long ones cut. */
value: string,
/** `model`, `provider`, `server`, `tokens`, `tier` or `cost`. */
tells: string,
/** It stands on the resource, not on the span. */
on_resource: boolean, };

export type CostFigure = { name: string, tokens: number, };

/** In order of time, then most expensive first. Everything fits in one page: `next_cursor` is always `null`. */
export type CostList = { items: Array<CostRow>, next_cursor: string | null,
/** More groups exist than were answered: narrow the question. */
truncated: boolean,
/** All calls of the range, each once. */
total: CostRow, since: string,
/** Exclusive. */
until: string,
/** IANA name of the time zone whose calendar the buckets follow. */
tz: string,
/** `null` when none was asked for. */
bucket: BucketSize | null,
/** Start of every bucket of the range, also of those without calls. The first may begin before `since`. */
buckets: Array<string>, };

/** Counted calls of one group in one bucket of time. */
export type CostRow = {
/** `null` when no bucket was asked for. */
bucket_start: string | null, calls: number, errors: number, usage: Usage,
/** `null` when no call has a price. */
cost_usd: number | null, cost_nano: number | null,
/** Calls without an amount: the true cost is higher. A call that failed without using a token is none of them. */
unpriced_calls: number,
/** Part of the cost of all calls of the range, from 0 to 1; `null` when nothing is priced. */
share: number | null,
/** Over the calls that are not unpriced. */
cost_per_call_usd: number | null,
/** For a thousand tokens that a model wrote, reasoning included, of calls that have a price. */
cost_per_1k_output_usd: number | null,
/** Distinct sessions; `null` unless `sessions=true` asks for them. */
sessions: number | null,
/** Of the calls that name a session. */
cost_per_session_usd: number | null,
/**
 * What cached tokens would have cost as plain input, less what they did, each call at its own price. Negative when
 * writing to caches cost more than reading saved; `null` when nothing was cached.
 */
cache_saved_usd: number | null, cache_saved_nano: number | null,
/** Paid for calls that failed. */
failed_cost_usd: number | null, failed_cost_nano: number | null,
/** Calls that repeat one that failed: the next of the same parent span. */
retries: number,
/** Paid for retries. */
retry_cost_usd: number | null, retry_cost_nano: number | null, model?: GroupValue, provider?: GroupValue, service?: GroupValue, feature?: GroupValue, team?: GroupValue, user?: GroupValue, session?: GroupValue, environment?: GroupValue, workflow?: GroupValue, node?: GroupValue, agent?: GroupValue, prompt_name?: GroupValue, prompt_version?: GroupValue, operation?: GroupValue, project?: GroupValue, tag?: GroupValue, };

export type Counter = {
/** Name and labels as on `/metrics`. */
name: string, count: number, };

/** In which amounts are shown; what the API answers and keeps is US dollars. */
export type Currency = {
/** ISO 4217 code. */
currency: string,
/** How many units one US dollar is. */
rate: number, };

export type DayHealth = {
/** UTC, by arrival: `2026-11-20`. */
day: string, bytes: number,
/** Compressed anew after it was over. */
packed: boolean,
/** What healthy traces said is left out. */
thinned: boolean, };

/** A record that a destination will not take. */
export type DeadLetter = { id: number, at: string,
/** `traces`, `logs` or `metrics`. */
signal: string,
/** Where the journal has it: day, chunk, and the first record of the chunk that is meant. */
day: string, chunk: number, record: number, records: number, trace_id: string | null, span_id: string | null, reason: string,
/** What the destination answered, shortened. */
response: string,
/** It waits to be sent again. */
replay: boolean, };

export type DeadLetterList = { items: Array<DeadLetter>, next_cursor: string | null, };

export type DeadLettersChanged = { changed: number, };

export type Destination = { name: string,
/** `splunk_hec`, `otlp_http`, `otlp_grpc` or `webhook`. */
kind: string, url: string,
/**
 * `sending`, `retrying` (by itself), `held` (until a setting is changed here or there; tried once a minute) or
 * `paused`.
 */
state: string,
/** When the oldest record arrived that is not there yet; null when it has everything. */
waiting_since: string | null, lag_seconds: number,
/** Bytes of the journal that wait, about. */
lag_bytes: number,
/** Since it is known here. */
sent_records: number,
/** Before compression. */
sent_bytes: number,
/** Requests made again since the start. */
retries: number, dead_letters: number,
/** Left out by the destination of what it took, since the start; it does not say which they are. */
refused_records: number,
/** Deleted by retention before they were sent. */
lost_records: number, last_sent_at: string | null, last_error: string | null, last_error_at: string | null,
/** What somebody should know about how it is sent: that Splunk does not confirm what it indexes, for example. */
note: string | null,
/** Retention waits for it: `hold`, or does not: `let_go`. */
behind: string,
/** Of one that gets a sample. */
sampling: Sampling | null, };

export type DestinationList = { items: Array<Destination>, next_cursor: string | null, };

/** What calls can be grouped by; also the names of filters and of the fields `/api/v1/values` answers for. */
export type Dimension = "model" | "provider" | "service" | "feature" | "team" | "user" | "session" | "environment" | "workflow" | "node" | "agent" | "prompt_name" | "prompt_version" | "operation" | "project" | "tag";

/** How many durations lie between two; each bin ends at 1.4 times where it begins. */
export type DurationBin = { from_ms: number,
/** Exclusive. */
to_ms: number, count: number, };

/** What every route answers with when it cannot do what was asked. */
export type ErrorBody = { error: ErrorDetail, };

export type ErrorDetail = {
/**
 * Stable, for programs: `bad_body`, `bad_parameter`, `bad_statement`, `busy`, `forbidden`, `no_room`, `not_found`, `refused_there`,
 * `search_off`, `timeout`, `unavailable`, `internal`.
 */
code: string,
/** What happened. */
message: string,
/** What to do about it. */
hint: string,
/** Of a fault in a statement: where. */
position?: Position, };

/** Failures of one kind. */
export type ErrorKind = {
/** Such as `RateLimitError` or `429`, as the client tells it; `null` where it tells none. */
kind: string | null, count: number, };

/** One execution of a workflow, as its engine tells it. */
export type Execution = {
/** `n8n`. */
engine: string, id: string, workflow_id: string | null, workflow: string | null,
/** What started it: `webhook`, `trigger`, `manual`, ... */
mode: string | null,
/** In the engine's words: `success`, `error`, `canceled`, ... */
status: string | null, is_retry: boolean,
/** The execution that it repeats. */
retry_of: string | null,
/** Why it goes on after it had waited, in a trace of its own. */
continues: string | null,
/** Its span. */
span_id: string,
/** Its page in the engine, where `[links]` says where that is. */
url: string | null, };

/** Bucket i reaches from base^i to base^(i+1), with base = 2^(2^-scale). */
export type ExponentialBuckets = { scale: number, zero_count: number, zero_threshold: number,
/** Index of the first count. */
positive_offset: number, positive_counts: Array<number>, negative_offset: number, negative_counts: Array<number>, };

/** Where a trace began to fail: a failed span below which none failed, of several the earliest. */
export type FailureItem = { trace_id: string, trace_name: string, span_id: string, start_time: string, name: string, kind: string, service: string,
/** Of a model call. */
model: string | null,
/** Of a tool. */
tool: string | null, workflow: string | null, node: string | null, error_type: string | null, message: string | null,
/** Failed spans of the trace. */
failed_spans: number, };

/** Newest trace first. */
export type FailureList = { items: Array<FailureItem>, next_cursor: string | null, };

/** The cost of the month so far, and for each day that is left what a day cost lately. */
export type Forecast = { month_usd: number,
/** Over the last `days`. */
per_day_usd: number,
/** 7, or as many as there were since the first call. */
days: number, };

/** A group's value; `null` for calls that carry none. */
export type GroupValue = string | null;

export type Health = {
/** `ok`, or `attention` when there are problems. */
status: string, version: string, started_at: string, now: string, uptime_s: number, listeners: Listeners, journal: JournalHealth, analytics: AnalyticsHealth, retention: RetentionHealth, media: MediaHealth,
/** Null when search is switched off. */
search: SearchHealth | null,
/** Machines at home whose watts are read. */
power: Array<PowerHealth>,
/** Null when it is switched off. */
relay: RelayHealth | null,
/** What was refused or lost, by counter; only those that are not zero. */
refusals: Array<Counter>,
/** What needs attention, gravest first. */
problems: Array<Problem>, };

/** A line of the file that could not be read. */
export type InvoiceFault = {
/** Counted from 1, the head being the first. */
line: number, message: string, };

/** A provider's bill beside what was seen. Nothing of the file is kept. */
export type InvoiceReport = {
/** Which export the file is. */
form: string,
/** The providers, as calls name them, that the bill is compared with. */
providers: Array<string>,
/** First and last day of the bill. */
since: string, until: string, threshold: number,
/** By day, then by model. */
items: Array<InvoiceRow>, invoice: InvoiceSide, ours: InvoiceSide, difference_usd: number | null,
/** Billed for calls that were not seen. */
missing: InvoiceSide,
/** Seen, but not on the bill. */
not_billed: InvoiceSide, lines: number,
/** The first hundred lines that could not be read, and how many there are. */
faults: Array<InvoiceFault>, fault_count: number,
/** Columns of the file that were not needed. */
unused_columns: Array<string>, };

/** One model on one day (UTC). */
export type InvoiceRow = { day: string,
/** As the bill writes it; `null` for charges that are for no model. */
model: string | null, standing: InvoiceStanding, invoice: InvoiceSide, ours: InvoiceSide,
/** Billed less seen, where both tell. */
difference_usd: number | null, difference_nano: number | null, difference_tokens: number | null, };

/** One side of a bill: what it says, or what was seen. `null` where the side does not tell. */
export type InvoiceSide = { calls: number | null,
/** All kinds together. */
tokens: number | null, input: number | null, cache_read: number | null, cache_write: number | null,
/** Reasoning included. */
output: number | null, cost_usd: number | null, cost_nano: number | null, };

export type InvoiceStanding = "matched" | "different" | "missing" | "not_billed";

export type JournalHealth = {
/** On disk. */
bytes: number,
/** Days for which there is a file. */
days: number, unreadable_chunks: number,
/** The newest chunk: `day/number`. */
head: string, };

/** A JSON object with keys we do not choose, in the order they came. */
export type JsonMap = Record<string, unknown>;

export type KeyItem = { id: number,
/** Unique among those that are not revoked. */
name: string,
/** `ingest` or `api`. */
kind: string,
/** What may be sent with an ingest key. */
signals: Array<string>,
/** `read` or `admin`, of a token. */
scope: string | null,
/** Under which everything stands that is sent with it. */
project: string,
/** Its last characters. */
hint: string, made_at: string, last_used_at: string | null, rotated_at: string | null,
/** Until when the key before the rotation is good. */
old_until: string | null, revoked_at: string | null, };

/** Ingest keys and API tokens. */
export type KeyList = {
/** In the order they were made. */
items: Array<KeyItem>, next_cursor: string | null,
/** Whether who sends on the HTTP port is asked for a key now. */
asked_for: boolean,
/** `receive.allow_without_key`: none is asked for, however many there are. */
allowed_without: boolean, };

/** A further port for OTLP. */
export type Listener = { address: string,
/** What it takes: `traces`, `logs`, `metrics`. */
signals: Array<string>, };

/** Where OTLP is taken, as `address:port`; `0.0.0.0` and `[::]` stand for every address of the machine. */
export type Listeners = { grpc: string, http: string,
/** Those of `[[receive.listener]]`. */
further: Array<Listener>, };

/** Data of the event `loaded` on `/api/v1/live`: what a commit brought. */
export type Live = { spans: number, calls: number, logs: number, metric_points: number,
/** Traces touched, the newest 100 at most. */
trace_ids: Array<string>,
/** Earliest start among the spans; lists that end before it need not reload. */
earliest: string | null,
/** Commits that this listener was too slow to hear of before this one: reload when it is not 0. */
missed: number, };

export type LocalBill = {
/** Duration of the call. */
lasted_ms: number,
/** Its part of the machine's time: every moment divided by the number of calls at work in it. */
share_ms: number,
/** Most calls at work at once, this one among them. */
most_at_once: number, energy: LocalEnergy | null,
/** Its part of what the machine cost to buy. */
amortisation_usd: number | null, amortisation_nano: number | null, };

/** The time a call took on a machine at home, and what that cost by a rule of `[[local]]`. */
export type LocalCost = {
/** Name of the rule. */
rule: string,
/** Calls on the same machine that overlap share its time. */
machine: string,
/** `null` while it is not worked out, or when it cannot be: the cost's `reason` says why. */
bill: LocalBill | null, };

export type LocalEnergy = {
/** Power that is charged, on average over the call's share of the time. */
watts: number,
/** Power that the machine draws anyway and that is not charged. */
idle_watts: number,
/** `constant` of the rule, `measured`, or `mixed`: measured, and the constant where no reading is. */
source: string, watt_hours: number,
/** One line for each price of energy during the call, in order of time. */
tariff: Array<LocalTariff>, };

export type LocalTariff = {
/** Price of a kilowatt-hour. */
per_kwh_usd: number, watt_hours: number, amount_usd: number, amount_nano: number, };

export type LogItem = { time: string,
/** `trace`, `debug`, `info`, `warn`, `error`, `fatal`, or `unset`. */
severity: string,
/** As OTLP numbers it, 0 when not told. */
severity_number: number, service: string, scope: string, event_name: string | null,
/** The first 2000 characters. */
body: string, trace_id: string | null, span_id: string | null, attributes: JsonMap, };

export type LogList = { items: Array<LogItem>, next_cursor: string | null, };

/** Records by severity. */
export type LogStep = {
/** Start of the step. */
time: string, unset: number, trace: number, debug: number, info: number, warn: number, error: number, fatal: number, };

/** How the log records that match are spread. */
export type LogSummary = { since: string, until: string, step_ms: number, count: number,
/** Steps without records are left out. */
steps: Array<LogStep>, services: Array<ValueCount>, scopes: Array<ValueCount>, event_names: Array<ValueCount>, };

export type LoginItem = { since: string, last_seen: string,
/** As it calls itself. */
browser: string,
/** From where it signed in. */
address: string,
/** It is the one that asks. */
this_one: boolean, };

/** Who is signed in with a browser. */
export type LoginList = {
/** Last seen first. */
items: Array<LoginItem>, next_cursor: string | null, };

/** A key that was just made. */
export type MadeKey = { key: KeyItem,
/** The key itself, told this once. */
secret: string, };

/** Images and sounds that were taken out of messages. */
export type MediaHealth = { files: number,
/** On disk. */
bytes: number, };

export type Message = {
/** `system`, `user`, `assistant` or `tool`. */
role: string, name: string | null, parts: Array<Part>, finish_reason: string | null, };

/** What a time series shows. */
export type Metric = "cost" | "calls" | "tokens" | "errors" | "latency_p50" | "latency_p95" | "ttft_p50" | "ttft_p95" | "traces" | "trace_errors";

/** An attribute that series of a metric have. */
export type MetricAttribute = { name: string,
/** Its values with the number of series that have them, the most frequent first. */
values: Array<ValueCount>, };

export type MetricAttributeList = { items: Array<MetricAttribute>, next_cursor: string | null, };

export type MetricExemplar = { time: string,
/** Digits, as `exact` of the point. */
exact: string | null, trace_id: string | null, span_id: string | null, attributes: JsonMap, };

/** One data point. */
export type MetricItem = { time: string,
/** Since when a cumulative point counts, or a delta one. */
start_time: string | null,
/** Points of one series have the same: same resource, scope, metric and attributes. */
series: string, name: string,
/** `gauge`, `sum`, `histogram`, `exponential_histogram` or `summary`. */
kind: string,
/** `delta` or `cumulative`. */
temporality: string | null,
/** Of a sum: it never falls. */
monotonic: boolean | null, unit: string, service: string, scope: string,
/** As OTLP has them; bit 0 says that no value was recorded. */
flags: number,
/** Of a gauge or sum. */
value: number | null,
/** The same in digits that give back exactly the number that was sent: 64-bit integers, `NaN`, `inf`, `-inf`. */
exact: string | null,
/** Number of measurements, of the other kinds. */
count: number | null, sum: number | null, min: number | null, max: number | null,
/** Of a histogram: upper bounds of the buckets but the last. */
bounds: Array<number>,
/** Of a histogram: one count more than bounds. */
bucket_counts: Array<number>,
/** Of an exponential histogram. */
exponential: ExponentialBuckets | null,
/** Of a summary. */
quantiles: Array<QuantileValue>,
/** Measurements that stand for the point, with the trace they were made in. */
exemplars: Array<MetricExemplar>, attributes: JsonMap, };

export type MetricLine = {
/** Values of what was grouped by, in that order; empty where there is none. */
group: Array<string>,
/** Steps without points are left out. */
points: Array<MetricSeriesPoint>, };

export type MetricList = { items: Array<MetricItem>, next_cursor: string | null, };

/** A metric that has data points. */
export type MetricName = { name: string, kind: string, unit: string, temporality: string | null, monotonic: boolean | null, services: Array<string>, series: number, points: number, last_time: string, };

export type MetricNameList = { items: Array<MetricName>, next_cursor: string | null, };

/** A metric over time. */
export type MetricSeries = { name: string,
/** Null when the metric has no points in this time. */
kind: string | null, unit: string | null,
/** `increase`, `rate`, `sum`, `avg`, `min`, `max`, `last`, `p50`, `p90`, `p95` or `p99`. */
aggregate: string | null, step_ms: number, since: string, until: string, lines: Array<MetricLine>,
/** How many series were put together. */
series: number,
/** How often a counter began anew. */
resets: number, };

export type MetricSeriesPoint = {
/** Start of the step. */
time: string, value: number,
/** Of a quantile: the true one is not below; null where the bucket has no end. */
low: number | null,
/** Of a quantile: the true one is not above; null where the bucket has no end. */
high: number | null, };

/**
 * One model of one provider, over counted calls; `null` where calls do not name them. Quantiles are exact for few
 * calls, and off by 2 % at most for many.
 */
export type ModelItem = { provider: string | null, model: string | null,
/** Start of the newest call. */
last_used: string,
/** Start of the first call that is stored, whatever the range and the filters. */
first_used: string,
/** It was called on at least 4 of the 7 days (UTC) up to its last call, and that was 2 to 30 days ago. */
silent: boolean,
/** The day on which the provider ends it, as the price data tells; it may be past. */
retires: string | null, calls: number, errors: number,
/** Most frequent first. */
errors_by_kind: Array<ErrorKind>, usage: Usage, cost_usd: number | null, cost_nano: number | null, unpriced_calls: number,
/** What the amount of the newest call rests on: `computed`, `reported`, `local` or `unknown`. */
basis: string | null,
/** The price row that holds now for a call with these names. */
price: Price | null,
/** What it says. */
prices: Array<PriceAmount>,
/** Why there is none; `null` also where a rule for models at home gives the amount. */
no_price: string | null, latency_p50_ms: number | null, latency_p90_ms: number | null, latency_p95_ms: number | null, latency_p99_ms: number | null,
/** From the shortest to the longest, without gaps. */
latency_bins: Array<DurationBin>, ttft_p50_ms: number | null, ttft_p90_ms: number | null, ttft_p95_ms: number | null, ttft_p99_ms: number | null, ttft_bins: Array<DurationBin>,
/** Tokens that the model wrote, reasoning included, for each second that its calls took; `null` when it wrote none. */
output_tokens_per_second: number | null, };

/** Most expensive first, then by calls. */
export type ModelList = { items: Array<ModelItem>, next_cursor: string | null, };

/** What has become of a group since the period before. */
export type Movement = "new" | "gone" | "changed";

/** A group in two periods of the same length. */
export type Mover = { state: Movement, current: MoverSide, previous: MoverSide,
/** What is paid more than before; a side without a price counts as nothing. */
change_usd: number, change_nano: number,
/** The change as a part of what was paid before: 0.5 is half as much again. `null` when that was nothing. */
change_ratio: number | null, model?: GroupValue, provider?: GroupValue, service?: GroupValue, feature?: GroupValue, team?: GroupValue, user?: GroupValue, session?: GroupValue, environment?: GroupValue, workflow?: GroupValue, node?: GroupValue, agent?: GroupValue, prompt_name?: GroupValue, prompt_version?: GroupValue, operation?: GroupValue, project?: GroupValue, tag?: GroupValue, };

/** Largest change first, in either direction. */
export type MoverList = { items: Array<Mover>, next_cursor: string | null, since: string, until: string,
/** The period before begins here and ends at `since`. */
previous_since: string, };

export type MoverSide = { calls: number,
/** `null` when no call has a price. */
cost_usd: number | null, cost_nano: number | null, unpriced_calls: number, };

/** A model of the price table. */
export type OfferItem = {
/** `provider/model`, as `to` of `/api/v1/compare` takes it. */
id: string, provider: string, model: string, };

export type OfferList = { items: Array<OfferItem>,
/** Always `null`: `limit` are answered. */
next_cursor: string | null, };

/** Prices of the user's own. */
export type OverrideList = { items: Array<PriceOverride>, next_cursor: string | null,
/** The file they stand in. */
path: string,
/** Every table that calls are priced by, with its version. */
version: string,
/** Why a file is not taken over, if one is not; the last good one then holds. */
faults: Array<string>, };

export type Overview = {
/** IANA name of the time zone in which days and months turn. */
tz: string, today: Period, month: Period,
/** What the month will cost; `null` before there is a day of calls with a price. */
forecast: Forecast | null,
/**
 * What a month may cost, as the configuration says; `null` when it does not, and beside filters, since it is for
 * everything.
 */
budget_usd: number | null,
/** What `since` and `until` ask for; the last 24 hours when they are absent. */
range: Period,
/** Over `range`. */
top: TopLists,
/** Nothing was ever received, whatever the filters: show how to send. */
empty: boolean, };

/** A piece of a message; `type` tells which. */
export type Part = { "type": "text", text: string, } | { "type": "reasoning", text: string, } | { "type": "tool_call", id: string | null, name: string, arguments: unknown, } | { "type": "tool_result", id: string | null, result: unknown, } | { "type": "media",
/** `image`, `audio`, `video` or `file`. */
modality: string, mime_type: string | null, uri: string | null,
/** How many bytes stood inline. */
inline_bytes: number | null,
/** The file they are kept in: the last part of `/api/v1/media/{hash}`. */
media: string | null,
/** That file was dropped to make room. */
dropped: boolean, } | { "type": "other", value: unknown, };

/** A span of time and the one before it. */
export type Period = { since: string,
/** Exclusive. */
until: string, current: Totals,
/** The period before, whole. */
previous: Totals,
/** The period before, up to the same point. */
previous_to_date: Totals,
/**
 * Cost at the end of the period if it goes on like this; `null` when nothing is priced, it is over, or too little is
 * known. Of the month see `forecast`; of others the cost so far, carried on evenly.
 */
forecast_usd: number | null, };

/** Whether a trace is kept whole. */
export type Pinned = { trace_id: string, pinned: boolean, };

/** A place in a text, counted from 1, in characters. */
export type Position = { line: number, column: number, };

/** How reading the watts of a machine goes. */
export type PowerHealth = { machine: string,
/** `prometheus`, `home_assistant`, `shelly` or `tasmota`. */
source: string,
/** The last reading, and when it was. */
watts: number | null, read_at: string | null,
/** Why the last attempt failed, if it did. */
error: string | null, };

export type Price = {
/** Provider and model as the price table names them. */
provider: string, model: string,
/** How the call's names led to the row: `exact`, `pattern`, ... */
how: string,
/** Price table and its version. */
source: string,
/** First day (`2025-08-01`) on which the row holds, if told. */
effective_from: string | null,
/** Service tier that the call told, such as `batch`, unless it is the standard one. */
tier: string | null,
/** Whether the row has prices of that tier; else the standard ones were taken. */
tier_priced: boolean,
/** The prices hold above so many input tokens, and the prompt was that long. */
above_input_tokens: number | null, };

export type PriceAmount = {
/** As in the buckets of a cost. */
bucket: string,
/** What the price is for: 1000000 tokens, or 1 request or search. */
per: number, price_usd: number, price_nano: number,
/** Prices above lengths of prompt. */
above: Array<PriceStep>, };

/** Models with their prices, the user's own first. */
export type PriceList = { items: Array<PriceModel>, next_cursor: string | null,
/** More fit than were answered: narrow the question. */
truncated: boolean,
/** Every table that calls are priced by, with its version. */
version: string, };

export type PriceModel = {
/** Table and version. */
source: string,
/** As the table names it; `*` for prices that hold whoever sells the model. */
provider: string, model: string,
/** How names are recognised, in words. */
matched_by: string, rows: Array<PriceRow>, };

/** One entry of `prices.toml`, also what PUT takes: there every key but `model` and one price may be left out. */
export type PriceOverride = { provider: string | null,
/** `*` at the end or the beginning stands for anything. */
model: string, from: string | null, tier: string | null, comment: string | null, currency: string,
/** How many US dollars one unit of the currency is. */
usd_per_unit: number, input?: number, output?: number, cache_read?: number, cache_write?: number, cache_write_1h?: number, reasoning?: number, audio_input?: number, audio_output?: number, image_input?: number, image_output?: number, request?: number, web_search?: number,
/** Prices above lengths of prompt, each with `tokens`. */
above: unknown[], };

/** Prices that hold together. */
export type PriceRow = {
/** First day, `2026-01-01`; `null` for always. */
from: string | null,
/** Hours of the day (UTC), `16:30-00:30`. */
between: string | null,
/** Only for this service tier. */
tier: string | null, comment: string | null, prices: Array<PriceAmount>, };

export type PriceStep = { input_tokens: number, price_usd: number, price_nano: number, };

/** Somebody who looked whether we are there, with a request that held no record. */
export type Probe = { client: string, protocol: string, signal: string, first_time: string, last_time: string, requests: number, };

export type Problem = {
/** `warning` or `error`. */
severity: string, message: string, hint: string, };

export type QuantileValue = {
/** 0 to 1. */
quantile: number, value: number, };

/** What was deleted on request, and from where. */
export type Receipt = { id: number,
/** `trace`, `traces`, `session` or `user`. */
kind: string,
/** Id, ids separated by commas, or name, until it is done; null from then on. */
subject: string | null,
/** Of kind and subject, with a key of this installation: equal for equal subjects. */
subject_hash: string,
/** `working`, `failed` (it is tried again) or `done`. */
state: string, error: string | null, requested_at: string, finished_at: string | null,
/** Traces that were looked for. */
traces: number, journal: ReceiptJournal, analytics: ReceiptRows, search: ReceiptSearch, media_files: number, pins: number,
/** Destinations that may have been sent some of it before, by name: it must be deleted there as well. */
sent_to: Array<string>, note: string, };

export type ReceiptDay = { day: string,
/** Chunks that were written anew without it. */
chunks: number,
/** Spans, log records and metrics. */
items: number,
/** Uncompressed. */
bytes: number, };

export type ReceiptJournal = { days: Array<ReceiptDay>,
/** Copies of damaged day files, which may have held it. */
damaged_files: number, };

/** Deletions on request, newest first. */
export type ReceiptList = { items: Array<Receipt>, next_cursor: string | null, };

export type ReceiptRows = { traces: number, spans: number, logs: number, metric_points: number,
/** Of the file, which was written anew without the rows. */
bytes_before: number | null, bytes_after: number | null, };

export type ReceiptSearch = { entries: number,
/** Whose index was deleted and is made anew. */
days: Array<string>, };

/** A client and model whose reported costs differ from the computed ones. */
export type ReconcileItem = { service: string, provider: string | null, model: string | null,
/**
 * The calls that are furthest apart, with both derivations: `cost.buckets` and `cost.price` are ours,
 * `cost.reported_usd` is the client's.
 */
examples: Array<CallItem>,
/** Calls with a reported and a computed cost. */
calls: number,
/** Of them those whose costs differ by more than the threshold. */
mismatched_calls: number,
/** Of these those that the client reports as free of charge: most often it knows no price. */
reported_zero_calls: number,
/** Calls with a reported cost for which no price is known. */
only_reported_calls: number,
/** Over the calls that differ. */
computed_usd: number, computed_nano: number, reported_usd: number, reported_nano: number,
/** Reported less computed. */
difference_usd: number, difference_nano: number, };

/** Furthest apart first. */
export type ReconcileList = { items: Array<ReconcileItem>, next_cursor: string | null,
/** More groups differ than were answered. */
truncated: boolean,
/** Share of the larger amount by which two may differ. */
threshold: number, since: string, until: string, total: ReconcileSums, };

/** Counts and sums over counted calls for which the client reports a cost. */
export type ReconcileSums = {
/** Calls with a reported and a computed cost. */
calls: number,
/** Of them those whose costs differ by more than the threshold. */
mismatched_calls: number,
/** Of these those that the client reports as free of charge: most often it knows no price. */
reported_zero_calls: number,
/** Calls with a reported cost for which no price is known. */
only_reported_calls: number,
/** Over the calls that differ. */
computed_usd: number, computed_nano: number, reported_usd: number, reported_nano: number,
/** Reported less computed. */
difference_usd: number, difference_nano: number, };

export type RedactionCount = { by: string, name: string, action: string, changes: number,
/** The first few. */
samples: Array<RedactionFinding>, };

/** How the last dry run since the start of the server goes or went. */
export type RedactionDryRun = {
/** `none`, `running`, `done`, `cancelled` or `failed`. */
state: string, error: string | null,
/** Spans, log records and metrics that were read. */
records: number, changes: number,
/** Whether it ended because `limit` records were read. */
limited: boolean,
/** By what it was found, most changes first. */
found: Array<RedactionCount>,
/** Where it was found, most changes first, at most 200. */
keys: Array<RedactionPlaceCount>, };

export type RedactionFinding = {
/** Empty outside of spans and of log records of a trace. */
trace_id: string, span_id: string,
/** `span.attribute`, `span.name`, `log.body`, `resource.attribute`, ...; empty in a lone text. */
part: string,
/** The attribute's key. */
key: string,
/** `rule`, `capture`, `detector` or `pattern`. */
by: string,
/** The rule's key, the capture mode, or what was found. */
name: string,
/** `drop`, `mask`, `hash` or `truncate`. */
action: string,
/** What stood there, shortened. */
before: string,
/** What would stand there, shortened; null when it would be gone. */
after: string | null, };

export type RedactionPlaceCount = { part: string, key: string, changes: number, };

/** What rules make of a text or a request; nothing of it is kept. */
export type RedactionTest = {
/** The text as it would be kept; null when a request was given. */
text: string | null,
/** Every change, at most 1000. */
findings: Array<RedactionFinding>,
/** How many there are. */
changes: number, };

export type RefusedRequest = {
/** `unknown_path`, `content_type`, `content_encoding`, `tls`, `malformed`, `wrong_signal`, `too_large`, ... */
reason: string,
/** What the client was told. */
message: string,
/** What to change at the client, where that is known. */
remedy: string | null, client: string, protocol: string, signal: string, first_time: string, last_time: string, requests: number, };

/** How the last reindex since the start of the server goes or went. */
export type Reindex = {
/** `none` (nothing was read anew since the start), `reading`, `switching`, `done` or `failed`. */
state: string,
/** Why it failed; nothing has changed then. */
error: string | null,
/** What is read anew: `everything`, `prices` or `dialects`. */
what: string | null,
/** Of traces that start from here on; null: from the first. */
since: string | null,
/** Of traces that start before; null: to the last. */
until: string | null, started_at: string | null, finished_at: string | null,
/** Days of the journal that are read, and how many there are to read. */
days_done: number, days: number, spans: number,
/** Once it is done. */
outcome: ReindexOutcome | null, };

export type ReindexModel = {
/** Empty for calls without one. */
model: string, before: ReindexSums, after: ReindexSums, };

export type ReindexOutcome = {
/** Traces read anew. */
traces: number,
/** Traces left as they were, because the journal no longer has all of their spans. */
kept_traces: number, before: ReindexSums, after: ReindexSums,
/** Models whose sums are others now. */
models: Array<ReindexModel>, };

/** Over counted calls. */
export type ReindexSums = { calls: number, input_tokens: number, output_tokens: number, cost_usd: number, cost_nano: number, unpriced_calls: number, };

/** The port that passes model calls on to their provider. */
export type RelayHealth = {
/** Where it listens. */
address: string,
/** Calls under way that will be recorded. */
open_calls: number,
/** Since the start. */
recorded_calls: number,
/** Calls that could not be recorded; their clients got their answers. */
dropped_records: number, upstreams: Array<RelayUpstream>, };

/** A provider that calls are passed on to, since the start. */
export type RelayUpstream = {
/** First segment of the paths that lead to it. */
name: string,
/** `openai`, `anthropic` or `ollama`. */
kind: string, host: string, requests: number,
/** It has not answered the last request. */
failing: boolean,
/** Requests that it did not answer at all. */
unanswered: number,
/** Why, the last time, and when that was. */
error: string | null, error_at: string | null, };

export type Resource = { attributes: JsonMap, };

/** Space and age of what is kept. */
export type RetentionHealth = {
/** Bytes of the data directory. */
used_bytes: number,
/** Our own limit, if one is set. */
max_bytes: number | null,
/** Left on the filesystem. */
free_bytes: number | null, min_free_bytes: number, content_days: number,
/** Full days for which what healthy traces said is kept; 0: as long as everything. */
healthy_content_days: number, analytics_days: number,
/** Days until the oldest day has to go before its age is reached; null when that will not happen. */
days_left: number | null,
/** Why clients are told to come back for want of space, if they are. */
refusing: string | null,
/** When the data directory was last backed up. */
last_backup: string | null,
/** The journal's days, oldest first. */
days: Array<DayHealth>,
/** What is being done to a finished day, if anything. */
at_work: string | null,
/** What was deleted since the start and why, newest last. */
steps: Array<RetentionStep>, };

export type RetentionStep = { at: string, what: string,
/** Freed on the disk. */
bytes: number, };

/** A search in a knowledge base. */
export type Retrieval = { query: string | null, documents: unknown[], };

/** What sampling did since the start. */
export type Sampling = {
/**
 * Traces by the reason for which they were kept: `tool_error`, `error`, `slow`, `expensive`, `disliked`, `new_model`,
 * `new_prompt`, `listed`, `pinned`, `undecided` or `ratio`.
 */
kept: { [key in string]: number },
/** Traces left out when they were judged; one that was completed later is among the kept as well. */
dropped: number,
/** Part of the healthy traces that goes now. */
ratio_in_force: number, };

/** A score or a user's feedback: OpenTelemetry's evaluation events, and Langfuse's scores. */
export type Score = {
/** What its client calls it, where it has a name for it. */
id: string | null, name: string, value: number | null,
/** In words; of a truth value `true` or `false`. */
label: string | null, comment: string | null,
/** `NUMERIC`, `BOOLEAN`, `CATEGORICAL` and so on, where its client says so. */
data_type: string | null, time: string,
/** Of which span, where it is not of the whole trace. */
span_id: string | null, };

export type SearchHealth = {
/** On disk. */
bytes: number,
/** Days with an index. */
days: number,
/** The newest chunk indexed since the start. */
indexed: string,
/** Everything acknowledged can be found. */
caught_up: boolean,
/** What arrived longer ago than this can be found, in milliseconds; 0 when up to date. */
lag_ms: number,
/** Earlier days that are still to be indexed. */
pending_days: number,
/** Chunks that could not be indexed since the start. */
skipped_chunks: number,
/** Why indexing is failing, when it is. */
error: string | null, };

/** A span or log record in which the words stand. */
export type SearchItem = {
/** Null for a log record without a trace. */
trace_id: string | null, span_id: string | null, start_time: string, name: string, service: string,
/** A span kind, or `log`. */
kind: string, model: string | null,
/** Where the snippet stands: `name`, `prompt`, `completion`, `tool`, `error` or `log`. */
field: string | null, snippet: Snippet | null, };

/** A page may hold fewer items than its limit although there are more: the end is where `next_cursor` is null. */
export type SearchList = { items: Array<SearchItem>, next_cursor: string | null,
/** Not everything is indexed yet, so something may be missing. */
indexing: boolean, };

/** One metric over time. */
export type Series = { metric: Metric,
/** `null` when there is one line only. */
by: Dimension | null, bucket: BucketSize, tz: string,
/** Start of each bucket; every line has one value per entry. */
buckets: Array<string>,
/** Largest first; the rest is summed up in one line with `other` set. */
lines: Array<SeriesLine>, };

export type SeriesLine = {
/** The group's value; `null` for calls that carry none, for `other`, and without grouping. */
name: string | null, other: boolean,
/** `null` where nothing was measured. */
values: Array<number | null>,
/** The metric over the whole range. */
total: number | null, };

/** A session with its turns, each of them a trace, oldest first. */
export type SessionDetail = {
/** What a coding assistant changed in it, by its metrics; null where none were counted, and on later pages. */
work: CodeWork | null, turns: Array<SessionTurn>,
/** Hand it back as `cursor` for the turns after these; `null` at the end. */
next_cursor: string | null, session: string, user: string | null, start_time: string,
/** Start of the newest trace. */
last_trace_time: string,
/** From the first start to the last end. */
duration_ms: number, trace_count: number,
/** Counted model calls. */
call_count: number,
/** Spans with status `error`. */
error_count: number, models: Array<string>, services: Array<string>, usage: Usage, cost_usd: number | null, cost_nano: number | null, unpriced_calls: number,
/** What went into the first trace. */
input_preview: string | null,
/** What came out of the last trace. */
output_preview: string | null, };

/**
 * One session or conversation, over its traces in the range asked for. A trace belongs to the session of its root
 * span, or else to the first that one of its spans names.
 */
export type SessionItem = { session: string, user: string | null, start_time: string,
/** Start of the newest trace. */
last_trace_time: string,
/** From the first start to the last end. */
duration_ms: number, trace_count: number,
/** Counted model calls. */
call_count: number,
/** Spans with status `error`. */
error_count: number, models: Array<string>, services: Array<string>, usage: Usage, cost_usd: number | null, cost_nano: number | null, unpriced_calls: number,
/** What went into the first trace. */
input_preview: string | null,
/** What came out of the last trace. */
output_preview: string | null, };

export type SessionList = { items: Array<SessionItem>, next_cursor: string | null, };

/** One trace of a session: what was asked, what was answered, and what that took. */
export type SessionTurn = {
/** The last message that a user had said when the first model was called. */
asked: Message | null,
/** The client left out what was asked: how it is told to send it. */
asked_hidden: string | null,
/** The last words of a model. */
answered: Message | null,
/** The call that said them. */
answer_span_id: string | null,
/** Tools that were run, each name once, in the order of their first use. */
tools: Array<TurnTool>,
/**
 * What happened in the order of its start: the first 200 of prompts where there are several, counted and failed
 * calls, tools.
 */
steps: Array<TurnStep>,
/** Why the first failed span failed. */
error: string | null,
/** Why there is no text: `not sent`, `too large` to be read for a list, `dropped` by retention or `gone`. */
without: string | null,
/** A text is longer than what is shown of it here. */
shortened: boolean, trace_id: string,
/** Name of the root span, or of the earliest while the root has not arrived. */
name: string,
/** Kind of that span: `llm`, `agent`, `workflow`, ... */
kind: string,
/** Service of that span. */
service: string,
/** All services that took part. */
services: Array<string>, start_time: string,
/** From the first start to the last end, in milliseconds. */
duration_ms: number, span_count: number,
/** Counted model calls. */
call_count: number,
/** Spans with status `error`. */
error_count: number,
/** `error` when any span failed, else what the root span says: `ok` or `unset`. */
status: string,
/** Models that answered, counted calls only. */
models: Array<string>, providers: Array<string>, usage: Usage,
/** `null` when no call has a price. */
cost_usd: number | null, cost_nano: number | null,
/**
 * Counted calls without an amount: the true cost is higher. A call that failed without using a token is none of
 * them.
 */
unpriced_calls: number, session: string | null, user: string | null, feature: string | null, team: string | null, environment: string | null, workflow: string | null, agent: string | null, tags: Array<string>,
/** The first 200 characters that went in and came out, of the root span or else of the first call. */
input_preview: string | null, output_preview: string | null,
/** What `search` has found in it, where `snippets` asks for it: the newest match. */
found: SearchItem | null, };

export type Snippet = { text: string,
/** The words found, ascending. */
hits: Array<SnippetHit>, };

/** Counted in Unicode code points of the text. */
export type SnippetHit = { start: number,
/** Behind the last character. */
end: number, };

export type Span = { span_id: string, parent_span_id: string | null, name: string,
/**
 * `llm`, `embedding`, `tool`, `agent`, `workflow`, `task`, `retrieval`, `rerank`, `guardrail`, `evaluation`,
 * `http`, `db` or `other`.
 */
kind: string, service: string,
/** Name of the instrumentation library, empty when not told. */
scope: string, scope_version: string,
/** The dialect that was recognised, e.g. `openllmetry`; empty for plain spans. */
dialect: string, start_time: string, duration_ms: number,
/** `unset`, `ok` or `error`. */
status: string, status_message: string | null, error_type: string | null,
/** As sent, after redaction. */
attributes: JsonMap,
/** Index into `resources` of the trace. */
resource: number, events: Array<SpanEvent>, links: Array<SpanLink>,
/** Set on model calls. */
call: CallDetail | null,
/** Set on tool runs. */
tool: Tool | null,
/** Set on searches in a knowledge base. */
retrieval: Retrieval | null,
/** What went into a span that is no model call. */
input: unknown, output: unknown, environment: string | null, feature: string | null, team: string | null, prompt_name: string | null, prompt_version: string | null, session: string | null, user: string | null, workflow: string | null, node: string | null, agent: string | null, tags: Array<string>, };

export type SpanEvent = { time: string, name: string, attributes: JsonMap, };

export type SpanLink = { trace_id: string, span_id: string, attributes: JsonMap, };

/** Where a span is. */
export type SpanRef = { trace_id: string, span_id: string, };

export type SqlColumn = { name: string,
/** `text`, `integer`, `number`, `boolean`, `timestamp` (RFC 3339), `date`, `list`, `object` or `binary` (hex). */
kind: string, };

/** What a query found. */
export type SqlResult = { columns: Array<SqlColumn>,
/** Values in the order of the columns. Whole numbers beyond 2^53 and decimal numbers of more than 15 digits are text. */
rows: unknown[][],
/** There are more rows than were asked for. */
truncated: boolean, duration_ms: number, };

export type SqlTable = { name: string, about: string, columns: Array<SqlTableColumn>, };

export type SqlTableColumn = { name: string,
/** As DuckDB calls it: `VARCHAR`, `BIGINT`, `TIMESTAMP_NS`, ... */
kind: string, about: string, };

export type SqlTableList = { items: Array<SqlTable>, next_cursor: string | null, };

/** Space in the data directory. */
export type Storage = { data_dir: string, parts: Array<StoragePart>,
/** Newest first. */
days: Array<StorageDay>, };

/** The analytics are one file for all days. */
export type StorageDay = {
/** UTC, by arrival. */
day: string, journal_bytes: number, search_bytes: number,
/** Files last sent on this day. */
media_bytes: number,
/** Compressed anew after it was over. */
packed: boolean,
/** What healthy traces said is left out. */
thinned: boolean, };

export type StoragePart = {
/** `journal`, `analytics`, `search`, `media`, `forward` or `other`. */
part: string, bytes: number, };

/** A tool that was run. */
export type Tool = { name: string | null, call_id: string | null, arguments: unknown, result: unknown, };

export type ToolItem = { tool: string, uses: number, failures: number, errors_by_kind: Array<ErrorKind>, duration_p50_ms: number | null, duration_p95_ms: number | null, duration_bins: Array<DurationBin>, last_used: string,
/** In the traces that were looked into, most frequent first. */
agents: Array<UsedBy>,
/** Of the model calls below it, for one use in the traces that were looked into; `null` when none has an amount. */
cost_per_use_usd: number | null, };

/** Most used first. */
export type ToolList = { items: Array<ToolItem>, next_cursor: string | null,
/** Traces in which agents and costs were looked for: those of the newest two thousand uses. */
traces: number,
/** These are all. */
all: boolean, };

export type TopEntry = { name: string | null, calls: number, errors: number, tokens: number, cost_usd: number | null, cost_nano: number | null, unpriced_calls: number,
/** In the time of the same length before; `null` when no call then has an amount. */
previous_cost_usd: number | null, latency_p95_ms: number | null, ttft_p95_ms: number | null, };

/** The most expensive ten of each, then by calls. */
export type TopLists = { models: Array<TopEntry>, services: Array<TopEntry>, features: Array<TopEntry>, teams: Array<TopEntry>, workflows: Array<TopEntry>, };

/**
 * Sums and quantiles over counted calls. Durations are counted in steps of 2 %: a quantile is exact for few calls, and
 * off by 2 % at most for many.
 */
export type Totals = { traces: number, calls: number, errors: number, usage: Usage, cost_usd: number | null, cost_nano: number | null, unpriced_calls: number,
/** Most frequent first. */
unpriced_reasons: Array<UnpricedReason>, latency_p50_ms: number | null, latency_p95_ms: number | null, ttft_p50_ms: number | null, ttft_p95_ms: number | null, };

/** One trace with all that is known of it. */
export type TraceDetail = {
/** In order of their start. */
spans: Array<Span>,
/** What produced the spans; a span names its own by index. */
resources: Array<Resource>,
/** Executions of workflow engines (n8n) that the trace tells of, in order of their start. */
executions: Array<Execution>,
/** Kept whole, also when content of healthy traces of its age is left out. */
pinned: boolean,
/** When and why what was said was left out, if it was: `2026-11-28: healthy, older than 7 days`. */
content_dropped: string | null,
/** The first 1000 log records of the trace in order of their time; each names its span if it has one. */
logs: Array<LogItem>,
/** How many log records the trace has. */
log_count: number,
/** What users, programs and models think of it, in order of their time; 200 at most. */
scores: Array<Score>, trace_id: string,
/** Name of the root span, or of the earliest while the root has not arrived. */
name: string,
/** Kind of that span: `llm`, `agent`, `workflow`, ... */
kind: string,
/** Service of that span. */
service: string,
/** All services that took part. */
services: Array<string>, start_time: string,
/** From the first start to the last end, in milliseconds. */
duration_ms: number, span_count: number,
/** Counted model calls. */
call_count: number,
/** Spans with status `error`. */
error_count: number,
/** `error` when any span failed, else what the root span says: `ok` or `unset`. */
status: string,
/** Models that answered, counted calls only. */
models: Array<string>, providers: Array<string>, usage: Usage,
/** `null` when no call has a price. */
cost_usd: number | null, cost_nano: number | null,
/**
 * Counted calls without an amount: the true cost is higher. A call that failed without using a token is none of
 * them.
 */
unpriced_calls: number, session: string | null, user: string | null, feature: string | null, team: string | null, environment: string | null, workflow: string | null, agent: string | null, tags: Array<string>,
/** The first 200 characters that went in and came out, of the root span or else of the first call. */
input_preview: string | null, output_preview: string | null,
/** What `search` has found in it, where `snippets` asks for it: the newest match. */
found: SearchItem | null, };

/** One trace in a list. Sums are over counted calls: a wrapper that repeats its children's usage is left out. */
export type TraceItem = { trace_id: string,
/** Name of the root span, or of the earliest while the root has not arrived. */
name: string,
/** Kind of that span: `llm`, `agent`, `workflow`, ... */
kind: string,
/** Service of that span. */
service: string,
/** All services that took part. */
services: Array<string>, start_time: string,
/** From the first start to the last end, in milliseconds. */
duration_ms: number, span_count: number,
/** Counted model calls. */
call_count: number,
/** Spans with status `error`. */
error_count: number,
/** `error` when any span failed, else what the root span says: `ok` or `unset`. */
status: string,
/** Models that answered, counted calls only. */
models: Array<string>, providers: Array<string>, usage: Usage,
/** `null` when no call has a price. */
cost_usd: number | null, cost_nano: number | null,
/**
 * Counted calls without an amount: the true cost is higher. A call that failed without using a token is none of
 * them.
 */
unpriced_calls: number, session: string | null, user: string | null, feature: string | null, team: string | null, environment: string | null, workflow: string | null, agent: string | null, tags: Array<string>,
/** The first 200 characters that went in and came out, of the root span or else of the first call. */
input_preview: string | null, output_preview: string | null,
/** What `search` has found in it, where `snippets` asks for it: the newest match. */
found: SearchItem | null, };

export type TraceList = { items: Array<TraceItem>,
/** Hand it back as `cursor` for the next page; `null` on the last. */
next_cursor: string | null,
/** `search` matches in more traces than are looked at: these are among the newest 5000. */
truncated: boolean, };

/** By what a list of traces is sorted, largest first. */
export type TraceOrder = "newest" | "cost" | "duration";

/** A step of a turn. */
export type TurnStep = {
/** `prompt`, `call`, `tool`, or `note` for what the client says of itself. */
kind: string,
/** The model, the tool, or what is noted. */
name: string,
/** Null for what has no span: a tool that was not allowed to run, a note. */
span_id: string | null, start_time: string, duration_ms: number | null,
/** The prompt, or what went into a tool: its first 400 characters. */
input: string | null,
/** What came out of a tool. */
output: string | null,
/** Who let the tool run or not: `accepted by config`, `rejected by user`. */
decision: string | null, error: string | null, cost_usd: number | null, cost_nano: number | null, };

export type TurnTool = { name: string, runs: number, failed: number, };

export type UnpricedReason = { reason: string,
/** What to do about it; absent where calls are left out of a comparison. */
remedy?: string, calls: number, };

/** Token counts; no token is in two fields, except `cache_write_1h` (part of `cache_write`) and `total`. */
export type Usage = {
/** Prompt tokens that were neither read from nor written to a cache. */
input: number, cache_read: number, cache_write: number,
/** The part of `cache_write` that is kept for an hour. */
cache_write_1h: number,
/** Completion tokens without reasoning, audio and images. */
output: number, reasoning: number, audio_input: number, audio_output: number, image_input: number, image_output: number,
/** The sum of all. */
total: number, };

/** Agents and the tools in their hands, looked up in the newest traces alone. */
export type UsedBy = {
/** The tool that an agent uses, or the agent that uses a tool; `null` for a tool that no agent is above. */
name: string | null, uses: number, };

/** One user, over the traces in the range asked for. */
export type UserItem = { user: string,
/** Starts of the first and of the newest trace in the range. */
first_seen: string, last_seen: string, trace_count: number, session_count: number,
/** Counted model calls. */
call_count: number,
/** Spans with status `error`. */
error_count: number,
/** Traces with such a span. */
failed_traces: number, usage: Usage, cost_usd: number | null, cost_nano: number | null, unpriced_calls: number, };

export type UserList = { items: Array<UserItem>, next_cursor: string | null, };

export type ValueCount = { value: string,
/** Traces that carry it; of log records and metrics the records or series. */
count: number, };

/** Most frequent first. */
export type ValueList = { items: Array<ValueCount>, next_cursor: string | null, };

/** What a page shows, under a name. */
export type View = {
/** `traces`, `sessions`, ... */
page: string,
/** Unique on its page. */
name: string,
/** The query of the page's address. */
query: string, saved_at: string, };

/** By page and name. */
export type ViewList = { items: Array<View>, next_cursor: string | null, };

/** A workflow, over its runs. A run is a trace that says of which workflow it is, or whose root span is one. */
export type WorkflowItem = { workflow: string,
/** Whether its spans say so: then lists and costs can be filtered by `workflow`. Else it is the name of the root span. */
told: boolean,
/** Of the newest run. */
service: string, runs: number,
/** Runs in which any span failed. */
failures: number, duration_p50_ms: number | null, duration_p95_ms: number | null, duration_bins: Array<DurationBin>, last_run: string,
/** Counted model calls. */
calls: number, unpriced_calls: number, cost_usd: number | null, cost_nano: number | null,
/** Over the runs that have an amount. */
cost_per_run_usd: number | null, };

/** Most expensive first, then by runs. */
export type WorkflowList = { items: Array<WorkflowItem>, next_cursor: string | null, };

/** A step of a workflow: the spans of one name and kind below its root. */
export type WorkflowNode = { name: string, kind: string, calls: number, failures: number, duration_p50_ms: number, duration_p95_ms: number,
/**
 * Time that it takes without the steps below it, as a part of the time of all runs. Steps side by side add up to
 * more than 1.
 */
share: number,
/** Of the calls at and below it. */
cost_usd: number | null, cost_nano: number | null, };

/** Largest share of time first, a hundred at most. */
export type WorkflowNodeList = { items: Array<WorkflowNode>, next_cursor: string | null,
/** Runs that were looked into: the newest thousand, fewer when they have very many spans. */
runs: number,
/** These are all runs of the range. */
all: boolean, };
