use serde_json::json;

use super::*;

fn client(name: &str) -> &'static Client {
    connect::find(name).expect("it is known")
}

fn texts(client: &Client, arrivals: &Value) -> Vec<(String, bool)> {
    news(client, arrivals, "http://ai.lan:4319").into_iter().map(|news| (news.text, news.is_data)).collect()
}

#[test]
fn all_clients_are_listed_under_their_groups() {
    let text = list();
    assert!(text.contains("\nWorkflow and chat platforms\n  n8n            n8n\n"), "{text}");
    assert!(connect::all().all(|client| text.contains(client.label)));
    assert!(unknown("n9n").contains("n8n"), "what there is");
}

#[test]
fn data_of_the_client_is_told_from_others() {
    let item = |service: &str, clients: Value| {
        json!({"service": service, "scope": "n8n-workflow", "sdk": "", "client": "10.0.0.5", "protocol": "http_protobuf",
               "signal": "traces", "key": null, "clients": clients, "advice": null})
    };
    let arrivals = json!({"items": [item("n8n", json!(["n8n"])), item("shop", json!([]))], "refusals": [],
                          "probes": [{"client": "10.0.0.5", "protocol": "http", "signal": "traces"}]});
    let told = texts(client("n8n"), &arrivals);
    assert_eq!(
        told,
        [
            (
                "  + n8n: n8n (n8n-workflow) sent traces by http_protobuf from 10.0.0.5, without a key. \
                 See http://ai.lan:4319/traces\n"
                    .to_owned(),
                true
            ),
            (
                "  . shop (n8n-workflow) sent traces by http_protobuf from 10.0.0.5, which does not look like n8n.\n"
                    .to_owned(),
                false
            ),
        ],
        "the probe is forgotten once data has come"
    );
    assert!(texts(client("otel"), &arrivals).iter().all(|(_, is_data)| *is_data), "anything may be of an SDK");
}

#[test]
fn mistakes_are_told_with_what_to_change() {
    let arrivals = json!({"items": [], "refusals": [{"reason": "tls", "message": "TLS was tried", "client": "10.0.0.5",
        "remedy": connect::remedy("tls"), "protocol": "grpc", "signal": "unknown"}],
        "probes": [{"client": "10.0.0.7", "protocol": "http", "signal": "traces"}]});
    let told = texts(client("n8n"), &arrivals);
    assert_eq!(told.len(), 2);
    assert!(told[0].0.starts_with("  x Refused what 10.0.0.5 sent (tls). The client speaks TLS"), "{}", told[0].0);
    assert!(told[1].0.contains("N8N_OTEL_TRACES_PRODUCTION_ONLY=false"), "{}", told[1].0);
}

#[test]
fn a_server_for_its_own_machine_says_so() {
    let config = Config::default();
    let target = Target { http: "http://127.0.0.1:4318".into(), grpc: String::new(), key: ANY_KEY.into(), asks: false };
    let mut place = Place { target, only_here: true };
    assert!(reach(&place, None, &config).contains("in containers"));
    let asked = reach(&place, Some("ai.lan"), &config);
    assert!(
        asked.contains("Nobody reaches it as ai.lan") && asked.contains("receive.http = \"0.0.0.0:4318\""),
        "{asked}"
    );
    place.only_here = false;
    assert_eq!(reach(&place, Some("ai.lan"), &config), "");
    assert_eq!(own_host(config.receive.http, None), "127.0.0.1");
    assert_eq!(own_host(config.receive.http, Some("http://ai.lan:4319")), "ai.lan");
}
