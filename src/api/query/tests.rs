use proptest::prelude::*;

use super::super::endpoints;
use super::*;

const NOW: UnixNanos = UnixNanos(1_795_219_200_000_000_000);

fn read(query: &str) -> Result<Query, ApiError> {
    let uri: Uri = format!("/api/v1/traces?{query}").parse().expect("a valid address");
    Query::read(&uri, &endpoints::TRACES, NOW)
}

fn message(result: Result<impl std::fmt::Debug, ApiError>) -> String {
    format!("{:?}", result.expect_err("must be refused"))
}

#[test]
fn unknown_and_repeated_parameters_are_named() {
    let unknown = message(read("modell=x"));
    assert!(unknown.contains("modell") && unknown.contains("min_cost_usd"), "{unknown}");
    let twice = message(read("limit=1&limit=2"));
    assert!(twice.contains("limit stands twice"), "{twice}");
    assert_eq!(read("model=a&model=b").expect("repeatable").many("model"), ["a", "b"]);
}

#[test]
fn times_are_absolute_or_relative() {
    let query = read("since=2026-11-20T01:00:00%2B01:00&until=90m").expect("known");
    assert_eq!(query.time("since").expect("valid"), Some("2026-11-20T00:00:00Z".parse().expect("valid")));
    assert_eq!(query.time("until").expect("valid"), Some(UnixNanos(NOW.0 - 90 * 60 * 1_000_000_000)));
    let bad = message(read("since=yesterday").expect("known").time("since"));
    assert!(bad.contains("since") && bad.contains("yesterday") && bad.contains("24h"), "{bad}");
    assert!(read("since=1h&until=2h").expect("known").range(1).is_err());
}

#[test]
fn cursors_go_both_ways_and_only_in_their_list() {
    let key = PageKey { key: -1, id: u128::MAX, sub: 7 };
    let text = cursor("cost", key);
    let query = read(&format!("cursor={text}")).expect("known");
    assert_eq!(query.after("cost").expect("valid"), Some(key));
    assert!(query.after("newest").is_err());
}

#[test]
fn a_filter_is_read_from_the_names_of_the_fields() {
    let query = read("feature=chat&feature=&status=error&min_cost_usd=0.05&min_duration_ms=1.5&q=Plan").expect("known");
    let filter = query.filter().expect("valid");
    assert_eq!(filter.any_of, [(Dimension::Feature, vec!["chat".to_owned(), String::new()])]);
    assert_eq!(filter.status, [Status::Error]);
    assert_eq!(filter.min_cost, Some(NanoUsd(50_000_000)));
    assert_eq!(filter.min_duration_ns, Some(1_500_000));
    assert!(read("status=failed").expect("known").filter().is_err());
    assert!(read("min_cost_usd=NaN").expect("known").filter().is_err());
}

proptest! {
    #[test]
    fn no_query_makes_it_panic(names in prop::collection::vec(0..endpoints::TRACES.params().count(), 0..4), value in "\\PC{0,20}") {
        let known: Vec<&str> = endpoints::TRACES.params().map(|param| param.name).collect();
        let encoded: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let text: Vec<String> = names.iter().map(|at| format!("{}={encoded}", known[*at])).collect();
        if let Ok(query) = read(&text.join("&")) {
            // Whatever comes out, it comes out.
            let _ = (query.filter_in_time(), query.limit(), query.range(1), query.after("newest"), query.order());
        }
    }
}
