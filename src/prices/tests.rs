use tempfile::TempDir;

use super::*;
use crate::config::{AttributionConfig, CostConfig};

fn dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn entry(text: &str) -> PriceEntry {
    PricesFile::parse(&format!("[[price]]\n{text}")).expect("valid").entries.remove(0)
}

#[test]
fn a_new_file_reaches_the_interpreter_and_a_bad_one_does_not() {
    let dir = dir();
    let interpreter = Arc::new(Interpreter::new(&AttributionConfig::default(), &CostConfig::default()));
    let plain = interpreter.book().version();
    let prices = Prices::open(dir.path(), Some(Arc::clone(&interpreter)));
    assert!(!prices.check(), "nothing is there");

    let path = dir.path().join(OWN);
    std::fs::write(&path, "[[price]]\nmodel = \"m\"\ninput = 1\n").expect("written");
    assert!(prices.check());
    let good = interpreter.book().version();
    assert!(good.starts_with("prices.toml ") && good.ends_with(&*plain), "{good}");

    std::fs::write(&path, "[[price]]\nmodel = \"m\"\ninptu = 1\n").expect("written");
    assert!(!prices.check());
    assert_eq!(interpreter.book().version(), good, "the last good one holds");
    let faults = prices.faults();
    assert!(faults[0].contains("prices.toml: line 3, inptu: unknown field"), "{faults:?}");
    assert!(matches!(prices.set(&entry("model = \"x\"\ninput = 1")), Err(Error::Own { .. })));

    std::fs::remove_file(&path).expect("removed");
    assert!(prices.check());
    assert_eq!((interpreter.book().version(), prices.faults().len()), (plain, 0));
}

#[test]
fn entries_are_set_imported_and_removed() {
    let dir = dir();
    let prices = Prices::open(dir.path(), None);
    prices.set(&entry("model = \"a\"\ninput = 1")).expect("is set");
    prices.set(&entry("model = \"a\"\ninput = 2")).expect("is set");
    assert_eq!(prices.own(), [entry("model = \"a\"\ninput = 2")]);

    let other = dir.path().join("other.toml");
    std::fs::write(&other, "[[price]]\nmodel = \"a\"\ninput = 3\n[[price]]\nmodel = \"b\"\ninput = 4\n")
        .expect("written");
    assert_eq!(prices.import(&other).expect("is imported"), 2);
    assert_eq!(prices.own(), [entry("model = \"a\"\ninput = 3"), entry("model = \"b\"\ninput = 4")]);

    prices.remove(&entry("model = \"A\"\ninput = 9")).expect("is removed");
    assert_eq!(prices.own(), [entry("model = \"b\"\ninput = 4")]);
    assert!(matches!(prices.remove(&entry("model = \"a\"\ninput = 9")), Err(Error::Missing { .. })));
}

#[test]
fn a_refreshed_table_takes_the_first_ones_place() {
    let dir = dir();
    let prices = Prices::open(dir.path(), None);
    let table = r#"{"source": "mine", "version": "7", "providers": [{"id": "p", "models": [{"id": "m", "prices": [{"input": 1}]}]}]}"#;
    assert!(matches!(prices.refresh("{}"), Err(Error::Table { .. })));
    prices.refresh(table).expect("is taken");
    assert!(prices.book().version().starts_with("mine 7 + litellm "));
    assert!(Prices::open(dir.path(), None).book().version().starts_with("mine 7 + "));
    prices.forget_refreshed().expect("is removed");
    assert!(prices.book().version().starts_with("genai-prices "));
}
