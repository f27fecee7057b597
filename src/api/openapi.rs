//! `/api/openapi.json`: addresses and parameters from the table of endpoints, shapes from the types.

use utoipa::OpenApi;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder};

use super::endpoints::{self, Change, Endpoint, Param};
use super::{changes, types};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tracemeter",
        description = "Traces of model calls and what they cost. Times are RFC 3339 in UTC, durations milliseconds, \
                       money US dollars beside the exact integer in billionths (*_nano)."
    ),
    components(schemas(
        types::Account,
        types::LoginList,
        types::KeyList,
        types::MadeKey,
        types::BulkResult,
        types::AgentList,
        types::Arrivals,
        types::ClientList,
        types::Configuration,
        types::LogSummary,
        types::MetricAttributeList,
        types::SqlResult,
        types::SqlTableList,
        types::Storage,
        types::CallList,
        types::Comparison,
        types::CostExplanation,
        types::CostList,
        types::Currency,
        types::DeadLetterList,
        types::DeadLettersChanged,
        types::DestinationList,
        types::Dimension,
        types::ErrorBody,
        types::FailureList,
        types::Health,
        types::Live,
        types::LogList,
        types::MetricList,
        types::MetricNameList,
        types::MetricSeries,
        types::ModelList,
        types::MoverList,
        types::OfferList,
        types::OverrideList,
        types::Overview,
        types::Pinned,
        types::PriceList,
        types::Receipt,
        types::RedactionDryRun,
        types::RedactionTest,
        types::ReceiptList,
        types::Reindex,
        types::ReconcileList,
        types::InvoiceReport,
        types::SearchList,
        types::Series,
        types::SessionDetail,
        types::SessionList,
        types::TraceDetail,
        types::TraceList,
        types::ToolList,
        types::TraceOrder,
        types::UserList,
        types::ValueList,
        types::ViewList,
        types::WorkflowList,
        types::WorkflowNodeList,
    ))
)]
struct Document;

/// The OpenAPI 3.1 document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    for endpoint in endpoints::ALL {
        let item = PathItem::new(HttpMethod::Get, operation(&endpoint));
        document.paths.paths.insert(endpoint.path.into(), item);
    }
    for change in endpoints::CHANGES {
        let item = document.paths.paths.entry(change.path.into()).or_default();
        let place = match change.method {
            "put" => &mut item.put,
            "post" => &mut item.post,
            _ => &mut item.delete,
        };
        *place = Some(changing(&change));
    }
    document
}

fn changing(change: &Change) -> Operation {
    let header = ParameterBuilder::new()
        .name(changes::HEADER)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some("Any value: shows that it is no page of another site that asks"))
        .schema(Some(text()));
    let mut operation = OperationBuilder::new()
        .operation_id(Some(format!("{}_{}", change.method, operation_name(change.path))))
        .summary(Some(change.summary))
        .parameter(header)
        .response("200", answer("What was done", change.answer, "application/json"))
        .response("default", answer("Why not, and what to do", "ErrorBody", "application/json"));
    for name in in_path(change.path) {
        operation = operation.parameter(path_parameter(name));
    }
    for param in change.params.iter().copied().flatten() {
        operation = operation.parameter(parameter(param));
    }
    if change.path == endpoints::INVOICE.path {
        let file = ContentBuilder::new().schema(Some(text())).build();
        let body = RequestBodyBuilder::new().description(Some("The CSV as it was exported")).content("text/csv", file);
        operation = operation.request_body(Some(body.required(Some(Required::True)).build()));
    }
    if change.path == endpoints::SQL.path {
        let query = ObjectBuilder::new().property("sql", text()).required("sql").build();
        let content = ContentBuilder::new().schema(Some(RefOr::T(Schema::Object(query)))).build();
        let body = RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    operation.build()
}

fn operation_name(path: &str) -> String {
    path.trim_start_matches("/api/v1/").replace("/{", "_by_").replace('}', "").replace('/', "_")
}

/// The names in braces.
fn in_path(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

fn path_parameter(name: &str) -> Parameter {
    let about = match name {
        "trace_id" => "32 hex digits",
        "span_id" => "16 hex digits",
        "hash" => "64 lower-case hex digits",
        _ => "As it stands in the lists",
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(text()))
        .build()
}

fn operation(endpoint: &Endpoint) -> Operation {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(operation_name(endpoint.path)))
        .summary(Some(endpoint.summary))
        .response("200", answer("What was asked for", endpoint.answer, media_type(endpoint)))
        .response("default", answer("Why not, and what to do", "ErrorBody", "application/json"));
    for name in in_path(endpoint.path) {
        operation = operation.parameter(path_parameter(name));
    }
    for param in endpoint.params() {
        operation = operation.parameter(parameter(param));
    }
    operation.build()
}

fn media_type(endpoint: &Endpoint) -> &'static str {
    match endpoint.path {
        path if path == endpoints::LIVE.path => "text/event-stream",
        path if path == endpoints::MEDIA.path => "*/*",
        path if path == endpoints::TRACE_EXPORT.path => "application/x-ndjson",
        _ => "application/json",
    }
}

fn answer(about: &str, schema: &str, media_type: &str) -> Response {
    let schema = match (schema, media_type) {
        // OTLP has a description of its own.
        ("", "application/json") => RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::Object).build())),
        ("", _) => text(),
        (name, _) => RefOr::Ref(Ref::from_schema_name(name)),
    };
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(about).content(media_type, content).build()
}

fn parameter(param: &Param) -> Parameter {
    let schema = if param.many { RefOr::T(Schema::Array(ArrayBuilder::new().items(text()).build())) } else { text() };
    ParameterBuilder::new()
        .name(param.name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(param.about))
        .schema(Some(schema))
        .build()
}

fn text() -> RefOr<Schema> {
    RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).build()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(target)) = map.get("$ref") {
                    found.insert(target.clone());
                }
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_endpoint_is_there() {
        let document = serde_json::to_value(openapi()).expect("is JSON");
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.contains("#/components/schemas/TraceItem"), "{found:?}");
        for target in found {
            let pointer = target.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{target} is not in the document");
        }
        for endpoint in endpoints::ALL {
            let parameters = &document["paths"][endpoint.path]["get"]["parameters"];
            let count = parameters.as_array().map_or(0, Vec::len);
            let in_path = endpoint.path.matches('{').count();
            assert_eq!(count, endpoint.params().count() + in_path, "{}", endpoint.path);
        }
    }
}
