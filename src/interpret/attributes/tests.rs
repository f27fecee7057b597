use super::*;

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

fn text(value: &str) -> any_value::Value {
    any_value::Value::StringValue(value.into())
}

#[test]
fn counts_come_in_every_type() {
    let list = [
        pair("int", any_value::Value::IntValue(7)),
        pair("double", any_value::Value::DoubleValue(7.0)),
        pair("digits", text(" 7 ")),
        pair("decimal_text", text("7.0")),
        pair("negative", any_value::Value::IntValue(-1)),
        pair("fraction", any_value::Value::DoubleValue(7.5)),
        pair("word", text("seven")),
    ];
    let attributes = Attributes::new(&list);
    for key in ["int", "double", "digits", "decimal_text"] {
        assert_eq!(attributes.uint(key), Some(7), "{key}");
    }
    for key in ["negative", "fraction", "word", "missing"] {
        assert_eq!(attributes.uint(key), None, "{key}");
    }
    assert_eq!(attributes.max_uint(&["missing", "int", "digits"]), Some(7));
}

#[test]
fn empty_and_none_are_absent_and_the_last_of_two_wins() {
    let list = [pair("a", text("")), pair("b", text("None")), pair("c", text("old")), pair("c", text("new"))];
    let attributes = Attributes::new(&list);
    assert!(!attributes.has("a") && !attributes.has("b"));
    assert_eq!(attributes.string("c"), Some("new"));
}

#[test]
fn flags_come_as_words() {
    let list = [pair("python", text("True")), pair("digit", text("0")), pair("other", text("yes"))];
    let attributes = Attributes::new(&list);
    assert_eq!(attributes.flag("python"), Some(true));
    assert_eq!(attributes.flag("digit"), Some(false));
    assert_eq!(attributes.flag("other"), None);
}

#[test]
fn structures_come_as_json_text_or_not_at_all() {
    let list = [pair("json", text(r#"{"a": 1}"#)), pair("cut", text(r#"{"a": "#)), pair("list", text(r#"["stop"]"#))];
    let attributes = Attributes::new(&list);
    assert_eq!(attributes.json("json"), Some(serde_json::json!({"a": 1})));
    assert_eq!(attributes.json("cut"), Some(Value::String(r#"{"a": "#.into())));
    assert_eq!(attributes.texts("list"), ["stop"]);
}

#[test]
fn a_family_is_a_run() {
    let list = [pair("p.1.x", text("b")), pair("q", text("c")), pair("p.0.x", text("a"))];
    let attributes = Attributes::new(&list);
    let keys: Vec<_> = attributes.under("p.").map(|(key, _)| key).collect();
    assert_eq!(keys, ["0.x", "1.x"]);
    assert!(attributes.has_prefix("p.") && !attributes.has_prefix("r"));
}
