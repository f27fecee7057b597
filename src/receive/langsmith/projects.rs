//! Projects as clients ask for them. A project is a name that runs carry: any is there, and none needs to be made.

use std::collections::HashMap;

use axum::extract::Query;
use axum::http::Uri;
use serde_json::{Value, json};

use crate::model::UnixNanos;

/// The only tenant. Clients want a UUID.
const TENANT: &str = "00000000-0000-0000-0000-000000000001";

/// The project of this name, with an id that is always the same.
fn project(id: Option<&str>, name: &str, now: UnixNanos) -> Value {
    let made = || {
        let hash = blake3::hash(name.as_bytes());
        let digits = hex::encode(&hash.as_bytes()[..16]);
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    };
    json!({
        "id": id.map_or_else(made, str::to_owned),
        "name": name,
        "tenant_id": TENANT,
        "start_time": now.to_string(),
        "end_time": null,
        "description": null,
        "extra": null,
        "reference_dataset_id": null,
    })
}

/// Those that the parameters of `uri` name; else the one that runs without a project belong to.
pub(super) fn list(uri: &Uri, now: UnixNanos) -> Value {
    let parameters = Query::<HashMap<String, String>>::try_from_uri(uri).map(|Query(all)| all).unwrap_or_default();
    json!([project(None, parameters.get("name").map_or("default", String::as_str), now)])
}

pub(super) fn created(body: &[u8], now: UnixNanos) -> Value {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |key: &str| told.get(key).and_then(Value::as_str);
    project(text("id"), text("name").unwrap_or("default"), now)
}

pub(super) fn one(id: &str, now: UnixNanos) -> Value {
    project(Some(id), "default", now)
}

pub(super) fn settings(now: UnixNanos) -> Value {
    json!({"id": TENANT, "display_name": "Tracemeter", "created_at": now.to_string(), "tenant_handle": null})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_always_the_same_project() {
        let now = UnixNanos(5);
        let uri: Uri = "/sessions?limit=1&name=my%20home".parse().expect("an address");
        let found = list(&uri, now);
        assert_eq!(found[0]["name"], "my home");
        assert_eq!(found[0]["id"], created(br#"{"name": "my home"}"#, now)["id"]);
        assert_eq!(found[0]["id"].as_str().map(str::len), Some(36));
        assert_eq!(created(br#"{"name": "x", "id": "7"}"#, now)["id"], "7");
        assert_eq!(list(&"/sessions".parse().expect("an address"), now)[0]["name"], "default");
    }
}
