//! `/api/v1/config`: the configuration in force, without secrets.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;

use super::error::ApiError;
use super::query::Query;
use super::{ApiState, endpoints, types};
use crate::config::{Origin, Setting};

pub(super) async fn in_force(State(state): State<ApiState>, uri: Uri) -> Result<Json<types::Configuration>, ApiError> {
    Query::read(&uri, &endpoints::CONFIG, state.clock.now())?;
    let items = state.config.settings().into_iter().map(item);
    let values = match state.config.told() {
        serde_json::Value::Object(values) => types::JsonMap(values),
        _ => types::JsonMap(serde_json::Map::new()),
    };
    Ok(Json(types::Configuration { items: items.collect(), values }))
}

fn item(setting: Setting) -> types::ConfigurationItem {
    let (source, from) = match setting.origin {
        Origin::Default => ("default", None),
        Origin::File(path) => ("file", Some(path.display().to_string())),
        Origin::Environment(variable) => ("environment", Some(variable)),
        Origin::Flag => ("flag", None),
    };
    types::ConfigurationItem { key: setting.key, value: setting.value, source: source.into(), from }
}
