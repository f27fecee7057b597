//! Rules about the code itself: who may import whom, which crate is named where, how long a file may be,
//! and that the paths the documentation names exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A module of `src/` and the modules of ours it may name.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("clock", &["model"]),
    // Who has sent of late: written by `receive`, shown by `api`.
    ("arrivals", &["model", "clock"]),
    // Threads that give way to those that receive.
    ("background", &[]),
    // Who may send and who may look: asked by `receive` and `relay` for keys, by `api` for logins.
    ("access", &["model", "config", "registry", "clock"]),
    // How clients are set up: data, for `api` and `cli`.
    ("connect", &[]),
    ("lock", &[]),
    ("meter", &[]),
    ("sqlite", &[]),
    ("config", &["model"]),
    ("redact", &["model", "config"]),
    ("interpret", &["model", "config"]),
    // Files of the data directory become the interpreter's book of prices.
    ("prices", &["config", "interpret"]),
    ("journal", &["model", "config", "sqlite", "clock", "meter"]),
    ("media", &["model", "config", "journal", "clock", "meter"]),
    // What it has seen is recorded by `receive`; `interpret` knows providers by their address, and addresses at home.
    (
        "relay",
        &["model", "config", "interpret", "receive", "registry", "access", "arrivals", "background", "meter", "clock"],
    ),
    ("receive", &["model", "config", "redact", "media", "journal", "registry", "access", "arrivals", "meter", "clock"]),
    ("analytics", &["model", "config", "journal", "interpret", "background", "clock", "meter"]),
    ("search", &["model", "config", "journal", "interpret", "sqlite", "background", "clock", "meter"]),
    // `analytics` answers what a sample is decided by, and which calls count; `media` has what OTLP destinations get back
    // in its place.
    (
        "forward",
        &[
            "model",
            "config",
            "journal",
            "media",
            "interpret",
            "redact",
            "registry",
            "analytics",
            "sqlite",
            "background",
            "clock",
            "meter",
        ],
    ),
    ("registry", &["model", "config", "sqlite", "clock"]),
    ("invoice", &["model"]),
    ("power", &["model", "config", "journal", "clock", "meter"]),
    (
        "retain",
        &[
            "model",
            "config",
            "journal",
            "media",
            "interpret",
            "analytics",
            "search",
            "registry",
            "upgrade",
            "background",
            "clock",
            "meter",
        ],
    ),
    (
        "api",
        &[
            "model",
            "config",
            "connect",
            "journal",
            "media",
            "interpret",
            "invoice",
            "forward",
            // The test box and the dry run: what rules would change.
            "redact",
            "analytics",
            "search",
            "prices",
            "retain",
            "power",
            "relay",
            "registry",
            "access",
            "arrivals",
            "clock",
            "meter",
        ],
    ),
    ("ui", &[]),
    ("logging", &["config"]),
    ("lifecycle", &["app"]),
    (
        "app",
        &[
            "access",
            "analytics",
            "api",
            "arrivals",
            "clock",
            "config",
            "forward",
            "interpret",
            "journal",
            "lifecycle",
            "lock",
            "media",
            "meter",
            "power",
            "prices",
            "receive",
            "redact",
            "registry",
            "relay",
            "retain",
            "search",
            "ui",
            "upgrade",
        ],
    ),
    ("backup", &["model", "journal", "lock", "retain", "sqlite"]),
    ("upgrade", &["model", "journal", "lock", "sqlite"]),
    (
        "cli",
        &[
            // `keys` and `admin` change the registry without a server.
            "access",
            "app",
            "backup",
            "clock",
            "config",
            "connect",
            "forward",
            // `prices` shows the tables and prices calls without a server.
            "interpret",
            "lifecycle",
            "logging",
            "model",
            "power",
            "prices",
            "redact",
            "registry",
            "relay",
            "upgrade",
        ],
    ),
    ("main", &["cli"]),
];

/// An external crate and the only modules that may name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("rusqlite", &["backup", "forward", "journal", "registry", "search", "sqlite", "upgrade"]),
    ("duckdb", &["analytics"]),
    ("tonic", &["forward", "receive"]),
    ("rustix", &["background", "journal"]),
    ("figment", &["config"]),
    // `power` asks plugs and meters at home for their watts.
    ("reqwest", &["cli", "forward", "power", "relay"]),
    // `access` reads headers.
    ("axum", &["access", "api", "ui", "receive", "relay"]),
    ("argon2", &["access"]),
    ("clap", &["cli", "main"]),
    ("rust_embed", &["ui"]),
];

/// Pure stages: no I/O, no clock, no async.
const PURE: &[&str] = &["model", "redact", "interpret", "invoice"];
const IMPURE_WORDS: &[&str] = &["std::fs", "std::net", "std::time", "tokio", "async fn", ".await", "crate::clock"];

const MOST_LINES: usize = 500;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|actual| actual == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every source file with the top-level module it belongs to.
fn sources() -> Vec<(String, PathBuf, String)> {
    let src = root().join("src");
    let sources: Vec<_> = files_below(&src, "rs")
        .into_iter()
        .map(|path| {
            let first = path.strip_prefix(&src).expect("below src").components().next().expect("a name");
            let module = first.as_os_str().to_str().expect("UTF-8").trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(&path).expect("UTF-8 source");
            (module, path, text)
        })
        .collect();
    assert!(sources.len() > 20, "the sources were found");
    sources
}

/// The code without comments, and without what is compiled for unit tests only.
fn code_of(path: &Path, text: &str) -> String {
    if path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests") {
        return String::new();
    }
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The names that follow `prefix` in `code`: the modules of `crate::{a, b}` and `crate::a::b`.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let ident = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = BTreeSet::new();
    for (start, _) in code.match_indices(prefix) {
        let rest = &code[start + prefix.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        names.insert(ident(&item));
                        item.clear();
                        continue;
                    }
                    _ => {}
                }
                item.push(c);
            }
            names.insert(ident(&item));
        } else {
            names.insert(ident(rest));
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut faults = Vec::new();
    for (module, path, text) in sources() {
        if module == "lib" {
            continue;
        }
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("{module} is not in the table"));
            continue;
        };
        let code = code_of(&path, &text);
        let mut names = names_after(&code, "crate::");
        names.extend(names_after(&code, "tracemeter::"));
        for name in names {
            let is_module = MAY_IMPORT.iter().any(|(known, _)| *known == name);
            if is_module && name != module && !allowed.contains(&name.as_str()) {
                faults.push(format!("{}: {module} may not import {name}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn external_crates_are_named_only_by_their_owners() {
    let mut faults = Vec::new();
    for (module, path, text) in sources() {
        let code = code_of(&path, &text);
        for (name, owners) in OWNERS {
            let named = code.match_indices(&format!("{name}::")).any(|(at, _)| {
                !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
            });
            if named && !owners.contains(&module.as_str()) {
                faults.push(format!("{}: {name} is named outside {owners:?}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pure_stages_are_pure() {
    let mut faults = Vec::new();
    for (module, path, text) in sources() {
        // A length of time is a value; only clocks are impure.
        let code = code_of(&path, &text).replace("std::time::Duration", "");
        if PURE.contains(&module.as_str()) {
            let words = IMPURE_WORDS.iter().filter(|word| code.contains(**word));
            faults.extend(words.map(|word| format!("{}: {word}", path.display())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_are_short_and_open_with_their_purpose() {
    let mut faults = Vec::new();
    let mut files = files_below(&root().join("src"), "rs");
    files.extend(files_below(&root().join("tests/it"), "rs"));
    for path in files {
        let text = std::fs::read_to_string(&path).expect("UTF-8 source");
        let lines = text.lines().count();
        if lines > MOST_LINES {
            faults.push(format!("{} has {lines} lines, more than {MOST_LINES}", path.display()));
        }
        let is_unit_tests = path.ends_with("tests.rs");
        if !is_unit_tests && !text.starts_with("//!") {
            faults.push(format!("{} does not open with what it is for (//!)", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_path_named_in_the_documentation_exists() {
    let mut faults = Vec::new();
    for document in ["README.md", "src/lib.rs", "CHANGELOG.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect("a document");
        for quoted in text.split('`').skip(1).step_by(2) {
            let tops =
                ["src/", "web/", "tests/", "ansible/", "systemd/", "proto/", "packaging/", ".ci/", ".github/", "docs/"];
            let is_path = tops.iter().any(|top| quoted.starts_with(top)) && !quoted.contains([' ', '*', '<']);
            if is_path && quoted != "web/dist" && !root().join(quoted).exists() {
                faults.push(format!("{document} names {quoted}, which does not exist"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
