use super::*;

const WHOLE: &str = r#"
# ours
[[price]]
provider = "openai"
model = "gpt-4o"
from = "2026-01-01"
tier = "batch"
comment = "contract of \"March\""
currency = "EUR"
usd_per_unit = 1.08
input = 2.5
output = 10
cache_write = 3
request = 0.001
above = [{ tokens = 200000, input = 5, output = 15.5 }]

[[price]]
model = "llama-*"
input = 0
output = 0
"#;

#[test]
fn every_key_is_read_and_written_again_alike() {
    let file = PricesFile::parse(WHOLE).expect("valid");
    let [first, second] = file.entries.as_slice() else { panic!("two entries") };
    assert_eq!(first.from.map(|day| day.to_string()).as_deref(), Some("2026-01-01"));
    assert_eq!(first.tier, Some(ServiceTier::Batch));
    assert_eq!(first.in_usd(2.5), NanoUsd(2_700_000_000));
    assert_eq!(first.above, [(200_000, vec![(Bucket::Input, 5.0), (Bucket::Output, 15.5)])]);
    assert_eq!((second.provider.as_deref(), second.amounts.len()), (None, 2));
    let again: String = file.entries.iter().map(ToString::to_string).collect();
    assert_eq!(PricesFile::parse(&again).expect("valid"), file);
}

#[test]
fn a_date_may_stand_without_quotes() {
    let file = PricesFile::parse("[[price]]\nmodel = \"m\"\nfrom = 2026-02-03\ninput = 1").expect("valid");
    assert_eq!(file.entries[0].from.map(|day| day.to_string()).as_deref(), Some("2026-02-03"));
}

#[test]
fn a_fault_names_line_and_key() {
    for (body, line, key, told) in [
        ("model = \"m\"\ninptu = 1", 3, Some("inptu"), "unknown field `inptu`"),
        ("model = \"m\"\ninput = -1", 3, Some("input"), "must be between 0 and"),
        ("model = \"m\"\ninput = 1\nfrom = \"1.2.26\"", 4, Some("from"), "must be a date"),
        ("model = \"a*b\"\ninput = 1", 2, Some("model"), "must be a name"),
        ("model = \"m\"\ninput = 1\ntier = \"gold\"", 4, Some("tier"), "standard, batch, flex, priority, fast"),
        ("model = \"m\"\ninput = \"1\"", 3, Some("input"), "expected f64"),
        ("model = \"m\"\ninput = 1\ncurrency = \"EUR\"", 1, None, "needs usd_per_unit"),
        ("model = \"m\"", 1, None, "names no price"),
        ("input = 1", 1, None, "missing field `model`"),
        ("model = \"m\"\ninput = 1\nabove = [{ tokens = 1, output = 2 }]", 1, None, "add output"),
        ("model = \"m", 2, Some("model"), ""),
    ] {
        let error = PricesFile::parse(&format!("[[price]]\n{body}")).expect_err(body);
        assert_eq!((error.line, error.key.as_deref()), (line, key), "{error}");
        assert!(error.message.contains(told), "{error}");
    }
}
