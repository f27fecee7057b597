//! One fault or setting at a time.

use super::*;
use crate::support::hec::Oversize;
use tracemeter::config::Acknowledgement;

/// Spans 1 to `count` of `padding` bytes each, as items.
fn some(kind: &SplunkHec, count: u8, padding: usize) -> Vec<Item> {
    kind.pack(&selected((1..=count).map(|number| numbered(number, None, padding)).collect()))
}

fn all_there(hec: &Hec, count: u8) {
    let there = span_ids(&hec.indexed());
    assert!((1..=count).all(|number| there.contains(&id(number))), "{there:?}");
    assert_eq!(hec.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn requests_carry_what_splunk_wants() {
    let hec = Hec::start();
    let mut config = config(&format!("{}/services/collector/event/", hec.url()));
    config.headers.insert("x-tenant".into(), SecretSource::Here(Secret::new("home")));
    let kind = kind_of(&config);
    for _ in 0..2 {
        kind.probe().await.expect("healthy");
    }
    let (dead, _) = deliver(&kind, some(&kind, 20, 500), 10).await;
    assert!(dead.is_empty());
    assert_eq!(kind.test().await, Answer::Delivered);
    all_there(&hec, 20);
    let seen = hec.seen();
    let paths: Vec<&str> = seen.iter().map(|one| one.path.as_str()).collect();
    let (health, event) = ("/services/collector/health", "/services/collector/event");
    assert_eq!(paths, [health, health, event, event, event]);
    let header = |at: usize, name: &str| seen[at].headers.get(name).cloned().unwrap_or_default();
    assert_eq!(header(2, "authorization"), format!("Splunk {TOKEN}"));
    assert_eq!(header(2, "content-encoding"), "gzip");
    assert_eq!((header(2, "__splunk_app_name").as_str(), header(3, "x-tenant").as_str()), ("tracemeter", "home"));
    assert_eq!(header(2, "x-splunk-request-channel"), header(4, "x-splunk-request-channel"));
    let compressed: usize = header(2, "content-length").parse().expect("a length");
    assert!(compressed < seen[2].bytes / 3, "{compressed} of {}", seen[2].bytes);
    let test = hec.indexed().pop().expect("the test event");
    assert_eq!(test["event"]["test"], true);
}

#[tokio::test]
async fn an_acknowledgement_is_waited_for_at_the_indexer_that_knows_it() {
    let settings = Settings { acks: true, cookie: Some("AWSALB=blue".into()), ..Settings::default() };
    let hec = Hec::start_with(settings);
    hec.schedule([Fault::AckLate(2)]);
    let kind = kind_of(&config(&hec.url()));
    assert_eq!(kind.send(&some(&kind, 3, 0)).await, Answer::Delivered);
    let asked = hec.seen().iter().filter(|one| one.path == "/services/collector/ack").count();
    assert_eq!(asked, 3);
}

#[tokio::test]
async fn a_lost_acknowledgement_means_to_send_again() {
    let hec = Hec::start_with(Settings { acks: true, ..Settings::default() });
    hec.schedule([Fault::AckLost { indexed: false }]);
    let mut config = config(&hec.url());
    config.splunk.ack_patience_s = 1;
    let kind = kind_of(&config);
    let items = some(&kind, 3, 0);
    let Answer::Later { delivered: 0, why, .. } = kind.send(&items).await else { panic!("must be sent again") };
    assert!(why.contains("within 1 s"), "{why}");
    assert_eq!(hec.indexed(), Vec::<Value>::new());
    assert_eq!(kind.send(&items).await, Answer::Delivered);
    all_there(&hec, 3);
}

#[tokio::test]
async fn acknowledgements_that_are_disabled_or_not_wanted_are_not_asked_for_again() {
    let asked = |hec: &Hec| hec.seen().iter().filter(|one| one.path == "/services/collector/ack").count();
    let hec = Hec::start_with(Settings { acks: true, acks_disabled: true, ..Settings::default() });
    let kind = kind_of(&config(&hec.url()));
    let items = some(&kind, 2, 0);
    assert_eq!(kind.send(&items[..1]).await, Answer::Delivered);
    assert_eq!(kind.send(&items[1..]).await, Answer::Delivered);
    assert_eq!(asked(&hec), 1);
    let note = kind.note().expect("somebody should know");
    assert!(note.contains("acknowledgement is disabled"), "{note}");

    let hec = Hec::start_with(Settings { acks: true, ..Settings::default() });
    let mut config = config(&hec.url());
    config.splunk.ack = Acknowledgement::Off;
    let kind = kind_of(&config);
    assert_eq!(kind.send(&some(&kind, 2, 0)).await, Answer::Delivered);
    assert_eq!(asked(&hec), 0);
}

#[tokio::test]
async fn what_takes_no_gzip_gets_none() {
    let hec = Hec::start_with(Settings { gzip: false, ..Settings::default() });
    let kind = kind_of(&config(&hec.url()));
    let (dead, holds) = deliver(&kind, some(&kind, 20, 100), 5).await;
    assert_eq!((dead.len(), holds), (0, 0));
    all_there(&hec, 20);
    assert_eq!(hec.seen().len(), 4, "what was refused is not even read");
    assert!(hec.seen().iter().all(|one| !one.headers.contains_key("content-encoding")));
}

#[tokio::test]
async fn bodies_are_halved_until_they_fit_whether_refused_or_broken_off() {
    for oversize in [Oversize::Page, Oversize::Reset] {
        let hec = Hec::start_with(Settings { max_body: 8_000, oversize, ..Settings::default() });
        let kind = kind_of(&config(&hec.url()));
        let (dead, holds) = deliver(&kind, some(&kind, 40, 1_000), 40).await;
        assert_eq!((dead.len(), holds), (0, 0), "{oversize:?}");
        all_there(&hec, 40);
    }
}

#[tokio::test]
async fn one_event_that_is_too_large_is_shortened_and_says_so() {
    let hec = Hec::start_with(Settings { max_body: 8_000, oversize: Oversize::Page, ..Settings::default() });
    let kind = kind_of(&config(&hec.url()));
    let spans = vec![numbered(1, None, 10), numbered(2, None, 30_000), numbered(3, None, 10)];
    let (dead, _) = deliver(&kind, kind.pack(&selected(spans)), 10).await;
    assert_eq!(dead.len(), 0);
    all_there(&hec, 3);
    let long = hec.indexed().into_iter().find(|event| event["event"]["span_id"] == id(2)).expect("it is there");
    let padding = long["event"]["attributes"]["padding"].as_str().expect("a text");
    assert!(padding.contains("xx[shortened: ") && padding.ends_with(" of 30000 bytes left out]"), "{padding}");
    assert_eq!(long["event"]["input_tokens"], 10);
}

#[tokio::test]
async fn one_event_that_cannot_be_shortened_is_dead_and_the_rest_goes_on() {
    let hec = Hec::start_with(Settings { max_body: 8_000, oversize: Oversize::Page, ..Settings::default() });
    let kind = kind_of(&config(&hec.url()));
    let many = (0..2_000).fold(numbered(2, None, 0), |span, n| with(span, &format!("key.{n}"), "v"));
    let spans = vec![numbered(1, None, 10), many, numbered(3, None, 10)];
    let (dead, _) = deliver(&kind, kind.pack(&selected(spans)), 10).await;
    let [(item, why)] = dead.as_slice() else { panic!("one is dead: {dead:?}") };
    assert_eq!(item.ordinal, 1);
    assert!(why.response.starts_with("413 <!doctype html>"), "{why:?}");
    let there = span_ids(&hec.indexed());
    assert_eq!(there, HashSet::from([id(1), id(3)]));
}

#[tokio::test]
async fn events_of_different_indexes_never_share_a_request() {
    let hec = Hec::start_with(Settings { indexes: HashSet::from(["of_shop".to_owned()]), ..Settings::default() });
    let mut config = config(&hec.url());
    config.splunk.traces.index = Some("of_{service}".into());
    let kind = kind_of(&config);
    let mut both = selected((1..=6).map(|number| numbered(number, None, 0)).collect());
    let Payload::Traces(data) = &mut both.payload else { panic!("spans") };
    data.resource_spans
        .extend(traces("odd", (11..=14).map(|number| numbered(number, None, 0)).collect()).resource_spans);
    both.ordinals = (0..10).collect();
    let items = kind.pack(&both);
    let (odd, good): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| item.group.contains("odd"));
    assert_eq!((odd.len(), good.len()), (4, 6));
    let (dead, holds) = deliver(&kind, odd, 100).await;
    assert_eq!((dead.len(), holds), (4, 0));
    assert!(dead.iter().all(|(_, why)| why.reason.contains("index") && why.response.contains("\"code\":7")));
    let (dead, _) = deliver(&kind, good, 100).await;
    assert!(dead.is_empty());
    all_there(&hec, 6);
}

#[tokio::test]
async fn who_is_not_let_in_holds_and_is_told_why() {
    let hec = Hec::start();
    let mut wrong = config(&hec.url());
    wrong.token = Some(SecretSource::Here(Secret::new("nonsense")));
    let kind = kind_of(&wrong);
    let Answer::Hold(why) = kind.send(&some(&kind, 1, 0)).await else { panic!("a wrong token") };
    assert!(why.reason.contains("token") && why.response.starts_with("403"), "{why:?}");
    wrong.token = None;
    wrong.token_file = Some("/nowhere/token".into());
    let kind = kind_of(&wrong);
    let Answer::Hold(why) = kind.send(&some(&kind, 1, 0)).await else { panic!("no token") };
    assert!(why.reason.contains("/nowhere/token"), "{why:?}");
    let kind = kind_of(&config(&format!("{}/elsewhere", hec.url())));
    let Answer::Hold(why) = kind.send(&some(&kind, 1, 0)).await else { panic!("a wrong address") };
    assert!(why.reason.contains("url"), "{why:?}");
}

#[tokio::test]
async fn health_is_asked_without_sending_anything() {
    let hec = Hec::start();
    let kind = kind_of(&config(&hec.url()));
    hec.change(|settings| settings.health = (503, 18));
    let why = kind.probe().await.expect_err("its queues are full");
    assert!(why.reason.contains("queues"), "{why:?}");
    let address = hec.stop();
    assert!(kind.probe().await.is_err());
    let Answer::Later { delivered: 0, .. } = kind.send(&some(&kind, 1, 0)).await else { panic!("nobody is there") };
    let hec = Hec::start_at(address, Settings::default());
    assert_eq!(kind.send(&some(&kind, 1, 0)).await, Answer::Delivered);
    all_there(&hec, 1);
}

#[tokio::test]
async fn the_server_says_when_to_come_back() {
    let hec = Hec::start();
    hec.schedule([Fault::Refuse { status: 429, code: 26, after: Some(17) }, Fault::Approaching(24)]);
    let kind = kind_of(&config(&hec.url()));
    let items = some(&kind, 1, 0);
    let Answer::Later { after, why, .. } = kind.send(&items).await else { panic!("it is full") };
    assert_eq!(after, Some(std::time::Duration::from_secs(17)));
    assert!(why.contains("capacity"), "{why}");
    assert!(matches!(kind.send(&items).await, Answer::DeliveredSlowDown(_)));
}
