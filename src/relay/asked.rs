//! What a request asks for: model, parameters, messages, tools, and whose it is.

use serde_json::Value;

use super::attributes::List;
use super::messages;
use super::speech::Speech;

/// Names of the APIs for what the conventions call by one; the first that is there is meant.
const PARAMETERS: &[(&str, &[&str])] = &[
    ("gen_ai.request.temperature", &["/temperature", "/options/temperature"]),
    ("gen_ai.request.top_p", &["/top_p", "/options/top_p"]),
    ("gen_ai.request.top_k", &["/top_k", "/options/top_k"]),
    (
        "gen_ai.request.max_tokens",
        &["/max_completion_tokens", "/max_tokens", "/max_output_tokens", "/options/num_predict"],
    ),
    ("gen_ai.request.frequency_penalty", &["/frequency_penalty", "/options/frequency_penalty"]),
    ("gen_ai.request.presence_penalty", &["/presence_penalty", "/options/presence_penalty"]),
    ("gen_ai.request.stop_sequences", &["/stop_sequences", "/stop", "/options/stop"]),
    ("gen_ai.request.seed", &["/seed", "/options/seed"]),
    ("gen_ai.request.choice.count", &["/n"]),
    ("gen_ai.request.reasoning_effort", &["/reasoning_effort", "/reasoning/effort", "/output_config/effort"]),
    ("gen_ai.request.thinking_budget_tokens", &["/thinking/budget_tokens"]),
    ("gen_ai.request.encoding_formats", &["/encoding_format"]),
    ("gen_ai.embeddings.dimension.count", &["/dimensions"]),
    ("openai.request.service_tier", &["/service_tier"]),
];

/// Longest text that is a parameter.
const MOST_CHARS: usize = 256;

/// What is known of a request.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub model: Option<String>,
    pub stream: Option<bool>,
    pub user: Option<String>,
    pub session: Option<String>,
    /// Parameters under the names of the conventions.
    pub parameters: List,
    pub system: Vec<Value>,
    pub messages: Vec<Value>,
    pub tools: Vec<Value>,
}

impl Asked {
    /// `None` when it is no JSON object.
    pub fn parse(speech: Speech, text: &[u8]) -> Option<Self> {
        let request: Value = serde_json::from_slice(text).ok().filter(Value::is_object)?;
        Some(Self::of(speech, &request))
    }

    fn of(speech: Speech, request: &Value) -> Self {
        let at = |path: &str| request.pointer(path).unwrap_or(&Value::Null);
        let text = |path: &str| at(path).as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let (user, session) = whose(at("/metadata/user_id").as_str());
        let conversation = text("/conversation").or_else(|| text("/conversation/id"));
        let input = ["/messages", "/input", "/prompt"].into_iter().map(at).find(|value| !value.is_null());
        let mut messages = input.map(messages::messages).unwrap_or_default();
        if speech == Speech::OllamaGenerate {
            with_images(&mut messages, at("/images"));
        }
        let system = ["/system", "/instructions"].into_iter().map(at).find(|value| !value.is_null());
        Self {
            model: text("/model"),
            stream: at("/stream").as_bool().or_else(|| speech.streams_by_default().then_some(true)),
            user: text("/user").or_else(|| text("/safety_identifier")).or(user),
            session: session.or(conversation),
            parameters: parameters(request),
            system: system.map(messages::instructions).unwrap_or_default(),
            messages,
            tools: messages::tools(at("/tools")),
        }
    }
}

/// Ollama's `generate` has images beside its prompt.
fn with_images(messages: &mut Vec<Value>, images: &Value) {
    let mut found = messages::parts(&serde_json::json!({ "images": images }), "user");
    if found.is_empty() {
        return;
    }
    match messages.first_mut().and_then(|message| message["parts"].as_array_mut()) {
        Some(parts) => parts.append(&mut found),
        None => messages.push(serde_json::json!({"role": "user", "parts": found})),
    }
}

/// Claude Code puts user, account and session into Anthropic's `metadata.user_id`: as
/// `user_HASH_account_UUID_session_UUID`, since 2.1 as JSON.
fn whose(told: Option<&str>) -> (Option<String>, Option<String>) {
    let Some(told) = told.map(str::trim).filter(|told| !told.is_empty()) else { return (None, None) };
    if let Ok(Value::Object(fields)) = serde_json::from_str(told) {
        let text = |key: &str| fields.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        return (text("account_uuid").or_else(|| text("device_id")), text("session_id"));
    }
    match told.split_once("_session_") {
        Some((user, session)) => {
            let user = user.split("_account_").next().unwrap_or(user).trim_end_matches('_');
            (Some(user.to_owned()), Some(session.to_owned()))
        }
        None => (Some(told.to_owned()), None),
    }
}

fn parameters(request: &Value) -> List {
    let mut found = List::default();
    for (key, paths) in PARAMETERS {
        let value = paths.iter().find_map(|path| request.pointer(path).filter(|value| !value.is_null()));
        let as_list = matches!(*key, "gen_ai.request.stop_sequences" | "gen_ai.request.encoding_formats");
        match value {
            Some(Value::String(text)) if text.chars().count() > MOST_CHARS => {}
            Some(Value::String(text)) if as_list => found.texts(key, [text.as_str()]),
            Some(Value::Array(items)) if as_list => found.texts(key, items.iter().filter_map(Value::as_str)),
            Some(value) => found.scalar(key, value),
            None => {}
        }
    }
    let format = ["/response_format/type", "/text/format/type"];
    let format = format.iter().find_map(|path| request.pointer(path)?.as_str()).or_else(|| {
        // Ollama: `json`, or a schema.
        let format = request.get("format")?;
        (format == "json" || format.is_object()).then_some("json_object")
    });
    match format {
        Some("json_object" | "json_schema") => found.text("gen_ai.output.type", "json"),
        Some("text") => found.text("gen_ai.output.type", "text"),
        _ => {}
    }
    if request.get("speed").and_then(Value::as_str) == Some("fast") {
        found.text("anthropic.request.service_tier", "fast");
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(speech: Speech, request: &Value) -> Asked {
        Asked::parse(speech, request.to_string().as_bytes()).expect("an object")
    }

    #[test]
    fn a_chat_in_the_words_of_openai() {
        let asked = of(
            Speech::Chat,
            &json!({"model": "gpt-4o", "stream": true, "user": "anna", "max_completion_tokens": 9, "stop": "END",
                "temperature": 0.5, "response_format": {"type": "json_schema"}, "service_tier": "flex",
                "messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
                "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]}),
        );
        assert_eq!(
            (asked.model.as_deref(), asked.stream, asked.user.as_deref()),
            (Some("gpt-4o"), Some(true), Some("anna"))
        );
        assert_eq!(asked.messages.len(), 2);
        assert_eq!(asked.tools, [json!({"type": "function", "name": "f", "parameters": {"type": "object"}})]);
        let keys: Vec<&str> = asked.parameters.keys().collect();
        assert_eq!(
            keys,
            [
                "gen_ai.request.temperature",
                "gen_ai.request.max_tokens",
                "gen_ai.request.stop_sequences",
                "openai.request.service_tier",
                "gen_ai.output.type",
            ]
        );
    }

    #[test]
    fn ollama_streams_unless_it_is_told_not_to() {
        assert_eq!(of(Speech::OllamaChat, &json!({"model": "m"})).stream, Some(true));
        assert_eq!(of(Speech::OllamaChat, &json!({"model": "m", "stream": false})).stream, Some(false));
        assert_eq!(of(Speech::Chat, &json!({"model": "m"})).stream, None);
        let generate =
            json!({"model": "m", "prompt": "What is this?", "images": ["aGk="], "options": {"num_predict": 5}});
        let asked = of(Speech::OllamaGenerate, &generate);
        assert_eq!(asked.messages[0]["parts"][1]["type"], "blob");
        assert_eq!(asked.parameters.keys().collect::<Vec<_>>(), ["gen_ai.request.max_tokens"]);
    }

    #[test]
    fn claude_code_names_its_session_among_the_metadata() {
        assert_eq!(whose(Some("user_ab12_account__session_9f-1")), (Some("user_ab12".into()), Some("9f-1".into())));
        let json = r#"{"device_id":"d","account_uuid":"","session_id":"s"}"#;
        assert_eq!(whose(Some(json)), (Some("d".into()), Some("s".into())));
        assert_eq!(whose(Some("anna")), (Some("anna".into()), None));
        assert_eq!(whose(Some(" ")), (None, None));
    }
}
