//! Arguments of a tool that its own span tells badly, from the model's answer that asked for it.
//!
//! LangChain's instrumentation records `Vienna` where the model said `{"city": "Vienna"}`, and some record nothing.

use serde_json::Value;

use crate::model::{Content, Part, Tool};

/// A model's wish to have a tool run.
struct Wish {
    id: Option<String>,
    name: String,
    arguments: Value,
}

/// Completes the tools among `contents`, which are those of one trace.
pub fn complete_tools(contents: &mut [&mut Content]) {
    let is_poor = |tool: &Tool| !tool.arguments.as_ref().is_some_and(Value::is_object);
    if !contents.iter().any(|content| content.tool.as_ref().is_some_and(is_poor)) {
        return;
    }
    let messages = contents.iter().flat_map(|content| content.output_messages.iter());
    let wishes: Vec<Wish> = messages.flat_map(|message| &message.parts).filter_map(wish).collect();
    for tool in contents.iter_mut().filter_map(|content| content.tool.as_mut()).filter(|tool| is_poor(tool)) {
        if let Some(arguments) = wished(tool, &wishes) {
            tool.arguments = Some(arguments);
        }
    }
}

fn wish(part: &Part) -> Option<Wish> {
    match part {
        Part::ToolCall { id, name, arguments } if arguments.is_object() => {
            Some(Wish { id: id.clone(), name: name.clone(), arguments: arguments.clone() })
        }
        _ => None,
    }
}

/// By the id of the call; without one only where the values agree with what the span does tell.
fn wished(tool: &Tool, wishes: &[Wish]) -> Option<Value> {
    if let Some(id) = &tool.call_id {
        return wishes.iter().find(|wish| wish.id.as_ref() == Some(id)).map(|wish| wish.arguments.clone());
    }
    let told = tool.arguments.as_ref()?;
    let says_so = |wish: &&Wish| {
        let mut values = wish.arguments.as_object().into_iter().flat_map(|arguments| arguments.values());
        Some(&wish.name) == tool.name.as_ref() && values.next() == Some(told) && values.next().is_none()
    };
    wishes.iter().find(says_so).map(|wish| wish.arguments.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Message, Role};

    fn asked(id: &str, city: &str) -> Content {
        let arguments = json!({"city": city});
        let parts = vec![Part::ToolCall { id: Some(id.into()), name: "get_weather".into(), arguments }];
        let message = Message { role: Role::Assistant, name: None, parts, finish_reason: None };
        Content { output_messages: vec![message], ..Content::default() }
    }

    fn ran(call_id: Option<&str>, arguments: Option<Value>) -> Content {
        let tool = Tool { name: Some("get_weather".into()), call_id: call_id.map(Into::into), arguments, result: None };
        Content { tool: Some(tool), ..Content::default() }
    }

    fn completed(tool: Content) -> Option<Value> {
        let (mut first, mut second, mut tool) = (asked("c1", "Vienna"), asked("c2", "Linz"), tool);
        complete_tools(&mut [&mut first, &mut second, &mut tool]);
        tool.tool.expect("a tool").arguments
    }

    #[test]
    fn the_id_tells_or_else_the_value() {
        assert_eq!(completed(ran(Some("c2"), None)), Some(json!({"city": "Linz"})));
        assert_eq!(completed(ran(Some("c3"), Some(json!("Linz")))), Some(json!("Linz")));
        assert_eq!(completed(ran(None, Some(json!("Vienna")))), Some(json!({"city": "Vienna"})));
        assert_eq!(completed(ran(None, Some(json!("Graz")))), Some(json!("Graz")));
        assert_eq!(completed(ran(None, None)), None);
        assert_eq!(completed(ran(Some("c2"), Some(json!({"town": "Linz"})))), Some(json!({"town": "Linz"})));
    }
}
