use serde_json::{Value, json};

use super::*;
use crate::config::{AttributionConfig, CostConfig, SplunkConfig};
use crate::journal::Cursor;
use crate::model::UnixNanos;
use crate::model::otlp::json::from_slice;
use crate::model::otlp::{LogsData, MetricsData, TracesData};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn selected(payload: Payload) -> Selected {
    Selected {
        cursor: Cursor::default(),
        received: UnixNanos(1_800_000_000_000_000_000),
        project: "home".into(),
        ordinals: (10..10 + payload.items()).collect(),
        payload,
        known: None,
    }
}

fn packed(selected: &Selected) -> (Vec<Item>, Vec<Value>) {
    packed_as(&SplunkConfig::default(), selected)
}

fn packed_as(config: &SplunkConfig, selected: &Selected) -> (Vec<Item>, Vec<Value>) {
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    let frames = Frames::new(config).expect("valid");
    let items = pack(&interpreter, &frames, selected);
    let events = items.iter().map(|item| serde_json::from_slice(&item.body).expect("JSON")).collect();
    (items, events)
}

fn traces(spans: Value) -> Payload {
    let resource = json!({"attributes": [
        {"key": "service.name", "value": {"stringValue": "shop"}},
        {"key": "host.name", "value": {"stringValue": "pve"}},
        {"key": "process.pid", "value": {"intValue": "7"}},
    ]});
    let data = json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]});
    Payload::Traces(from_slice::<TracesData>(data.to_string().as_bytes()).expect("OTLP"))
}

fn logs(records: Value) -> Payload {
    let data = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]});
    Payload::Logs(from_slice::<LogsData>(data.to_string().as_bytes()).expect("OTLP"))
}

fn metrics(metrics: Value) -> Payload {
    let data = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]});
    Payload::Metrics(from_slice::<MetricsData>(data.to_string().as_bytes()).expect("OTLP"))
}

fn attribute(key: &str, value: Value) -> Value {
    let kind = if value.is_string() { "stringValue" } else { "intValue" };
    json!({"key": key, "value": {kind: value}})
}

fn chat(id: &str, parent: &str) -> Value {
    json!({
        "traceId": TRACE, "spanId": id, "parentSpanId": parent, "name": "chat", "kind": 3,
        "startTimeUnixNano": "1700000000123456789", "endTimeUnixNano": "1700000001623456789",
        "attributes": [
            attribute("gen_ai.operation.name", json!("chat")),
            attribute("gen_ai.provider.name", json!("openai")),
            attribute("gen_ai.request.model", json!("gpt-4o-mini")),
            attribute("gen_ai.usage.input_tokens", json!(1000)),
            attribute("gen_ai.usage.output_tokens", json!(100)),
        ],
        "status": {"code": 2, "message": "boom"},
        "events": [{"name": "exception", "timeUnixNano": "1700000000500000000"}],
        "links": [{"traceId": TRACE, "spanId": "00f067aa0ba902b7"}],
    })
}

#[test]
fn a_span_has_the_names_of_the_collectors_exporter_and_ours() {
    let root = json!({
        "traceId": TRACE, "spanId": "1112131415161718", "name": "ask", "startTimeUnixNano": "1700000000000000000",
        "attributes": [attribute("session.id", json!("s1"))],
    });
    let (items, events) = packed(&selected(traces(json!([root, chat("b7ad6b7169203331", "1112131415161718")]))));
    let event = &events[1];
    assert_eq!(event["time"].to_string(), "1700000000.123");
    assert_eq!((&event["host"], &event["source"]), (&json!("pve"), &json!("shop")));
    assert_eq!(event["fields"], json!({"service.name": "shop", "host.name": "pve", "process.pid": "7"}));
    let span = &event["event"];
    let expected = json!({
        "trace_id": TRACE, "span_id": "b7ad6b7169203331", "parent_span_id": "1112131415161718", "name": "chat",
        "kind": "SPAN_KIND_CLIENT", "start_time": 1_700_000_000_123_456_789_u64,
        "end_time": 1_700_000_001_623_456_789_u64,
        "status": {"code": "STATUS_CODE_ERROR", "message": "boom"},
        "events": [{"name": "exception", "timestamp": 1_700_000_000_500_000_000_u64}],
        "links": [{"trace_id": TRACE, "span_id": "00f067aa0ba902b7", "trace_state": ""}],
        "service": "shop", "span_type": "llm", "duration_ms": 1500, "model": "gpt-4o-mini", "provider": "openai",
        "input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100, "cost_usd": 0.00021,
        "cost_basis": "computed", "counted": true, "session": "s1", "project": "home",
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&span[name], value, "{name}");
    }
    assert_eq!(span["attributes"]["gen_ai.request.model"], "gpt-4o-mini");
    let names: Vec<&str> = super::super::known::NAMES.iter().map(|(name, _)| *name).collect();
    for name in span.as_object().expect("an object").keys() {
        assert!(super::super::spans::NAMES.contains(&name.as_str()) || names.contains(&name.as_str()), "{name}");
    }
    let item = &items[1];
    assert_eq!((item.index, item.ordinal, item.records), (1, 11, 1));
    assert_eq!(item.span.map(|(trace, _)| trace.to_string()).as_deref(), Some(TRACE));
    assert_eq!(&*item.group, "events of the default index");
}

#[test]
fn events_have_the_address_of_their_page_where_it_is_known() {
    let config = SplunkConfig { page: Some("https://tracemeter.home/".into()), ..SplunkConfig::default() };
    let (_, spans) = packed_as(&config, &selected(traces(json!([chat("b7ad6b7169203331", "")]))));
    let url = format!("https://tracemeter.home/traces/{TRACE}?span=b7ad6b7169203331");
    assert_eq!(spans[0]["event"]["trace_url"], url);
    let records = json!([{"body": {"stringValue": "a"}, "traceId": TRACE}, {"body": {"stringValue": "b"}}]);
    let (_, events) = packed_as(&config, &selected(logs(records)));
    assert_eq!(events[0]["fields"]["trace_url"], format!("https://tracemeter.home/traces/{TRACE}"));
    assert_eq!(events[1]["fields"]["trace_url"], Value::Null);
}

#[test]
fn of_two_that_tell_one_call_the_chunk_counts_one() {
    let spans = json!([chat("b7ad6b7169203331", ""), chat("b7ad6b7169203332", "b7ad6b7169203331")]);
    let (_, events) = packed(&selected(traces(spans)));
    let counted: Vec<&Value> = events.iter().map(|event| &event["event"]["counted"]).collect();
    assert_eq!(counted, [false, true]);
}

#[test]
fn a_log_has_its_body_as_event_and_flat_fields() {
    let records = json!([
        {"timeUnixNano": "1700000000000000000", "body": {"stringValue": "it broke"}, "severityNumber": 17,
         "severityText": "ERROR", "traceId": TRACE, "spanId": "00f067aa0ba902b7",
         "attributes": [attribute("source", json!("own")), attribute("code", json!(500))]},
        {"body": {"stringValue": "  "}, "eventName": "job.done"},
        {"body": {"kvlistValue": {"values": [attribute("a", json!(1))]}}},
        {"severityNumber": 9},
        {"body": {"intValue": "5"}},
    ]);
    let (items, events) = packed(&selected(logs(records)));
    assert_eq!(events.len(), 4, "a record that says nothing makes no event");
    assert_eq!(items.iter().map(|item| item.ordinal).collect::<Vec<_>>(), [10, 11, 12, 14]);
    let fields = json!({
        "attr.source": "own", "code": 500, "trace_id": TRACE, "span_id": "00f067aa0ba902b7",
        "otel.log.severity.text": "ERROR", "otel.log.severity.number": 17, "project": "home",
        "service": "unknown_service",
    });
    assert_eq!((&events[0]["event"], &events[0]["fields"]), (&json!("it broke"), &fields));
    assert_eq!(events[1]["event"], "job.done");
    assert_eq!(events[1]["time"].to_string(), "1800000000.0", "the time it came");
    assert_eq!(events[2]["event"], json!({"a": 1}));
    assert_eq!(events[3]["event"], "5");
}

#[test]
fn a_call_told_by_a_log_record_carries_what_a_span_would() {
    let record = json!([{
        "timeUnixNano": "1700000000000000000", "body": {"stringValue": "claude_code.api_request"},
        "attributes": [
            attribute("event.name", json!("api_request")), attribute("model", json!("claude-sonnet-4-5")),
            attribute("session.id", json!("s9")), attribute("prompt.id", json!("p1")), attribute("input_tokens", json!(10)),
            attribute("output_tokens", json!(5)), attribute("cost_usd", json!("0.5")),
        ],
    }]);
    let (_, events) = packed(&selected(logs(record)));
    let fields = &events[0]["fields"];
    assert_eq!((&fields["span_type"], &fields["counted"]), (&json!("llm"), &json!(true)), "{fields}");
    assert_eq!((&fields["session"], &fields["input_tokens"]), (&json!("s9"), &json!(10)));
    assert_eq!(fields["trace_id"].as_str().map(str::len), Some(32), "the trace that is made of such records");
}

#[test]
fn a_score_is_an_event_of_its_own() {
    let record = json!([{
        "timeUnixNano": "1700000000000000000", "eventName": "gen_ai.evaluation.result", "traceId": TRACE,
        "attributes": [
            attribute("gen_ai.evaluation.name", json!("relevance")),
            {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.25}},
            attribute("judge", json!("anna")),
        ],
    }]);
    let (_, events) = packed(&selected(logs(record)));
    assert_eq!(events[0]["sourcetype"], "tracemeter:score");
    let expected = json!({
        "score_name": "relevance", "score_value": 0.25, "trace_id": TRACE, "service": "unknown_service",
        "project": "home", "attributes": {"judge": "anna"},
    });
    assert_eq!(events[0]["event"], expected);
    assert_eq!(events[0].get("fields"), None, "no resource, no fields");
}

#[test]
fn numbers_of_one_time_and_the_same_dimensions_share_an_event() {
    let point = |value: f64, code: i64| json!({"timeUnixNano": "1700000000000000000", "asDouble": value, "attributes": [attribute("code", json!(code))]});
    let (items, events) = packed(&selected(metrics(json!([
        {"name": "cpu.load", "unit": "1", "gauge": {"dataPoints": [point(0.5, 1), point(0.25, 2)]}},
        {"name": "2mem-use", "unit": "1", "gauge": {"dataPoints": [point(3.0, 1)]}},
        {"name": "calls", "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [
            {"timeUnixNano": "1700000000000000000", "asInt": "9"},
            {"timeUnixNano": "1700000000000000000", "asInt": "1", "flags": 1},
        ]}},
    ]))));
    let common = json!({"metric_type": "Gauge", "unit": "1", "service": "unknown_service", "project": "home"});
    let with = |more: Value| {
        let mut fields = common.clone();
        let map = fields.as_object_mut().expect("an object");
        more.as_object().expect("an object").iter().for_each(|(name, value)| {
            map.insert(name.clone(), value.clone());
        });
        fields
    };
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| event["event"] == "metric"));
    assert_eq!(
        events[0]["fields"],
        with(json!({"code": "1", "metric_name:cpu.load": 0.5, "metric_name:x2mem_use": 3.0}))
    );
    assert_eq!(events[1]["fields"], with(json!({"code": "2", "metric_name:cpu.load": 0.25})));
    let calls = &events[2]["fields"];
    assert_eq!((&calls["metric_name:calls"], &calls["temporality"]), (&json!(9), &json!("cumulative")));
    let places: Vec<_> = items.iter().map(|item| (item.ordinal, item.records)).collect();
    assert_eq!(places, [(10, 2), (10, 1), (12, 1)]);
    assert!(items.iter().all(|item| &*item.group == "metrics of the default index"));
    let alone = super::super::metrics::one_by_one(&items[0]);
    assert_eq!(alone.len(), 2);
    let second: Value = serde_json::from_slice(&alone[1].body).expect("JSON");
    assert_eq!(second["fields"], with(json!({"code": "1", "metric_name:x2mem_use": 3.0})));
    assert_eq!(super::super::metrics::one_by_one(&items[1]), Vec::new());
}

/// The buckets among events, by their bound.
fn buckets(events: &[Value], name: &str) -> Vec<(String, u64)> {
    let name = format!("metric_name:{name}_bucket");
    let fields = events.iter().map(|event| &event["fields"]);
    let of = |fields: &Value| Some((fields["le"].as_str()?.to_owned(), fields.get(&name)?.as_u64()?));
    fields.filter_map(of).collect()
}

#[test]
fn histograms_and_summaries_are_numbers_too() {
    let time = "1700000000000000000";
    let (_, events) = packed(&selected(metrics(json!([
        {"name": "took", "histogram": {"aggregationTemporality": 1, "dataPoints": [{
            "timeUnixNano": time, "count": "6", "sum": 9.5, "min": 0.5, "max": 4.0,
            "explicitBounds": [1.0, 2.5], "bucketCounts": ["1", "2", "3"]}]}},
        {"name": "exp", "exponentialHistogram": {"aggregationTemporality": 1, "dataPoints": [{
            "timeUnixNano": time, "count": "7", "scale": 0, "zeroCount": "1",
            "positive": {"offset": 1, "bucketCounts": ["2", "0", "3"]},
            "negative": {"offset": 0, "bucketCounts": ["1"]}}]}},
        {"name": "sum", "summary": {"dataPoints": [{
            "timeUnixNano": time, "count": "2", "sum": 3.0, "quantileValues": [{"quantile": 0.5, "value": 1.5}]}]}},
    ]))));
    let bucket = |bound: &str, count| (bound.to_owned(), count);
    assert_eq!(buckets(&events, "took"), [bucket("1", 1), bucket("2.5", 3), bucket("+Inf", 6)]);
    // base 2: the negative one is in [-2, -1), the positive ones in (2, 4] and (8, 16].
    let expected = [bucket("-1", 1), bucket("0", 2), bucket("4", 4), bucket("16", 7), bucket("+Inf", 7)];
    assert_eq!(buckets(&events, "exp"), expected);
    let totals = &events[0]["fields"];
    assert_eq!((&totals["metric_name:took_count"], &totals["metric_name:took_sum"]), (&json!(6), &json!(9.5)));
    assert_eq!((&totals["metric_name:took_min"], &totals["metric_name:took_max"]), (&json!(0.5), &json!(4.0)));
    assert_eq!((&totals["temporality"], &totals["metric_type"]), (&json!("delta"), &json!("Histogram")));
    let quantile =
        events.iter().map(|event| &event["fields"]).find(|fields| fields["qt"] == "0.5").expect("a quantile");
    assert_eq!(quantile["metric_name:sum_0.5"], 1.5);
}

#[test]
fn no_event_is_larger_than_splunk_cloud_takes() {
    let mut span = chat("b7ad6b7169203331", "");
    let prompt = "prompt ".repeat(1_000_000);
    span["attributes"].as_array_mut().expect("a list").push(attribute("gen_ai.input.messages", json!(prompt)));
    let (items, events) = packed(&selected(traces(json!([span, chat("b7ad6b7169203332", "")]))));
    assert!(items[0].body.len() <= MOST_BODY_BYTES);
    let kept = events[0]["event"]["attributes"]["gen_ai.input.messages"].as_str().expect("a text");
    assert!(kept.ends_with(" of 7000000 bytes left out]"), "{}", &kept[kept.len() - 60..]);
    assert_eq!(events[0]["event"]["input_tokens"], 1000);
    assert_eq!(events[1]["event"]["span_id"], "b7ad6b7169203332", "its neighbour is whole");
}
