//! The data file that the project genai-prices publishes (an array of providers), in the form of our tables.
//!
//! It holds what `prices.py` reads out of the Python package, in other words; the same is kept and left out.

use regex::Regex;
use serde_json::{Map, Value, json};

/// Theirs -> ours, and how many units their price is for.
const PRICES: [(&str, &str, f64); 12] = [
    ("input_mtok", "input", 1.0),
    ("output_mtok", "output", 1.0),
    ("cache_read_mtok", "cache_read", 1.0),
    ("cache_write_mtok", "cache_write", 1.0),
    ("cache_write_1h_mtok", "cache_write_1h", 1.0),
    ("input_audio_mtok", "audio_input", 1.0),
    ("output_audio_mtok", "audio_output", 1.0),
    ("input_image_mtok", "image_input", 1.0),
    ("output_image_mtok", "image_output", 1.0),
    ("output_reasoning_mtok", "reasoning", 1.0),
    ("requests_kcount", "request", 1000.0),
    ("web_searches_kcount", "web_search", 1000.0),
];

/// A variant's condition -> the service tier; other conditions are nothing that a client tells.
const TIERS: [(&str, &str, &str); 5] = [
    ("processing", "batch", "batch"),
    ("service_tier", "flex", "flex"),
    ("service_tier", "priority", "priority"),
    ("service_tier", "fast", "fast"),
    ("speed", "fast", "fast"),
];

/// The text of a table of ours with the same prices, called by `version`. A table of ours comes back as it is.
///
/// # Errors
/// Says what of the text is neither.
pub fn table_text(text: &str, version: &str) -> Result<String, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
    let Value::Array(providers) = value else { return Ok(text.to_owned()) };
    let providers = providers.iter().map(provider).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({"source": "genai-prices", "version": version, "licence": "MIT", "providers": providers}).to_string())
}

fn provider(theirs: &Value) -> Result<Value, String> {
    let id = text(theirs, "id").ok_or("a provider has no id: this is not the data file of genai-prices")?;
    let mut made = Map::from_iter([("id".to_owned(), json!(id))]);
    for key in ["provider_match", "model_match"] {
        if let Some(clause) = theirs.get(key).filter(|clause| !clause.is_null()) {
            made.insert(key.to_owned(), rule(clause).map_err(|fault| format!("{id}: {fault}"))?);
        }
    }
    if let Some(others) = theirs.get("fallback_model_providers").filter(|others| others.is_array()) {
        made.insert("fallback".to_owned(), others.clone());
    }
    let models = theirs.get("models").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let models = models.iter().map(|one| model(one).map_err(|fault| format!("{id}: {fault}")));
    made.insert("models".to_owned(), models.collect::<Result<_, _>>()?);
    Ok(Value::Object(made))
}

fn model(theirs: &Value) -> Result<Value, String> {
    let id = text(theirs, "id").ok_or("a model has no id")?;
    let about = |fault: String| format!("{id}: {fault}");
    let rule = rule(theirs.get("match").unwrap_or(&Value::Null)).map_err(about)?;
    let rows = match theirs.get("prices") {
        Some(Value::Array(rows)) => {
            rows.iter().map(|one| row(one.get("prices"), one.get("constraint"), None)).collect()
        }
        prices => vec![row(prices, None, None)],
    };
    let rows = rows.into_iter().collect::<Result<Vec<_>, _>>().map_err(about)?;
    let variants = theirs.get("price_variants").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let tiers = variants.iter().filter_map(|variant| {
        let when = variant.get("when")?.as_object().filter(|when| when.len() == 1)?;
        let (_, _, tier) = TIERS.iter().find(|(key, word, _)| when.get(*key).and_then(Value::as_str) == Some(*word))?;
        Some(row(variant.get("prices"), variant.get("constraint"), Some(tier)))
    });
    let tiers = tiers.collect::<Result<Vec<_>, _>>().map_err(about)?;
    Ok(json!({"id": id, "match": rule, "prices": rows, "tiers": tiers}))
}

fn row(prices: Option<&Value>, constraint: Option<&Value>, tier: Option<&str>) -> Result<Value, String> {
    let mut made = Map::new();
    made.extend(tier.map(|tier| ("tier".to_owned(), json!(tier))));
    if let Some(constraint) = constraint.filter(|constraint| !constraint.is_null()) {
        let hour = |key| text(constraint, key).and_then(|time| time.get(..5));
        match (text(constraint, "start_date"), hour("start_time"), hour("end_time")) {
            (Some(day), ..) => made.insert("from".to_owned(), json!(day)),
            (None, Some(start), Some(end)) => made.insert("between".to_owned(), json!([start, end])),
            _ => return Err(format!("unknown condition {constraint}")),
        };
    }
    for (theirs, ours, per) in PRICES {
        if let Some(told) = prices.and_then(|prices| prices.get(theirs)).filter(|told| !told.is_null()) {
            made.insert(ours.to_owned(), price(told, per).ok_or_else(|| format!("{theirs} is no price: {told}"))?);
        }
    }
    Ok(Value::Object(made))
}

fn price(told: &Value, per: f64) -> Option<Value> {
    let Some(steps) = told.get("tiers") else { return Some(json!(nano(told, per)?)) };
    let mut made = vec![json!(nano(told.get("base")?, per)?)];
    for step in steps.as_array()? {
        made.push(json!([step.get("start")?.as_u64()?, nano(step.get("price")?, per)?]));
    }
    Some(Value::Array(made))
}

/// Numbers, or numbers as text.
fn nano(told: &Value, per: f64) -> Option<i64> {
    let dollars = told.as_f64().or_else(|| told.as_str()?.parse().ok())?;
    crate::model::NanoUsd::from_usd(dollars / per).map(|amount| amount.0).filter(|nano| *nano >= 0)
}

fn rule(clause: &Value) -> Result<Value, String> {
    for (theirs, sign) in [("equals", "="), ("starts_with", "^"), ("ends_with", "$"), ("contains", "~")] {
        if let Some(text) = text(clause, theirs) {
            return Ok(json!(format!("{sign}{}", text.to_lowercase())));
        }
    }
    for word in ["or", "and"] {
        if let Some(parts) = clause.get(word).and_then(Value::as_array) {
            let parts = parts.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
            return Ok(std::iter::once(json!(word)).chain(parts).collect());
        }
    }
    match text(clause, "regex") {
        Some(pattern) => expression(pattern),
        None => Err(format!("unknown rule {clause}")),
    }
}

/// Our engine has no look-ahead: a leading `^(?!x)rest` becomes "not ^x, and ^rest".
fn expression(pattern: &str) -> Result<Value, String> {
    let known = |pattern: &str| {
        Regex::new(pattern).map(|_| ()).map_err(|_| format!("the expression {pattern:?} is not understood"))
    };
    let Some(inner) = pattern.strip_prefix("^(?!") else {
        known(pattern)?;
        return Ok(json!(format!("/{pattern}")));
    };
    let mut depth = 1;
    let end = inner.find(|c| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    let end = end.ok_or_else(|| format!("the expression {pattern:?} is not understood"))?;
    let (refused, rest) = (format!("^{}", &inner[..end]), &inner[end + 1..]);
    known(&refused)?;
    if rest.is_empty() {
        return Ok(json!(format!("!{refused}")));
    }
    known(&format!("^{rest}"))?;
    Ok(json!(["and", format!("!{refused}"), format!("/^{rest}")]))
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpret::price::Table;

    #[test]
    fn their_data_becomes_a_table() {
        let theirs = r#"[{"id": "p", "name": "P", "api_pattern": "x", "provider_match": {"contains": "P"},
            "fallback_model_providers": ["q"], "models": [{"id": "M", "match": {"or": [{"equals": "M"}, {"regex": "^(?!m-(x|y)$)m-"}]},
            "context_window": 5, "prices": [{"prices": {"input_mtok": {"base": 0.1, "tiers": [{"start": 9, "price": 2}]}, "output_image_mtok": 30, "audio_hours": 3}},
            {"constraint": {"start_date": "2026-03-13"}, "prices": {"input_mtok": "0.5", "requests_kcount": 12}},
            {"constraint": {"start_time": "16:30:00Z", "end_time": "00:30:00Z"}, "prices": {"input_mtok": 1}}],
            "price_variants": [{"when": {"processing": "batch"}, "prices": {"input_mtok": 0.25}}, {"when": {"route": "eu"}, "prices": {}}]}]}]"#;
        let made = table_text(theirs, "2026-11-20").expect("is understood");
        let value: Value = serde_json::from_str(&made).expect("JSON");
        assert_eq!(
            value["providers"][0]["models"][0],
            json!({"id": "M", "match": ["or", "=m", ["and", "!^m-(x|y)$", "/^m-"]],
                "prices": [{"input": [100_000_000, [9, 2_000_000_000_i64]], "image_output": 30_000_000_000_i64}, {"from": "2026-03-13", "input": 500_000_000, "request": 12_000_000},
                    {"between": ["16:30", "00:30"], "input": 1_000_000_000}],
                "tiers": [{"tier": "batch", "input": 250_000_000}]})
        );
        assert_eq!(&*Table::parse(&made).expect("a table").name(), "genai-prices 2026-11-20");
        assert_eq!(table_text(&made, "x").as_deref(), Ok(made.as_str()), "ours stays as it is");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (theirs, told) in [
            ("nothing", "no JSON"),
            ("[{}]", "no id"),
            (r#"[{"id": "p", "models": [{"id": "m", "match": {"like": "x"}}]}]"#, "p: m: unknown rule"),
            (r#"[{"id": "p", "models": [{"id": "m", "match": {"regex": "a(?=b)"}}]}]"#, "is not understood"),
            (
                r#"[{"id": "p", "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": -1}}]}]"#,
                "is no price",
            ),
        ] {
            let fault = table_text(theirs, "1").expect_err(theirs);
            assert!(fault.contains(told), "{fault}");
        }
    }
}
