//! What a model was asked for, in the names of the GenAI conventions: from `extra.invocation_params` and
//! `extra.metadata.ls_*` (LangChain), or from the inputs of a wrapped SDK's method (`wrap_openai`).

use serde_json::{Map, Value};

use crate::receive::piece::Told;

/// Members of a request that are no parameters: told elsewhere, or content.
const NO_PARAMETER: &[&str] = &[
    "model",
    "model_name",
    "messages",
    "input",
    "prompt",
    "tools",
    "functions",
    "base_url",
    "baseURL",
    "extra_headers",
];

/// Where the address of the server stands that is asked.
const ADDRESSES: &[&str] =
    &["base_url", "baseURL", "baseUrl", "openai_api_base", "azure_endpoint", "anthropic_api_url", "endpoint"];

/// The parts of a run that tell of the question.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    pub run_type: Option<&'a str>,
    pub metadata: Option<&'a Map<String, Value>>,
    pub invocation: Option<&'a Map<String, Value>>,
    pub inputs: Option<&'a Value>,
    pub serialized: Option<&'a Value>,
}

impl Asked<'_> {
    pub(super) fn tell(&self, told: &mut Told) {
        let is_request = |inputs: &&Map<String, Value>| inputs.get("model").is_some_and(Value::is_string);
        let request = self.inputs.and_then(Value::as_object).filter(is_request);
        let metadata = |keys: &[&str]| text(self.metadata, keys);
        let parameters = self.invocation.or(request);
        let model =
            metadata(&["ls_model_name"]).or_else(|| text(parameters, &["model", "model_name", "deployment_name"]));
        if let Some(model) = model.or_else(|| text(request, &["model"])) {
            told.set_text("gen_ai.request.model", model);
        }
        if let Some(provider) = metadata(&["ls_provider"]) {
            told.set_text("gen_ai.provider.name", provider);
        }
        if let Some(operation) = self.operation() {
            told.set_text("gen_ai.operation.name", operation);
        }
        for (key, value) in parameters.into_iter().flatten() {
            if !NO_PARAMETER.contains(&key.as_str()) && !key.starts_with('_') && !value.is_object() {
                told.set(format!("gen_ai.request.{key}"), value);
            }
        }
        if let Some(tools) = parameters.and_then(|all| all.get("tools").or_else(|| all.get("functions"))) {
            told.set_text("gen_ai.tool.definitions", tools.to_string());
        }
        if let Some(address) = self.address() {
            told.set_text("server.address", address);
        }
    }

    fn operation(&self) -> Option<&'static str> {
        match (self.run_type?, text(self.metadata, &["ls_model_type"]).as_deref()) {
            ("embedding", _) => Some("embeddings"),
            ("llm", Some("llm" | "text")) => Some("text_completion"),
            ("llm", _) => Some("chat"),
            _ => None,
        }
    }

    /// `host:port`; of a whole URL the rest says nothing more.
    fn address(&self) -> Option<String> {
        let built = self.serialized.and_then(|made| made.get("kwargs")).and_then(Value::as_object);
        let configured = built.and_then(|built| built.get("configuration")).and_then(Value::as_object);
        let url = [self.invocation, built, configured].into_iter().find_map(|object| text(object, ADDRESSES))?;
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
        Some(host.to_owned()).filter(|host| !host.is_empty())
    }
}

fn text(object: Option<&Map<String, Value>>, keys: &[&str]) -> Option<String> {
    let found = keys.iter().find_map(|key| object?.get(*key)?.as_str().filter(|text| !text.is_empty()));
    found.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::value::attributes_to_json;

    fn told(asked: &Asked<'_>) -> Value {
        let mut told = Told::default();
        asked.tell(&mut told);
        Value::Object(attributes_to_json(&told.0))
    }

    #[test]
    fn langchain_tells_it_beside_the_inputs() {
        let metadata = json!({"ls_provider": "openai", "ls_model_name": "gpt-4o", "ls_model_type": "chat"});
        let invocation = json!({"model": "gpt-4o", "stream": false, "temperature": 0.5, "_type": "openai-chat",
            "tools": [{"type": "function"}], "stop": ["x"]});
        let serialized = json!({"kwargs": {"configuration": {"baseURL": "http://127.0.0.1:18080/v1"}}});
        let asked = Asked {
            run_type: Some("llm"),
            metadata: metadata.as_object(),
            invocation: invocation.as_object(),
            serialized: Some(&serialized),
            inputs: None,
        };
        assert_eq!(
            told(&asked),
            json!({
                "gen_ai.request.model": "gpt-4o", "gen_ai.provider.name": "openai", "gen_ai.operation.name": "chat",
                "gen_ai.request.stream": false, "gen_ai.request.temperature": 0.5, "gen_ai.request.stop": "[\"x\"]",
                "gen_ai.tool.definitions": "[{\"type\":\"function\"}]", "server.address": "127.0.0.1:18080"
            })
        );
    }

    #[test]
    fn a_wrapped_method_has_it_among_its_inputs() {
        let inputs = json!({"model": "gpt-4o-mini", "messages": [], "stream": true, "user": "anna"});
        let asked = Asked { run_type: Some("llm"), inputs: Some(&inputs), ..Asked::default() };
        assert_eq!(
            told(&asked),
            json!({
                "gen_ai.request.model": "gpt-4o-mini", "gen_ai.operation.name": "chat", "gen_ai.request.stream": true,
                "gen_ai.request.user": "anna"
            })
        );
    }
}
