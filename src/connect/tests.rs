use super::*;

#[test]
fn names_are_unique_and_texts_are_whole() {
    let mut names: Vec<&str> = super::all().flat_map(|client| client.also.iter().copied().chain([client.id])).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for client in super::all() {
        assert!(!client.steps[0].or, "{}: the first way is no other way", client.id);
        for step in client.steps {
            assert!(step.place.ends_with(':'), "{}: {}", client.id, step.place);
        }
        let sentences = client.notes.iter().chain(&client.if_silent).chain(&client.samples);
        sentences.for_each(|sentence| assert!(sentence.ends_with('.'), "{}: {sentence}", client.id));
    }
    assert_eq!(find("Traceloop").map(|client| client.id), Some("openllmetry"));
    assert_eq!(find("nothing"), None);
}

#[test]
fn clients_are_known_by_their_signs() {
    let of = |service, scope, protocol| recognised(Seen { service, scope, protocol });
    assert_eq!(of("n8n", "n8n-workflow", "http_protobuf"), ["n8n"]);
    assert_eq!(of("my-flow", "n8n-workflow", "http_protobuf"), ["n8n"]);
    assert_eq!(of("shop", "openinference.instrumentation.openai", "grpc"), ["openinference"]);
    assert_eq!(of("shop", "opentelemetry.instrumentation.openai.v1", "grpc"), ["openllmetry"]);
    assert_eq!(of("codex_exec", "", "http_protobuf"), ["codex"]);
    assert_eq!(of("claude-code", "com.anthropic.claude_code.events", "http_protobuf"), ["claude-code"]);
    assert_eq!(of("shop", "ai", "http_json"), ["vercel-ai"]);
    assert_eq!(of("shop", "", "langsmith"), ["langsmith"]);
    assert_eq!(of("shop", "opentelemetry.instrumentation.genai.openai", "grpc"), ["otel"]);
    assert_eq!(of("langflow", "opentelemetry.instrumentation.openai", "grpc"), ["langflow", "openllmetry"]);
    assert!(of("shop", "my.scope", "grpc").is_empty());
}

#[test]
fn settings_have_a_key_where_one_is_asked_for() {
    let target = |asks| {
        let key = if asks { "tm_ingest_7" } else { ANY_KEY };
        Target { http: "http://ai.lan:4318".into(), grpc: "http://ai.lan:4317".into(), key: key.into(), asks }
    };
    let (with, without) = (target(true), target(false));
    for client in super::all() {
        let text = |target: &Target| client.steps.iter().map(|step| step.filled(target)).collect::<Vec<_>>().join("\n");
        let notes = |target: &Target| client.notes.iter().map(|note| target.fill(note)).collect::<Vec<_>>().join("\n");
        let all = [text(&with), text(&without), notes(&with), notes(&without)];
        assert!(all[0].contains("tm_ingest_7"), "{}: {}", client.id, all[0]);
        assert!(!all[1].contains("x-api-key") && !all[2].contains("any text will do"), "{}", client.id);
        for text in all {
            assert!(!["{?", "?}", "{!", "!}", "{key}"].iter().any(|mark| text.contains(mark)), "{}: {text}", client.id);
        }
    }
}

#[test]
fn an_address_is_one_under_which_the_listener_is_reached() {
    let at = |listener: &str, host| endpoint(listener.parse().expect("an address"), host);
    assert_eq!(at("0.0.0.0:14318", "ai.lan"), "http://ai.lan:14318");
    assert_eq!(at("[::]:4318", "fd00::7"), "http://[fd00::7]:4318");
    assert_eq!(at("[::]:4318", "[fd00::7]"), "http://[fd00::7]:4318");
    assert_eq!(at("127.0.0.1:4318", "localhost"), "http://localhost:4318");
    assert_eq!(at("127.0.0.1:4318", "ai.lan"), "http://127.0.0.1:4318");
    assert_eq!(at("10.0.0.7:4318", "localhost"), "http://10.0.0.7:4318");
    assert_eq!(at("[::1]:4318", "127.0.0.1"), "http://127.0.0.1:4318");
}

#[test]
fn sampling_is_explained_by_who_samples() {
    let dify = Seen { service: "langgenius/dify", scope: "opentelemetry.instrumentation.flask", protocol: "grpc" };
    let said = sampling(dify, Some(0.1), true).expect("a word");
    assert!(
        said.starts_with("Only about 10 % of its traces arrive") && said.contains("OTEL_SAMPLING_RATE=1"),
        "{said}"
    );
    assert!(sampling(dify, None, false).expect("a word").contains("one trace in ten"));
    assert_eq!(sampling(dify, None, true), None, "its traces show that it sends all");
    assert_eq!(sampling(Seen { protocol: "langfuse", ..dify }, None, false), None, "which sends all");
    let shop = Seen { service: "shop", scope: "", protocol: "grpc" };
    assert_eq!(sampling(shop, None, false), None);
    assert!(sampling(shop, Some(0.012), true).expect("a word").contains("1.2 %"));
}
