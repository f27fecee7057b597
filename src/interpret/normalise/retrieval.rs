//! A search in a knowledge base: the question and what was found.

use serde_json::{Map, Value};

use super::RawSpan;
use super::messages::groups;
use crate::interpret::attributes::{as_json, parsed};
use crate::model::value::attributes_to_json;
use crate::model::{Retrieval, SpanKind};

pub fn read(raw: &RawSpan<'_>, kind: SpanKind) -> Option<Retrieval> {
    if !matches!(kind, SpanKind::Retrieval | SpanKind::Rerank) {
        return None;
    }
    const QUERY: &[&str] = &[
        "gen_ai.retrieval.query.text",
        "gen_ai.retrieval.query",
        "retrieval.query",
        "reranker.query",
        "crewai.knowledge.query",
        "input.value",
        "langfuse.observation.input",
        "traceloop.entity.input",
    ];
    // LangSmith keeps input and output of a run whole.
    let run = |key: &str, field: &str| raw.attributes.json(key)?.get_mut(field).map(Value::take);
    let query = raw.attributes.first_text(QUERY).map(|text| asked(&text).unwrap_or_else(|| text.into_owned()));
    let documents = documents(raw);
    Some(Retrieval {
        query: query.or_else(|| run("gen_ai.prompt", "query")?.as_str().map(str::to_owned)),
        documents: match run("gen_ai.completion", "documents") {
            Some(Value::Array(found)) if documents.is_empty() => found,
            _ => documents,
        },
    })
}

fn documents(raw: &RawSpan<'_>) -> Vec<Value> {
    let lists = ["gen_ai.retrieval.documents", "retrieval.document", "langwatch.rag_contexts"];
    if let Some(Value::Array(found)) = lists.iter().find_map(|key| raw.attributes.json(key)) {
        return found;
    }
    for family in ["retrieval.documents.", "reranker.output_documents."] {
        let found: Vec<Value> = groups(&raw.attributes, family)
            .iter()
            .map(|group| {
                let field = |name: &str| Some((name.to_owned(), as_json(group.get(&format!("document.{name}"))?)));
                let fields = ["id", "score", "content", "metadata"].into_iter().filter_map(field);
                Value::Object(fields.collect::<Map<_, _>>())
            })
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    // Vector database instrumentations of OpenLLMetry.
    let results =
        raw.span.events.iter().filter(|event| matches!(event.name.as_str(), "db.query.result" | "db.search.result"));
    let found: Vec<Value> = results.map(|event| Value::Object(attributes_to_json(&event.attributes))).collect();
    if !found.is_empty() {
        return found;
    }
    match raw.attributes.json("output.value").or_else(|| raw.attributes.json("langfuse.observation.output")) {
        Some(Value::Array(found)) => found,
        Some(mut other) => {
            // Dify's knowledge node, and its retrieval for a message.
            let list = ["result", "documents"].into_iter().find(|key| other.get(key).is_some_and(Value::is_array));
            match list.map(|key| other[key].take()) {
                Some(Value::Array(found)) => found,
                _ => vec![other],
            }
        }
        None => Vec::new(),
    }
}

/// What is asked in `{"query": "..."}`.
fn asked(text: &str) -> Option<String> {
    Some(parsed(text).get("query")?.as_str()?.to_owned())
}
