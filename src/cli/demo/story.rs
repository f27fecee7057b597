//! The stories the demo tells: a team of agents, a support desk, an indexer, a local model, a workflow of n8n.

use serde_json::{Value, json};

use super::build::TraceBuilder;
use crate::model::otlp::SpanKind;

const INTERNAL: i32 = SpanKind::Internal as i32;
const SERVER: i32 = SpanKind::Server as i32;
const CLIENT: i32 = SpanKind::Client as i32;

const CITIES: [&str; 6] = ["Vienna", "Lisbon", "Kyoto", "Oslo", "Naples", "Ghent"];
const USERS: [&str; 5] = ["anna", "bruno", "chiara", "dmitri", "elif"];

/// One model call of a story.
struct Call<'a> {
    provider: &'a str,
    request_model: &'a str,
    response_model: &'a str,
    messages: &'a [Value],
    answer: Value,
    finish: &'a str,
    /// Input with what was read from the cache, cache reads, output with reasoning, reasoning.
    tokens: [u64; 4],
    streamed: bool,
}

pub(super) fn tell(trace: &mut TraceBuilder, index: u32) {
    match index % 6 {
        0 | 3 => trip(trace),
        1 => support(trace),
        2 => indexing(trace),
        4 => local(trace),
        _ => automation(trace),
    }
}

fn text(role: &str, content: &str) -> Value {
    json!({"role": role, "parts": [{"type": "text", "content": content}]})
}

fn attribution(trace: &mut TraceBuilder, feature: &str, team: &str, prompt_version: &str, user: &str) {
    trace.set("ai.feature", feature);
    trace.set("ai.team", team);
    trace.set("ai.prompt_version", prompt_version);
    trace.set("user.id", user);
    trace.set("gen_ai.conversation.id", format!("{feature}-{user}"));
}

fn call(trace: &mut TraceBuilder, call: &Call<'_>) {
    trace.within(&format!("chat {}", call.request_model), CLIENT, |trace| {
        trace.set("gen_ai.operation.name", "chat");
        trace.set("gen_ai.provider.name", call.provider);
        trace.set("gen_ai.request.model", call.request_model);
        trace.set("gen_ai.request.temperature", 0.2);
        trace.set("gen_ai.request.stream", call.streamed);
        trace.set("gen_ai.input.messages", Value::from(call.messages).to_string());
        if call.streamed {
            trace.wait_ms(180, 900);
            let first = trace.dice.between(180, 900) as f64 / 1_000.0;
            trace.set("gen_ai.response.time_to_first_chunk", first);
        }
        let [input, cached, output, reasoning] = call.tokens;
        trace.wait_ms(200 + output, 900 + output * 9);
        let id = trace.response_id();
        trace.set("gen_ai.response.id", id);
        trace.set("gen_ai.response.model", call.response_model);
        trace.set("gen_ai.response.finish_reasons", [call.finish]);
        trace.set("gen_ai.output.messages", json!([call.answer]).to_string());
        trace.set("gen_ai.usage.input_tokens", input);
        trace.set("gen_ai.usage.output_tokens", output);
        if cached > 0 {
            trace.set("gen_ai.usage.cache_read.input_tokens", cached);
        }
        if reasoning > 0 {
            trace.set("gen_ai.usage.reasoning.output_tokens", reasoning);
        }
    });
}

fn tool(trace: &mut TraceBuilder, name: &str, id: &str, arguments: &Value, result: &Value) {
    trace.within(&format!("execute_tool {name}"), INTERNAL, |trace| {
        trace.set("gen_ai.operation.name", "execute_tool");
        trace.set("gen_ai.tool.name", name);
        trace.set("gen_ai.tool.call.id", id);
        trace.set("gen_ai.tool.call.arguments", arguments.to_string());
        trace.within(&format!("GET /{name}"), CLIENT, |trace| {
            trace.set("http.request.method", "GET");
            trace.set("url.full", format!("http://tools.home.arpa/{name}"));
            trace.wait_ms(30, 420);
            trace.set("http.response.status_code", 200);
        });
        trace.set("gen_ai.tool.call.result", result.to_string());
    });
}

fn agent(trace: &mut TraceBuilder, name: &str, body: impl FnOnce(&mut TraceBuilder)) {
    trace.within(&format!("invoke_agent {name}"), INTERNAL, |trace| {
        trace.set("gen_ai.operation.name", "invoke_agent");
        trace.set("gen_ai.agent.name", name);
        trace.wait_ms(2, 12);
        body(trace);
    });
}

/// A planner, a researcher with tools, and a writer; each call repeats the conversation so far.
fn trip(trace: &mut TraceBuilder) {
    trace.service("trip-planner");
    let city = trace.dice.pick(&CITIES);
    let user = trace.dice.pick(&USERS);
    let question = format!("Plan two days in {city} for a family of four, mostly outdoors if the weather allows.");
    trace.within("plan_trip", SERVER, |trace| {
        trace.set("gen_ai.operation.name", "invoke_workflow");
        trace.set("gen_ai.workflow.name", "plan_trip");
        attribution(trace, "trip-planning", "travel", "v7", user);
        agent(trace, "planner", |trace| plan(trace, &question));
        agent(trace, "researcher", |trace| research(trace, &question, city));
        agent(trace, "writer", |trace| write(trace, &question, city));
    });
}

fn plan(trace: &mut TraceBuilder, question: &str) {
    let tokens = [trace.dice.between(700, 950), 512, trace.dice.between(240, 420), trace.dice.between(120, 200)];
    let messages =
        [text("system", "You split a travel request into steps. Answer with a numbered list."), text("user", question)];
    let answer = json!({"role": "assistant", "parts": [
        {"type": "reasoning", "content": "The weather decides whether the outdoor plan holds, so it has to be looked up first."},
        {"type": "text", "content": "1. Look up the weather.\n2. Find three places that suit children.\n3. Write the two days as a table."}
    ], "finish_reason": "stop"});
    call(trace, &mini(&messages, answer, tokens));
}

fn research(trace: &mut TraceBuilder, question: &str, city: &str) {
    let arguments = json!({"city": city});
    let weather = json!({"city": city, "celsius": trace.dice.between(6, 29), "sky": trace.dice.pick(&["sunny", "cloudy", "light rain"])});
    let asks = json!({"role": "assistant", "parts": [{"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": arguments}], "finish_reason": "tool_call"});
    let mut messages = vec![text("system", "You look up facts. Use the tools."), text("user", question)];
    let input = trace.dice.between(900, 1_100);
    let tokens = [input + 210, 896, trace.dice.between(140, 260), 0];
    call(trace, &sonnet(&messages, asks.clone(), "tool_call", [input, 0, 74, 0]));
    tool(trace, "get_weather", "call_1", &arguments, &weather);
    messages.push(asks);
    messages
        .push(json!({"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": weather}]}));
    let found =
        text("assistant", &format!("{city}: the park by the river, the open-air museum and the botanical garden."));
    call(trace, &sonnet(&messages, found, "stop", tokens));
}

fn sonnet<'a>(messages: &'a [Value], answer: Value, finish: &'a str, tokens: [u64; 4]) -> Call<'a> {
    Call {
        provider: "anthropic",
        request_model: "claude-sonnet-4-5",
        response_model: "claude-sonnet-4-5-20250929",
        messages,
        answer,
        finish,
        tokens,
        streamed: true,
    }
}

fn mini(messages: &[Value], answer: Value, tokens: [u64; 4]) -> Call<'_> {
    Call {
        provider: "openai",
        request_model: "gpt-5-mini",
        response_model: "gpt-5-mini-2025-08-07",
        messages,
        answer,
        finish: "stop",
        tokens,
        streamed: false,
    }
}

fn write(trace: &mut TraceBuilder, question: &str, city: &str) {
    let tokens = [trace.dice.between(1_500, 2_200), 1_024, trace.dice.between(420, 900), 0];
    let messages = [
        text("system", "You write short, friendly travel plans in Markdown."),
        text("user", question),
        text("assistant", &format!("{city}: the park by the river, the open-air museum and the botanical garden.")),
        text("user", "Write it as a table with a row per half day."),
    ];
    let plan = format!(
        "## Two days in {city}\n\n| | Morning | Afternoon |\n|---|---|---|\n| Day 1 | Park by the river | Open-air museum |\n| Day 2 | Botanical garden | Ice cream and the old town |"
    );
    let answer = text("assistant", &plan);
    call(
        trace,
        &Call {
            provider: "openai",
            request_model: "gpt-4o",
            response_model: "gpt-4o-2024-08-06",
            messages: &messages,
            answer,
            finish: "stop",
            tokens,
            streamed: true,
        },
    );
}

/// A ticket is classified and answered; now and then the provider refuses once.
fn support(trace: &mut TraceBuilder) {
    trace.service("support-desk");
    let user = trace.dice.pick(&USERS);
    let ticket = trace.dice.pick(&[
        "The lamp in the hall no longer answers to the wall switch.",
        "Since the update the dashboard shows yesterday's temperatures.",
        "How do I give my parents access to the photo album?",
    ]);
    trace.within("POST /tickets", SERVER, |trace| {
        trace.set("http.request.method", "POST");
        trace.set("http.route", "/tickets");
        attribution(trace, "ticket-triage", "support", "v3", user);
        trace.within("SELECT tickets", CLIENT, |trace| {
            trace.set("db.system.name", "postgresql");
            trace.set("db.query.text", "SELECT * FROM tickets WHERE author = $1");
            trace.wait_ms(1, 15);
        });
        let messages = [text("system", "Classify the ticket: device, account, question."), text("user", ticket)];
        if trace.dice.one_in(4) {
            refused(trace, &messages);
        }
        let answer = text("assistant", trace.dice.pick(&["device", "question", "account"]));
        let tokens = [trace.dice.between(180, 320), 0, trace.dice.between(4, 12), 0];
        call(
            trace,
            &Call {
                provider: "anthropic",
                request_model: "claude-haiku-4-5",
                response_model: "claude-haiku-4-5-20251001",
                messages: &messages,
                answer,
                finish: "stop",
                tokens,
                streamed: false,
            },
        );
        trace.set("http.response.status_code", 201);
    });
}

fn refused(trace: &mut TraceBuilder, messages: &[Value]) {
    trace.within("chat claude-haiku-4-5", CLIENT, |trace| {
        trace.set("gen_ai.operation.name", "chat");
        trace.set("gen_ai.provider.name", "anthropic");
        trace.set("gen_ai.request.model", "claude-haiku-4-5");
        trace.set("gen_ai.input.messages", Value::from(messages).to_string());
        trace.wait_ms(40, 160);
        trace.fail("anthropic.RateLimitError", "429: rate limit reached, try again in 2 s");
    });
    trace.wait_ms(2_000, 2_300);
}

/// Documents are embedded and one question is answered from them.
fn indexing(trace: &mut TraceBuilder) {
    trace.service("knowledge-base");
    trace.within("index_documents", INTERNAL, |trace| {
        attribution(trace, "knowledge-search", "platform", "v2", "indexer");
        for _ in 0..trace.dice.between(2, 5) {
            trace.within("embeddings text-embedding-3-small", CLIENT, |trace| {
                trace.set("gen_ai.operation.name", "embeddings");
                trace.set("gen_ai.provider.name", "openai");
                trace.set("gen_ai.request.model", "text-embedding-3-small");
                trace.set("gen_ai.response.model", "text-embedding-3-small");
                let tokens = trace.dice.between(1_800, 7_900);
                trace.set("gen_ai.usage.input_tokens", tokens);
                trace.wait_ms(60, 380);
            });
        }
        trace.within("retrieval manuals", CLIENT, |trace| {
            trace.set("gen_ai.operation.name", "retrieval");
            trace.set("gen_ai.data_source.id", "manuals");
            trace.set("gen_ai.retrieval.query.text", "How is the heat pump reset?");
            let documents =
                json!([{"id": "heat-pump.pdf#12", "score": 0.91}, {"id": "heat-pump.pdf#3", "score": 0.74}]);
            trace.set("gen_ai.retrieval.documents", documents.to_string());
            trace.wait_ms(12, 70);
        });
        let messages = [text("user", "How is the heat pump reset?")];
        let answer =
            text("assistant", "Hold the service button for five seconds until the display blinks (manual, page 12).");
        let tokens = [trace.dice.between(2_400, 3_600), 0, trace.dice.between(30, 90), 0];
        call(
            trace,
            &Call {
                provider: "gcp.gemini",
                request_model: "gemini-2.5-flash",
                response_model: "gemini-2.5-flash",
                messages: &messages,
                answer,
                finish: "stop",
                tokens,
                streamed: true,
            },
        );
    });
}

/// A model on a machine at home: it has tokens and no price, which is said and not shown as zero.
fn local(trace: &mut TraceBuilder) {
    trace.service("home-assistant");
    let request = trace.dice.pick(&["Turn off everything downstairs.", "Is a window open?", "Good night."]);
    trace.within("voice_command", INTERNAL, |trace| {
        attribution(trace, "voice", "home", "v12", "living-room");
        let messages = [text("system", "You steer a house."), text("user", request)];
        let answer = text("assistant", "Done.");
        let tokens = [trace.dice.between(350, 600), 0, trace.dice.between(8, 40), 0];
        call(
            trace,
            &Call {
                provider: "ollama",
                request_model: "qwen3:8b",
                response_model: "qwen3:8b",
                messages: &messages,
                answer,
                finish: "stop",
                tokens,
                streamed: false,
            },
        );
    });
}

/// A workflow of n8n with its nodes, one of which asks a model; mail is now and then refused.
fn automation(trace: &mut TraceBuilder) {
    trace.service("n8n");
    trace.within("workflow.execute", INTERNAL, |trace| {
        trace.set("n8n.workflow.id", "mD8xq2");
        trace.set("n8n.workflow.name", "Morning digest");
        trace.set("ai.feature", "morning-digest");
        trace.set("ai.team", "home");
        node(trace, "Every morning", "n8n-nodes-base.scheduleTrigger", |trace| trace.wait_ms(1, 4));
        node(trace, "Read the feeds", "n8n-nodes-base.rssFeedRead", |trace| trace.wait_ms(180, 900));
        node(trace, "Summarise", "n8n-nodes-base.code", |trace| {
            let messages = [
                text("system", "Summarise the news in three sentences."),
                text("user", "Twelve articles of today: ..."),
            ];
            let answer =
                text("assistant", "The library reopens on Monday. Buses are on strike on Friday. It stays mild.");
            let tokens = [trace.dice.between(3_200, 5_400), 0, trace.dice.between(60, 140), 0];
            call(trace, &mini(&messages, answer, tokens));
        });
        node(trace, "Send the mail", "n8n-nodes-base.emailSend", |trace| {
            trace.wait_ms(60, 300);
            if trace.dice.one_in(5) {
                trace.fail("NodeApiError", "the mail server refused the connection");
            }
        });
    });
}

fn node(trace: &mut TraceBuilder, name: &str, kind: &str, body: impl FnOnce(&mut TraceBuilder)) {
    trace.within("node.execute", INTERNAL, |trace| {
        trace.set("n8n.node.name", name);
        trace.set("n8n.node.type", kind);
        body(trace);
    });
}
