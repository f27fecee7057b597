//! Keeps the UI's TypeScript types equal to ours.

use std::collections::BTreeMap;
use std::path::Path;

use ts_rs::{Config, TS, TypeVisitor};

use super::*;

const HEADER: &str = "// Generated from src/api/types. Do not edit: change the Rust types and run\n// `UPDATE_TYPES=1 cargo test types_are_current`.\n";

/// Declarations by name, so that each stands once and the order does not depend on where a type is used.
struct Declarations<'a> {
    config: &'a Config,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only types of our own have a file to go to.
        if T::output_path().is_none() {
            return;
        }
        let name = T::ident(self.config);
        if self.found.contains_key(&name) {
            return;
        }
        let docs = T::docs().unwrap_or_default();
        self.found.insert(name, format!("{docs}export {}\n", T::decl(self.config)));
        T::visit_dependencies(self);
    }
}

/// Of the pages that look after the server itself.
fn of_operations(all: &mut Declarations<'_>) {
    all.visit::<Account>();
    all.visit::<LoginList>();
    all.visit::<KeyList>();
    all.visit::<MadeKey>();
    all.visit::<ClientList>();
    all.visit::<RedactionTest>();
    all.visit::<RedactionDryRun>();
    all.visit::<DestinationList>();
    all.visit::<DeadLetterList>();
    all.visit::<DeadLettersChanged>();
    all.visit::<PriceList>();
    all.visit::<OverrideList>();
    all.visit::<Currency>();
    all.visit::<Reindex>();
    all.visit::<Storage>();
    all.visit::<Arrivals>();
    all.visit::<Configuration>();
    all.visit::<Health>();
    all.visit::<Live>();
}

fn typescript() -> String {
    let config = Config::new().with_large_int("number");
    let mut all = Declarations { config: &config, found: BTreeMap::new() };
    of_operations(&mut all);
    all.visit::<ErrorBody>();
    all.visit::<TraceList>();
    all.visit::<TraceOrder>();
    all.visit::<TraceDetail>();
    all.visit::<TraceItem>();
    all.visit::<Attribution>();
    all.visit::<Call>();
    all.visit::<CallContent>();
    all.visit::<CallList>();
    all.visit::<CostDimensions>();
    all.visit::<CostList>();
    all.visit::<MoverList>();
    all.visit::<ReconcileList>();
    all.visit::<InvoiceReport>();
    all.visit::<Comparison>();
    all.visit::<OfferList>();
    all.visit::<Overview>();
    all.visit::<Series>();
    all.visit::<SessionList>();
    all.visit::<SessionDetail>();
    all.visit::<UserList>();
    all.visit::<ViewList>();
    all.visit::<BulkResult>();
    all.visit::<ModelList>();
    all.visit::<WorkflowList>();
    all.visit::<WorkflowNodeList>();
    all.visit::<AgentList>();
    all.visit::<ToolList>();
    all.visit::<FailureList>();
    all.visit::<ValueList>();
    all.visit::<LogList>();
    all.visit::<MetricList>();
    all.visit::<MetricNameList>();
    all.visit::<MetricSeries>();
    all.visit::<SearchList>();
    all.visit::<CostExplanation>();
    all.visit::<Pinned>();
    all.visit::<ReceiptList>();
    all.visit::<LogSummary>();
    all.visit::<MetricAttributeList>();
    all.visit::<SqlResult>();
    all.visit::<SqlTableList>();
    let declarations: Vec<String> = all.found.into_values().map(|text| with_short_docs(&text)).collect();
    format!("{HEADER}\n{}", declarations.join("\n"))
}

/// Comments of one line on one line.
fn with_short_docs(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at] == "/**" && lines.get(at + 2) == Some(&" */") {
            out.push_str(&format!("/** {} */\n", lines[at + 1].trim_start_matches(" * ")));
            at += 3;
        } else {
            out.push_str(lines[at].trim_end());
            out.push('\n');
            at += 1;
        }
    }
    out
}

#[test]
fn types_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src/api/types.ts");
    let expected = typescript();
    if std::env::var_os("UPDATE_TYPES").is_some() {
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("can create the folder");
        std::fs::write(&path, &expected).expect("can write the types");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is not what src/api/types says: run `UPDATE_TYPES=1 cargo test types_are_current`",
        path.display()
    );
}
