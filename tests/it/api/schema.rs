//! Checks a JSON value against a schema of our OpenAPI document, as far as we use JSON Schema.

use serde_json::Value;

/// Panics where `value` is not what `schema` says. Fields that the schema does not name are faults too.
pub fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Err(fault) = matches(document, schema, value, place) {
        panic!("{fault}\nschema: {schema:#}\nvalue: {value:#}");
    }
}

fn matches(document: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    if let Some(target) = schema["$ref"].as_str() {
        let schema = document.pointer(target.trim_start_matches('#')).ok_or(format!("{target} is missing"))?;
        return matches(document, schema, value, place);
    }
    for word in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[word].as_array() {
            let faults: Vec<String> =
                choices.iter().filter_map(|choice| matches(document, choice, value, place).err()).collect();
            return if faults.len() < choices.len() { Ok(()) } else { Err(faults.join("; ")) };
        }
    }
    if let Some(object) = value.as_object() {
        let mut known = Vec::new();
        properties(document, schema, &mut known);
        let open = known.is_empty();
        for (name, field) in object {
            match known.iter().find(|(key, ..)| key == name) {
                Some((_, schema, _)) => matches(document, schema, field, &format!("{place}.{name}"))?,
                None if open => {}
                None => return Err(format!("{place}.{name} is not in the schema")),
            }
        }
        let missing = known.iter().find(|(key, _, required)| *required && !object.contains_key(key));
        if let Some((key, ..)) = missing {
            return Err(format!("{place}.{key} is missing"));
        }
    }
    if let (Some(list), Some(schema)) = (value.as_array(), schema.get("items")) {
        for (at, one) in list.iter().enumerate() {
            matches(document, schema, one, &format!("{place}[{at}]"))?;
        }
    }
    kind(schema, value).then_some(()).ok_or(format!("{place} is {value}, not {}", schema["type"]))
}

/// Properties of an object schema and of all its parts, and whether each must be there.
fn properties(document: &Value, schema: &Value, found: &mut Vec<(String, Value, bool)>) {
    if let Some(target) = schema["$ref"].as_str() {
        properties(document, document.pointer(target.trim_start_matches('#')).unwrap_or(&Value::Null), found);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        properties(document, part, found);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let required = schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name));
        found.push((name.clone(), property.clone(), required));
    }
}

fn kind(schema: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    match &schema["type"] {
        Value::Null => true,
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => false,
    }
}
