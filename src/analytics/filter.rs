//! Which traces or calls a question is about, as SQL conditions with bound values.

use duckdb::types::Value;

use crate::model::{NanoUsd, SpanKind, Status, TraceId, UnixNanos};

macro_rules! dimensions {
    ($($variant:ident, $name:literal, $column:literal;)*) => {
        /// What calls can be filtered and grouped by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Dimension { $($variant),* }

        impl Dimension {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The column of calls by which they are grouped; of `span`, but for tags, see `rollup::source`.
            pub(super) fn column(self) -> &'static str {
                match self { $(Self::$variant => $column),* }
            }
        }
    };
}

dimensions! {
    Model, "model", "model";
    Provider, "provider", "provider";
    Service, "service", "service";
    Feature, "feature", "feature";
    Team, "team", "team";
    User, "user", "user_id";
    Session, "session", "session_id";
    Environment, "environment", "environment";
    Workflow, "workflow", "workflow";
    Node, "node", "node";
    Agent, "agent", "agent";
    PromptName, "prompt_name", "prompt_name";
    PromptVersion, "prompt_version", "prompt_version";
    Operation, "operation", "operation";
    Project, "project", "project";
    // A call has any number of them: it is in the group of each.
    Tag, "tag", "tag";
}

/// How the table `trace` holds a dimension.
pub(super) enum Held {
    /// One column for the value shown; further values are in `more`.
    Column(&'static str),
    /// A list of all values.
    List(&'static str),
    /// Only in `more`.
    More,
}

impl Dimension {
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dimension| dimension.as_str() == name)
    }

    pub(super) fn in_trace(self) -> Held {
        match self {
            Self::Model => Held::List("models"),
            Self::Provider => Held::List("providers"),
            Self::Service => Held::List("services"),
            Self::Tag => Held::List("tags"),
            Self::Node | Self::PromptName | Self::PromptVersion | Self::Operation => Held::More,
            _ => Held::Column(self.column()),
        }
    }
}

/// The condition of a question. Everything set must hold; within a list one of the values must.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub since: Option<UnixNanos>,
    /// Exclusive.
    pub until: Option<UnixNanos>,
    /// The empty text stands for "has none".
    pub any_of: Vec<(Dimension, Vec<String>)>,
    pub status: Vec<Status>,
    pub kind: Vec<SpanKind>,
    pub trace: Option<TraceId>,
    /// One of these.
    pub traces: Option<Vec<TraceId>>,
    pub min_cost: Option<NanoUsd>,
    pub min_duration_ns: Option<i64>,
    /// Part of the name, in any case.
    pub text: Option<String>,
    /// Calls only: whether they enter totals.
    pub counted: Option<bool>,
}

/// Traces that are named one by one.
const FEW: usize = 100;

/// Conditions joined by AND, with the values of their `?` in order. Numbers are written out: DuckDB holds only what it
/// knows when planning against zone maps, and skips what cannot match.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    sql: String,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    pub(super) fn add(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push('(');
        let (sql, left) = write_numbers(sql, values, |_| "?".into());
        self.sql.push_str(&sql);
        self.values.extend(left);
        self.sql.push(')');
    }

    pub(super) fn sql(&self) -> &str {
        if self.sql.is_empty() { "true" } else { &self.sql }
    }

    fn times(&mut self, filter: &Filter) {
        if let Some(since) = filter.since {
            self.add("start_ns >= ?", [Value::BigInt(since.0)]);
        }
        if let Some(until) = filter.until {
            self.add("start_ns < ?", [Value::BigInt(until.0)]);
        }
    }

    /// What `span` and `trace` have in common.
    fn shared(&mut self, filter: &Filter) {
        if !filter.status.is_empty() {
            let names = filter.status.iter().map(|status| Value::Text(status.as_str().into()));
            self.add(&format!("status IN ({})", marks(filter.status.len())), names);
        }
        if !filter.kind.is_empty() {
            let names = filter.kind.iter().map(|kind| Value::Text(kind.as_str().into()));
            self.add(&format!("kind IN ({})", marks(filter.kind.len())), names);
        }
        if let Some(trace) = filter.trace {
            self.add("trace_id = ?", [Value::UHugeInt(u128::from_be_bytes(trace.0))]);
        }
        match &filter.traces {
            None => {}
            Some(none) if none.is_empty() => self.add("false", []),
            // One value instead of thousands: each would be planned for itself.
            Some(traces) if traces.len() > FEW => {
                let numbers: Vec<String> = traces.iter().map(|id| u128::from_be_bytes(id.0).to_string()).collect();
                let list = Value::Text(numbers.join(","));
                self.add("trace_id IN (SELECT CAST(unnest(string_split(?, ',')) AS UHUGEINT))", [list]);
            }
            Some(traces) => {
                let numbers = traces.iter().map(|id| Value::UHugeInt(u128::from_be_bytes(id.0)));
                self.add(&format!("trace_id IN ({})", marks(traces.len())), numbers);
            }
        }
        if let Some(cost) = filter.min_cost {
            self.add("cost_nano >= ?", [Value::BigInt(cost.0)]);
        }
        if let Some(duration) = filter.min_duration_ns {
            self.add("duration_ns >= ?", [Value::BigInt(duration)]);
        }
        if let Some(text) = &filter.text {
            self.add("contains(lower(name), lower(?))", [Value::Text(text.clone())]);
        }
    }
}

/// `sql` with the numbers among `values` in place of their `?`, with what `mark` gives for the others by their number, and
/// those others.
pub(super) fn write_numbers(
    sql: &str,
    values: impl IntoIterator<Item = Value>,
    mark: impl Fn(usize) -> String,
) -> (String, Vec<Value>) {
    let mut pieces = sql.split('?');
    let mut written: String = pieces.next().into_iter().collect();
    let mut left = Vec::new();
    let mut values = values.into_iter();
    for piece in pieces {
        let value = values.next();
        match value.as_ref().and_then(literal) {
            Some(literal) => written.push_str(&literal),
            None => {
                written.push_str(&mark(left.len()));
                left.extend(value);
            }
        }
        written.push_str(piece);
    }
    (written, left)
}

/// A number as SQL; `None` for everything that is not ours to write.
fn literal(value: &Value) -> Option<String> {
    match value {
        Value::BigInt(number) => Some(format!("CAST('{number}' AS BIGINT)")),
        Value::UBigInt(number) => Some(format!("CAST('{number}' AS UBIGINT)")),
        Value::UHugeInt(number) => Some(format!("CAST('{number}' AS UHUGEINT)")),
        Value::Int(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    }
}

impl Filter {
    /// Since and until only, both set.
    pub fn between(since: UnixNanos, until: UnixNanos) -> Self {
        Self { since: Some(since), until: Some(until), ..Self::default() }
    }

    /// Whether it asks for nothing but times.
    pub(super) fn is_only_times(&self) -> bool {
        *self == Self { since: self.since, until: self.until, ..Self::default() }
    }

    /// The same with the time before it, which is as long and ends where this begins; as it is when it has no both ends.
    pub(super) fn with_time_before(&self) -> Self {
        let (Some(since), Some(until)) = (self.since, self.until) else { return self.clone() };
        Self { since: Some(since.before(until)), ..self.clone() }
    }

    /// Conditions on rows of `span`.
    pub(super) fn on_spans(&self) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.times(self);
        for (dimension, wanted) in &self.any_of {
            let (values, none) = split(wanted);
            let mut either = Vec::new();
            let column = if *dimension == Dimension::Tag { "tags" } else { dimension.column() };
            if *dimension == Dimension::Tag {
                either.extend(vec!["coalesce(list_contains(tags, ?), false)".to_owned(); values.len()]);
            } else if !values.is_empty() {
                either.push(format!("{column} IN ({})", marks(values.len())));
            }
            if none {
                either.push(format!("{column} IS NULL"));
            }
            conditions.add(&either.join(" OR "), values.into_iter().map(|value| Value::Text(value.to_owned())));
        }
        if let Some(counted) = self.counted {
            conditions.add("counted = ?", [Value::Boolean(counted)]);
        }
        conditions.shared(self);
        conditions
    }

    /// Conditions on rows of `trace`: a dimension holds when any span of the trace has the value.
    pub(super) fn on_traces(&self) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.times(self);
        for (dimension, wanted) in &self.any_of {
            let (values, none) = split(wanted);
            // One by one: list_contains is pruned by zone maps, list_has_any reads every row.
            let contains = |column: &str| vec![format!("list_contains({column}, ?)"); values.len()];
            let plain = || values.iter().map(|value| Value::Text((*value).to_owned()));
            let tagged = || values.iter().map(|value| Value::Text(tag(*dimension, value)));
            let mut either = Vec::new();
            let mut bound: Vec<Value> = Vec::new();
            if !values.is_empty() {
                match dimension.in_trace() {
                    Held::List(column) => {
                        either.extend(contains(column));
                        bound.extend(plain());
                    }
                    Held::Column(column) => {
                        either.push(format!("{column} IN ({})", marks(values.len())));
                        either.extend(contains("more"));
                        bound.extend(plain().chain(tagged()));
                    }
                    Held::More => {
                        either.extend(contains("more"));
                        bound.extend(tagged());
                    }
                }
            }
            if none {
                match dimension.in_trace() {
                    Held::List(column) | Held::Column(column) => either.push(format!("{column} IS NULL")),
                    Held::More => {
                        either.push("NOT coalesce(contains(array_to_string(more, chr(10)), ?), false)".into());
                        bound.push(Value::Text(tag(*dimension, "")));
                    }
                }
            }
            conditions.add(&either.join(" OR "), bound);
        }
        conditions.shared(self);
        conditions
    }
}

/// The entry of `trace.more` for a value.
pub(super) fn tag(dimension: Dimension, value: &str) -> String {
    format!("{}={value}", dimension.as_str())
}

/// The values asked for, and whether "has none" is among them. Nothing at all asked for means that too.
fn split(wanted: &[String]) -> (Vec<&str>, bool) {
    let values: Vec<&str> = wanted.iter().map(String::as_str).filter(|value| !value.is_empty()).collect();
    let none = values.len() < wanted.len() || values.is_empty();
    (values, none)
}

/// `?, ?, ?`
pub(super) fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bound_and_never_part_of_the_text() {
        let filter = Filter {
            since: Some(UnixNanos(5)),
            any_of: vec![(Dimension::Feature, vec!["x' OR 1=1".into(), String::new()])],
            text: Some("%'".into()),
            ..Filter::default()
        };
        let conditions = filter.on_spans();
        assert_eq!(
            conditions.sql(),
            "(start_ns >= CAST('5' AS BIGINT)) AND (feature IN (?) OR feature IS NULL) AND (contains(lower(name), lower(?)))"
        );
        assert_eq!(conditions.values, [Value::Text("x' OR 1=1".into()), Value::Text("%'".into())]);
        let marks_in = |sql: &str| sql.matches('?').count();
        let traces = filter.on_traces();
        assert_eq!(marks_in(traces.sql()), traces.values.len());
    }

    #[test]
    fn no_condition_is_true() {
        assert_eq!(Filter::default().on_traces().sql(), "true");
    }
}
