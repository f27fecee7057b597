//! The Splunk destination against a collector that has faults on demand: every event arrives, none is sent again without
//! need, and what is refused comes back with the reason.

mod manners;
mod through_app;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use tracemeter::clock::Clock;
use tracemeter::config::{AttributionConfig, CostConfig, DestinationConfig, DestinationKind, Secret, SecretSource};
use tracemeter::forward::splunk_hec::SplunkHec;
use tracemeter::forward::{Answer, Fault as ItemFault, Item, Kind as _, Refused, Selected};
use tracemeter::interpret::Interpreter;
use tracemeter::journal::{Cursor, Payload};
use tracemeter::model::otlp::Span;

use crate::support::hec::{Fault, Hec, Settings, TOKEN};
use crate::support::otlp::{chat, span, traces, with};
use crate::support::{NOON, at};

fn config(url: &str) -> DestinationConfig {
    let mut config = DestinationConfig::new("splunk", DestinationKind::SplunkHec, url);
    config.token = Some(SecretSource::Here(Secret::new(TOKEN)));
    config.timeout_ms = 4_000;
    config.splunk.ack_patience_s = 3;
    config
}

fn kind_of(config: &DestinationConfig) -> SplunkHec {
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    SplunkHec::new(config, Arc::new(interpreter), None, Clock::fixed(at(NOON))).expect("a destination")
}

fn selected(spans: Vec<Span>) -> Selected {
    let count = u32::try_from(spans.len()).expect("a few");
    Selected {
        cursor: Cursor::default(),
        received: at(NOON),
        project: "default".into(),
        payload: Payload::Traces(traces("shop", spans)),
        ordinals: (0..count).collect(),
        known: None,
    }
}

/// Span number `number`; one that is poisoned is refused with this code.
fn numbered(number: u8, poison: Option<u8>, padding: usize) -> Span {
    let one = chat(span(number, number, "chat", i64::from(number)), "gpt-4o-mini", 10, 5);
    let one = with(one, "padding", "x".repeat(padding));
    match poison {
        Some(code) => with(one, "poison", format!("poison-{code}")),
        None => one,
    }
}

/// Sends `items` as the contract of a kind says it must be done, in requests of at most `most` items, until each is there
/// or dead. Gives the dead ones, and how often sending was held.
async fn deliver(kind: &SplunkHec, items: Vec<Item>, most: usize) -> (Vec<(Item, Refused)>, usize) {
    let mut waiting: VecDeque<Vec<Item>> = items.chunks(most).map(<[Item]>::to_vec).collect();
    let (mut dead, mut holds) = (Vec::new(), 0);
    while let Some(mut batch) = waiting.pop_front() {
        let mut later = Vec::new();
        match kind.send(&batch).await {
            Answer::Delivered | Answer::DeliveredSlowDown(_) => {}
            Answer::DeliveredWithout { .. } => panic!("Splunk says which it does not take"),
            Answer::Later { delivered, .. } => later.push(batch.split_off(delivered)),
            Answer::Hold(_) => {
                holds += 1;
                later.push(batch);
            }
            Answer::Bad { at, why } => {
                later.push(batch.split_off(at + 1));
                let bad = batch.pop().expect("the bad one");
                later.extend(instead(kind, bad, ItemFault::Bad, why, &mut dead));
            }
            Answer::BadWithin(why) if batch.len() == 1 => {
                later.extend(instead(kind, batch.remove(0), ItemFault::Bad, why, &mut dead));
            }
            Answer::TooLarge(why) if batch.len() == 1 => {
                later.extend(instead(kind, batch.remove(0), ItemFault::TooLarge, why, &mut dead));
            }
            Answer::BadWithin(_) | Answer::TooLarge(_) => {
                let second = batch.split_off(batch.len() / 2);
                later.extend([batch, second]);
            }
        }
        later.into_iter().rev().filter(|batch| !batch.is_empty()).for_each(|batch| waiting.push_front(batch));
    }
    (dead, holds)
}

fn instead(
    kind: &SplunkHec,
    item: Item,
    fault: ItemFault,
    why: Refused,
    dead: &mut Vec<(Item, Refused)>,
) -> Option<Vec<Item>> {
    let smaller = kind.smaller(&item, fault);
    if smaller.is_empty() {
        dead.push((item, why));
        return None;
    }
    Some(smaller)
}

fn span_ids(events: &[Value]) -> HashSet<String> {
    events.iter().filter_map(|event| Some(event["event"]["span_id"].as_str()?.to_owned())).collect()
}

fn id(number: u8) -> String {
    hex::encode([number; 8])
}

fn cheap_fault() -> impl Strategy<Value = Fault> {
    let refuse = |status, code| Just(Fault::Refuse { status, code, after: None });
    prop_oneof![
        3 => Just(Fault::None),
        2 => Just(Fault::Busy { indexed: None }),
        2 => (0..6_usize).prop_map(|indexed| Fault::Busy { indexed: Some(indexed) }),
        1 => prop_oneof![refuse(503, 18), refuse(503, 19), refuse(503, 20), refuse(503, 23), refuse(500, 8)],
        1 => prop_oneof![refuse(429, 26), refuse(429, 27)],
        1 => prop_oneof![refuse(403, 1), refuse(401, 2), refuse(401, 3), refuse(403, 4), refuse(400, 21)],
        1 => prop_oneof![Just(Fault::Approaching(24)), Just(Fault::Approaching(25))],
        1 => (1..4_u32).prop_map(Fault::AckLate),
        2 => Just(Fault::ResetBefore),
        2 => Just(Fault::ResetAfter),
        1 => Just(Fault::CutAnswer),
        1 => Just(Fault::TooLarge),
        1 => Just(Fault::Unsupported),
        1 => prop_oneof![Just(502_u16), Just(503), Just(504)].prop_map(Fault::Gateway),
        1 => (0..30_u64).prop_map(Fault::Slow),
    ]
}

/// Faults that last until the client's patience ends.
fn dear_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        any::<bool>().prop_map(|indexed| Fault::Hang { indexed }),
        any::<bool>().prop_map(|indexed| { Fault::AckLost { indexed } })
    ]
}

#[derive(Debug, Clone)]
struct Case {
    spans: u8,
    poison: Vec<(u8, u8)>,
    padding: usize,
    faults: Vec<Fault>,
    acks: bool,
    most: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let code = prop_oneof![Just(6_u8), Just(7), Just(12), Just(13), Just(15)];
    let poison = prop::collection::vec((1..40_u8, code), 0..4);
    let faults =
        (prop::collection::vec(cheap_fault(), 0..14), prop::option::weighted(0.2, dear_fault()), any::<usize>());
    let faults = faults.prop_map(|(mut faults, dear, place)| {
        dear.into_iter().for_each(|dear| faults.insert(place % (faults.len() + 1), dear));
        faults
    });
    (1..40_u8, poison, 0..3_000_usize, faults, any::<bool>(), 1..20_usize)
        .prop_map(|(spans, poison, padding, faults, acks, most)| Case { spans, poison, padding, faults, acks, most })
}

async fn holds_for(case: &Case) {
    let hec = Hec::start_with(Settings { acks: case.acks, ..Settings::default() });
    hec.schedule(case.faults.iter().cloned());
    let kind = kind_of(&config(&hec.url()));
    let poison = |number| case.poison.iter().find(|(bad, _)| *bad == number).map(|(_, code)| *code);
    let spans = (1..=case.spans).map(|number| numbered(number, poison(number), case.padding)).collect();
    let items = kind.pack(&selected(spans));
    assert_eq!(items.len(), usize::from(case.spans));
    let (dead, holds) = deliver(&kind, items, case.most).await;
    let indexed = hec.indexed();
    let there = span_ids(&indexed);
    let mut died: Vec<u32> = dead.iter().map(|(item, _)| item.ordinal).collect();
    died.sort_unstable();
    let expected: Vec<u32> =
        (1..=case.spans).filter(|number| poison(*number).is_some()).map(|number| u32::from(number) - 1).collect();
    assert_eq!(died, expected, "the poisoned ones are dead and no other");
    for (_, why) in &dead {
        assert!(why.response.starts_with("400 {") && !why.reason.is_empty(), "{why:?}");
    }
    for number in (1..=case.spans).filter(|number| poison(*number).is_none()) {
        assert!(there.contains(&id(number)), "span {number} never arrived");
    }
    assert_eq!(hec.violations(), Vec::<String>::new());
    let may_hold = case.faults.iter().any(|fault| matches!(fault, Fault::Refuse { status: 400..=403, .. }))
        || case.faults.contains(&Fault::Unsupported);
    assert!(may_hold || holds == 0, "held without a reason");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_goes_wrong_every_event_arrives_and_none_without_need_twice(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(holds_for(&case));
    }
}
