//! Puts the pieces of a streamed answer together, in the form that the same answer has when it is not streamed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::document::Document;
use crate::relay::capture::{Loss, Room};

/// Room for text that gathers. When it is used up, what comes is counted as heard and not kept.
#[derive(Debug)]
pub(super) struct Gathered {
    room: Room,
    pub loss: Option<Loss>,
}

impl Gathered {
    pub fn new(room: Room) -> Self {
        Self { room, loss: None }
    }

    /// Whether there is room for `bytes` more.
    pub fn has_room(&mut self, bytes: usize) -> bool {
        if self.loss.is_none() {
            self.loss = self.room.take(bytes).err();
        }
        self.loss.is_none()
    }

    /// Adds a text to `known`; answers whether it said anything.
    pub fn push(&mut self, known: &mut String, more: &Value) -> bool {
        let Some(more) = more.as_str().filter(|more| !more.is_empty()) else { return false };
        if self.has_room(more.len()) {
            known.push_str(more);
        }
        true
    }
}

/// Choices of OpenAI's chat and completions, and the one of Ollama.
#[derive(Debug, Default)]
pub(super) struct Choices {
    choices: BTreeMap<u64, Choice>,
}

#[derive(Debug, Default)]
struct Choice {
    /// Of completions, which have no message.
    is_text: bool,
    role: Value,
    content: String,
    reasoning: String,
    refusal: String,
    transcript: String,
    tools: Vec<Tool>,
    finish: Value,
}

#[derive(Debug, Default)]
struct Tool {
    index: u64,
    id: Value,
    name: String,
    arguments: String,
    /// Ollama sends them whole, as an object.
    whole: Value,
}

impl Choices {
    /// A chunk of chat or completions; answers whether the model has said anything in it.
    pub fn chunk(&mut self, document: &Document, gathered: &mut Gathered) -> bool {
        let mut said = false;
        for (place, choice) in document.choices.as_array().into_iter().flatten().enumerate() {
            let index = choice.get("index").and_then(Value::as_u64).unwrap_or(place as u64);
            let known = self.choices.entry(index).or_default();
            if let Some(text) = choice.get("text") {
                known.is_text = true;
                said |= gathered.push(&mut known.content, text);
            }
            if let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) {
                said |= known.delta(delta, gathered);
            }
            if let Some(finish) = choice.get("finish_reason").filter(|finish| finish.is_string()) {
                known.finish = finish.clone();
            }
        }
        said
    }

    /// A line of Ollama.
    pub fn line(&mut self, document: &Document, gathered: &mut Gathered) -> bool {
        let known = self.choices.entry(0).or_default();
        let mut said = known.delta(&document.message, gathered);
        said |= gathered.push(&mut known.content, &document.response);
        said |= gathered.push(&mut known.reasoning, &document.thinking);
        said
    }

    /// As `choices` of an answer.
    pub fn into_choices(self) -> Value {
        self.choices.into_iter().map(|(index, choice)| choice.into_value(index)).collect()
    }
}

impl Choice {
    fn delta(&mut self, delta: &Value, gathered: &mut Gathered) -> bool {
        let at = |key: &str| delta.get(key).unwrap_or(&Value::Null);
        if at("role").is_string() {
            self.role = at("role").clone();
        }
        let mut said = self.content(at("content"), gathered);
        for key in ["reasoning_content", "reasoning", "thinking"] {
            said |= gathered.push(&mut self.reasoning, at(key));
        }
        said |= gathered.push(&mut self.refusal, at("refusal"));
        said |= gathered.push(&mut self.transcript, at("audio").get("transcript").unwrap_or(&Value::Null));
        for (place, call) in at("tool_calls").as_array().into_iter().flatten().enumerate() {
            self.tool(place as u64, call, gathered);
            said = true;
        }
        if let Some(call) = delta.get("function_call").filter(|call| call.is_object()) {
            self.tool(0, &json!({"function": call}), gathered);
            said = true;
        }
        said
    }

    /// Text, or parts of it (Mistral).
    fn content(&mut self, content: &Value, gathered: &mut Gathered) -> bool {
        let Some(parts) = content.as_array() else { return gathered.push(&mut self.content, content) };
        let mut said = false;
        for part in parts {
            match part.get("thinking") {
                Some(Value::Array(inner)) => {
                    for text in inner.iter().filter_map(|inner| inner.get("text")) {
                        said |= gathered.push(&mut self.reasoning, text);
                    }
                }
                Some(text) => said |= gathered.push(&mut self.reasoning, text),
                None => said |= gathered.push(&mut self.content, part.get("text").unwrap_or(&Value::Null)),
            }
        }
        said
    }

    /// A piece of a call. Some servers number none of them, and tell calls apart by their ids only.
    fn tool(&mut self, place: u64, call: &Value, gathered: &mut Gathered) {
        let index = call.get("index").and_then(Value::as_u64).unwrap_or(place);
        let id = call.get("id").filter(|id| id.as_str().is_some_and(|id| !id.is_empty()));
        let function = call.get("function").unwrap_or(&Value::Null);
        let is_whole = function.get("arguments").is_some_and(Value::is_object);
        let same =
            |tool: &Tool| tool.index == index && !is_whole && id.is_none_or(|id| tool.id.is_null() || tool.id == *id);
        let at = self.tools.iter().rposition(same).unwrap_or_else(|| {
            self.tools.push(Tool { index, ..Tool::default() });
            self.tools.len() - 1
        });
        let tool = &mut self.tools[at];
        if let Some(id) = id {
            tool.id = id.clone();
        }
        gathered.push(&mut tool.name, function.get("name").unwrap_or(&Value::Null));
        match function.get("arguments") {
            Some(whole) if is_whole && gathered.has_room(whole.to_string().len()) => tool.whole = whole.clone(),
            Some(text) => {
                gathered.push(&mut tool.arguments, text);
            }
            None => {}
        }
    }

    fn into_value(self, index: u64) -> Value {
        if self.is_text {
            return json!({"index": index, "text": self.content, "finish_reason": self.finish});
        }
        let role = if self.role.is_null() { "assistant".into() } else { self.role };
        let mut message = json!({"role": role, "content": self.content});
        let texts = [("reasoning_content", self.reasoning), ("refusal", self.refusal), ("transcript", self.transcript)];
        for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            message[key] = text.into();
        }
        if !self.tools.is_empty() {
            message["tool_calls"] = self.tools.into_iter().map(Tool::into_value).collect();
        }
        json!({"index": index, "message": message, "finish_reason": self.finish})
    }
}

impl Tool {
    fn into_value(self) -> Value {
        let arguments = if self.whole.is_null() { self.arguments.into() } else { self.whole };
        json!({"id": self.id, "type": "function", "function": {"name": self.name, "arguments": arguments}})
    }
}

/// Blocks of Anthropic's content.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    blocks: BTreeMap<u64, (Value, String)>,
}

impl Blocks {
    pub fn event(&mut self, event: &Document, gathered: &mut Gathered) -> bool {
        let index = event.index.as_u64().unwrap_or_default();
        match event.kind() {
            "content_block_start" if gathered.has_room(event.content_block.to_string().len()) => {
                self.blocks.insert(index, (event.content_block.clone(), String::new()));
                // Of text the first piece comes with the first delta.
                event.content_block.get("name").is_some()
            }
            "content_block_delta" => {
                let (_, text) = self.blocks.entry(index).or_default();
                let pieces = ["text", "thinking", "partial_json"].iter().filter_map(|key| event.delta.get(*key));
                pieces.fold(false, |said, piece| gathered.push(text, piece) | said)
            }
            _ => false,
        }
    }

    /// As `content` of an answer.
    pub fn into_content(self) -> Value {
        self.blocks.into_values().map(|(block, text)| whole_block(block, text)).collect()
    }
}

fn whole_block(mut block: Value, text: String) -> Value {
    if !block.is_object() {
        // Its beginning was not heard.
        block = json!({"type": "text"});
    }
    let key = match block.get("type").and_then(Value::as_str) {
        Some("thinking") => "thinking",
        Some("text") => "text",
        _ if text.is_empty() => return block,
        // Calls of tools, our own and the provider's.
        _ => {
            block["input"] = serde_json::from_str(&text).unwrap_or(Value::String(text));
            return block;
        }
    };
    let begun = block.get(key).and_then(Value::as_str).unwrap_or_default();
    block[key] = format!("{begun}{text}").into();
    block
}

/// Items of OpenAI's responses. The last event brings them whole; these are for a stream that breaks off.
#[derive(Debug, Default)]
pub(super) struct Items {
    items: BTreeMap<u64, Item>,
}

#[derive(Debug, Default)]
struct Item {
    value: Value,
    text: String,
    reasoning: String,
    input: String,
    done: bool,
}

impl Items {
    pub fn event(&mut self, event: &Document, gathered: &mut Gathered) -> bool {
        let Some(index) = event.output_index.as_u64() else { return false };
        let known = self.items.entry(index).or_default();
        match event.kind() {
            "response.output_item.added" | "response.output_item.done" => {
                if gathered.has_room(event.item.to_string().len()) {
                    known.value = event.item.clone();
                    known.done = event.kind().ends_with("done");
                }
                event.item.get("name").is_some()
            }
            "response.output_text.delta" | "response.refusal.delta" => gathered.push(&mut known.text, &event.delta),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                gathered.push(&mut known.reasoning, &event.delta)
            }
            "response.function_call_arguments.delta"
            | "response.custom_tool_call_input.delta"
            | "response.mcp_call_arguments.delta" => gathered.push(&mut known.input, &event.delta),
            _ => false,
        }
    }

    /// As `output` of an answer.
    pub fn into_output(self) -> Value {
        self.items.into_values().map(Item::into_value).collect()
    }
}

impl Item {
    fn into_value(self) -> Value {
        if self.done {
            return self.value;
        }
        let mut item = match self.value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        if !self.text.is_empty() {
            item.insert("type".into(), "message".into());
            item.insert("content".into(), json!([{"type": "output_text", "text": self.text}]));
        }
        if !self.reasoning.is_empty() {
            item.insert("summary".into(), json!([{"type": "summary_text", "text": self.reasoning}]));
        }
        if !self.input.is_empty() {
            item.insert("arguments".into(), self.input.into());
        }
        Value::Object(item)
    }
}
