//! The Splunk add-on: its files are what Splunk can read, and its searches ask for fields that events have.

use std::collections::BTreeSet;
use std::path::PathBuf;

use regex::Regex;
use serde_json::Value;
use tracemeter::forward::splunk_hec::{KNOWN_NAMES, SCORE_NAMES, SPAN_NAMES};

fn addon() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ansible/roles/splunk_addon/files/TA-tracemeter")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(addon().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

type Stanza = (String, Vec<(String, String)>);

/// The stanzas of a file in Splunk's configuration syntax.
fn stanzas(file: &str) -> Vec<Stanza> {
    let mut found: Vec<Stanza> = Vec::new();
    for line in read(file).lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[') {
            let name = name.strip_suffix(']').unwrap_or_else(|| panic!("{file}: {line}"));
            assert!(found.iter().all(|(known, _)| known != name), "{file} has [{name}] twice");
            found.push((name.to_owned(), Vec::new()));
        } else {
            let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{file}: no setting: {line}"));
            let (_, settings) = found.last_mut().unwrap_or_else(|| panic!("{file}: before any stanza: {line}"));
            assert!(settings.iter().all(|(known, _)| known != key.trim()), "{file} sets {key} twice");
            settings.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    assert!(!found.is_empty(), "{file} is empty");
    found
}

fn dashboard() -> Value {
    let xml = read("default/data/ui/views/tracemeter.xml");
    assert!(xml.starts_with("<dashboard version=\"2\"") && xml.trim_end().ends_with("</dashboard>"));
    let (_, rest) = xml.split_once("<![CDATA[").expect("a definition");
    let (json, _) = rest.split_once("]]>").expect("its end");
    serde_json::from_str(json).expect("JSON")
}

/// Macros as they are written in searches, with what they stand for.
fn macros() -> Vec<(String, String)> {
    let definition = |(name, settings): Stanza| {
        let (_, definition) = settings.into_iter().find(|(key, _)| key == "definition").expect("a definition");
        (name, definition)
    };
    stanzas("default/macros.conf").into_iter().map(definition).collect()
}

/// `search` with all its macros written out.
fn written_out(search: &str) -> String {
    let mut search = search.to_owned();
    for _ in 0..3 {
        for (name, definition) in macros() {
            search = search.replace(&format!("`{name}`"), &definition);
        }
    }
    assert!(!search.contains('`'), "an unknown macro: {search}");
    search
}

/// Names in a search that must be fields of events: no commands, functions, options, texts, nor names given before.
fn asked(search: &str) -> BTreeSet<String> {
    const WORDS: &[&str] = &[
        "IN",
        "as",
        "avg",
        "by",
        "coalesce",
        "count",
        "dedup",
        "eval",
        "false",
        "fields",
        "if",
        "index",
        "is_error",
        "isnotnull",
        "keepempty",
        "limit",
        "main",
        "perc50",
        "perc95",
        "round",
        "seconds",
        "sort",
        "sourcetype",
        "stats",
        "sum",
        "timechart",
        "true",
        "unknown",
        "useother",
    ];
    let text = Regex::new(r#""[^"]*"|\$[^$]*\$"#).expect("a pattern");
    let search = text.replace_all(search, " ");
    let given = Regex::new(r"(?:\bas |eval )([a-z_0-9]+)").expect("a pattern");
    let given: BTreeSet<String> = given.captures_iter(&search).map(|found| found[1].to_owned()).collect();
    let name = Regex::new(r"[A-Za-z_][A-Za-z0-9_.]*").expect("a pattern");
    let names = name.find_iter(&search).map(|found| found.as_str().to_owned());
    names.filter(|name| !WORDS.contains(&name.as_str()) && !given.contains(name)).collect()
}

fn fields() -> BTreeSet<String> {
    let known = KNOWN_NAMES.iter().map(|(name, _)| *name).chain(SPAN_NAMES.iter().copied());
    let scores = SCORE_NAMES.iter().map(|(_, name)| *name);
    known.chain(scores).chain(["status.code", "status.message"]).map(str::to_owned).collect()
}

#[test]
fn every_search_asks_for_fields_that_events_have() {
    let known = fields();
    let mut searches: Vec<String> = macros().into_iter().map(|(_, definition)| written_out(&definition)).collect();
    let sources = dashboard()["dataSources"].as_object().expect("data sources").clone();
    searches.extend(sources.values().map(|source| written_out(source["options"]["query"].as_str().expect("a search"))));
    for (sourcetype, settings) in stanzas("default/props.conf") {
        assert!(sourcetype.starts_with("tracemeter:"), "{sourcetype}");
        let get = |key: &str| settings.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
        assert_eq!((get("KV_MODE"), get("INDEXED_EXTRACTIONS")), (Some("json"), Some("none")), "never both");
        searches.extend(settings.iter().filter(|(key, _)| key.starts_with("EVAL-")).map(|(_, value)| value.clone()));
    }
    assert!(searches.len() > 15);
    for search in &searches {
        let unknown: Vec<String> = asked(search).difference(&known).cloned().collect();
        assert_eq!(unknown, Vec::<String>::new(), "no event has these: {search}");
    }
    let asked_for: BTreeSet<String> = searches.iter().flat_map(|search| asked(search)).collect();
    for name in ["model", "cost_usd", "counted", "total_tokens", "duration_ms", "ttft_ms"] {
        assert!(asked_for.contains(name), "{name} is asked for: {asked_for:?}");
    }
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard = dashboard();
    let sources = dashboard["dataSources"].as_object().expect("data sources");
    let shown = dashboard["visualizations"].as_object().expect("visualisations");
    let placed: BTreeSet<&str> = dashboard["layout"]["structure"]
        .as_array()
        .expect("a layout")
        .iter()
        .map(|block| block["item"].as_str().expect("a name"))
        .collect();
    assert_eq!(placed, shown.keys().map(String::as_str).collect());
    for one in shown.values().chain(dashboard["inputs"].as_object().expect("inputs").values()) {
        if let Some(source) = one["dataSources"]["primary"].as_str() {
            assert!(sources.contains_key(source), "{source} is no data source");
        }
    }
}

#[test]
fn the_other_files_are_in_order() {
    let app = stanzas("default/app.conf");
    assert!(
        app.iter()
            .any(|(name, settings)| name == "package"
                && settings.contains(&("id".to_owned(), "TA-tracemeter".to_owned())))
    );
    let meta = read("metadata/default.meta");
    assert!(meta.starts_with("[]\n") && meta.contains("export = system"));
    assert!(read("default/data/ui/nav/default.xml").contains("<view name=\"tracemeter\" default=\"true\" />"));
}

#[test]
fn the_documentation_has_every_field() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/splunk.md");
    let text = std::fs::read_to_string(path).expect("the page");
    for (name, meaning) in KNOWN_NAMES {
        assert!(text.contains(&format!("| `{name}` | {meaning} |")), "docs/splunk.md lacks {name}: {meaning}");
    }
    for name in SPAN_NAMES.iter().chain(SCORE_NAMES.iter().map(|(_, name)| name)) {
        assert!(text.contains(&format!("`{name}")), "docs/splunk.md lacks {name}");
    }
}
