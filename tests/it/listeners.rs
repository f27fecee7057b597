//! Ports for some signals, and resources that are changed where they come in.

use prost::Message as _;
use serde_json::json;
use tonic::Code;
use tracemeter::config::{ListenerConfig, ResourceAction};
use tracemeter::model::Signal;
use tracemeter::model::otlp::{TracesData, any_value};

use crate::receive_grpc::{TRACES, call, connect};
use crate::support::App;
use crate::support::otlp::{span, traces};

fn set(key: &str, value: &str) -> ResourceAction {
    ResourceAction::Set { key: key.into(), value: value.into() }
}

async fn app() -> App {
    App::start_with(|config| {
        config.receive.resource = vec![
            set("deployment.environment.name", "lab"),
            ResourceAction::Rename { key: "host".into(), to: "host.name".into() },
        ];
        let listen = "127.0.0.1:0".parse().expect("an address");
        let own = vec![set("site", "cellar"), ResourceAction::Remove { key: "process.*".into() }];
        config.receive.listener = vec![
            ListenerConfig { listen, signals: vec![Signal::Traces], resource: own },
            ListenerConfig { listen, signals: vec![Signal::Logs, Signal::Metrics], resource: Vec::new() },
        ];
    })
    .await
}

/// A trace whose span says in its name how it came.
fn sent(id: u8, how: &str) -> TracesData {
    let mut data = traces("shop", vec![span(id, id, how, 1)]);
    let mut more = traces("x", Vec::new()).resource_spans.remove(0).resource.expect("a resource").attributes;
    more[0].key = "host".into();
    let resource = data.resource_spans[0].resource.as_mut().expect("a resource");
    resource.attributes.extend(more.clone());
    more[0].key = "process.pid".into();
    resource.attributes.extend(more);
    data
}

/// The resource attributes under which the span of this name is kept.
async fn kept(app: &App, name: &str) -> Vec<(String, String)> {
    for payload in app.journal_payloads().await {
        let tracemeter::journal::Payload::Traces(data) = payload else { continue };
        for group in data.resource_spans {
            let mut spans = group.scope_spans.iter().flat_map(|scope| &scope.spans);
            if spans.any(|span| span.name == name) {
                let attributes = group.resource.expect("a resource").attributes;
                let text = |value: Option<any_value::Value>| match value {
                    Some(any_value::Value::StringValue(text)) => text,
                    other => format!("{other:?}"),
                };
                return attributes
                    .into_iter()
                    .map(|pair| (pair.key, text(pair.value.and_then(|value| value.value))))
                    .collect();
            }
        }
    }
    panic!("{name} is not kept")
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
}

#[tokio::test]
async fn resources_are_changed_in_every_protocol() {
    let app = app().await;
    let addresses = app.addresses();
    let [own, _] = addresses.listeners[..] else { panic!("{addresses:?}") };
    let everywhere =
        [("service.name", "shop"), ("process.pid", "x"), ("deployment.environment.name", "lab"), ("host.name", "x")];
    let there =
        [("service.name", "shop"), ("deployment.environment.name", "lab"), ("host.name", "x"), ("site", "cellar")];
    for (id, (port, expected)) in (1..).zip([(addresses.http, everywhere), (own, there)]) {
        let url = format!("http://{port}/v1/traces");
        let post = |content_type: &str, body: Vec<u8>| {
            app.client.post(&url).header("content-type", content_type).body(body).send()
        };
        let answer = post("application/x-protobuf", sent(id, &format!("protobuf {id}")).encode_to_vec()).await;
        assert_eq!(answer.expect("answers").status(), 200);
        let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        let json = json!({"resourceSpans": [{
            "resource": {"attributes": [attribute("service.name", "shop"), attribute("host", "x"), attribute("process.pid", "x")]},
            "scopeSpans": [{"spans": [{
                "traceId": format!("{:032x}", 50 + id), "spanId": format!("{id:016x}"), "name": format!("json {id}"),
                "startTimeUnixNano": "1795176000000000000", "endTimeUnixNano": "1795176001000000000",
            }]}],
        }]});
        assert_eq!(post("application/json", json.to_string().into()).await.expect("answers").status(), 200);
        let mut client = connect(format!("http://{port}")).await;
        call(&mut client, TRACES, sent(id + 20, &format!("grpc {id}"))).await.expect("success");
        for how in ["protobuf", "json", "grpc"] {
            let mut attributes = kept(&app, &format!("{how} {id}")).await;
            let mut expected = pairs(&expected);
            attributes.sort();
            expected.sort();
            assert_eq!(attributes, expected, "{how} on {port}");
        }
    }
    let told: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(app.data_dir().join("run/addresses.json")).expect("the file"))
            .expect("JSON");
    assert_eq!(told["listeners"][0], own.to_string());
    app.stop().await;
}

#[tokio::test]
async fn a_port_refuses_what_it_is_not_for_and_says_so() {
    let app = app().await;
    let [for_traces, for_others] = app.addresses().listeners[..] else { panic!("two listeners") };
    let post = |port, path: &str, content_type: &str| {
        app.client.post(format!("http://{port}{path}")).header("content-type", content_type.to_owned()).send()
    };
    assert_eq!(post(for_traces, "/v1/traces", "application/x-protobuf").await.expect("answers").status(), 200);
    assert_eq!(post(for_others, "/v1/metrics", "application/x-protobuf").await.expect("answers").status(), 200);
    let answer = post(for_others, "/v1/traces", "application/json").await.expect("answers");
    assert_eq!(answer.status(), 404);
    let told = answer.text().await.expect("a body");
    assert!(told.contains("this port takes logs and metrics, not traces"), "{told}");
    let answer = post(for_traces, "/v1/logs", "application/x-protobuf").await.expect("answers");
    assert_eq!(answer.status(), 404);
    let mut client = connect(format!("http://{for_others}")).await;
    let refused = call(&mut client, TRACES, sent(1, "x")).await.expect_err("not for traces");
    assert_eq!(refused.code(), Code::Unimplemented);
    assert!(refused.message().contains("receive.listener"), "{refused}");
    assert!(app.journal_spans().await.is_empty());
    app.stop().await;
}
