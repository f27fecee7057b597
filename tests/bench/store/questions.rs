//! The questions people ask: lists with every filter, boards, series.

use std::future::Future;
use std::pin::Pin;

use tracemeter::analytics::{
    Analytics, BucketSize, Buckets, CostQuestion, Dimension, Filter, Metric, MoversQuestion, Order, PageKey, PartKind,
    SeriesQuestion, ValueQuestion,
};
use tracemeter::model::{NanoUsd, SpanKind, Status, TraceId, UnixNanos};

const DAY: i64 = 86_400_000_000_000;
const LIMIT: usize = 50;
/// What a list and what a board may take.
const LIST_MS: f64 = 100.0;
const BOARD_MS: f64 = 300.0;

type Asked = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A question, asked anew in every run with another value where there is one.
pub struct Question {
    pub name: String,
    /// Milliseconds that 95 of 100 answers may take on a quiet machine.
    pub budget: f64,
    pub ask: Box<dyn Fn(Analytics, usize) -> Asked>,
}

fn question<F>(name: impl Into<String>, ask: impl Fn(Analytics, usize) -> F + 'static) -> Question
where
    F: Future<Output = ()> + Send + 'static,
{
    let name = name.into();
    let is_list = ["traces: ", "calls: ", "sessions, newest", "values "].iter().any(|start| name.starts_with(start));
    Question {
        name,
        budget: if is_list { LIST_MS } else { BOARD_MS },
        ask: Box::new(move |analytics, run| Box::pin(ask(analytics, run))),
    }
}

pub async fn all(analytics: &Analytics, now: UnixNanos) -> Vec<Question> {
    let mut all = Vec::new();
    for (name, filter) in filters() {
        for order in Order::ALL {
            if order != Order::Newest && !["no filter", "model", "service+model+status"].contains(&name) {
                continue;
            }
            all.push(traces(format!("traces: {name}, {}", order.as_str()), filter, order, None));
            all.push(calls(format!("calls: {name}, {}", order.as_str()), filter, order, None));
        }
    }
    for order in Order::ALL {
        let name = format!("no filter, {}, page 100", order.as_str());
        let (trace, call) = after_99_pages(analytics, order).await;
        all.push(traces(format!("traces: {name}"), |_| Filter::default(), order, trace));
        all.push(calls(format!("calls: {name}"), |_| Filter::default(), order, call));
    }
    all.push(found_by_search(analytics, now).await);
    all.extend(boards(now));
    all
}

/// Where page 100 begins, of traces and of calls.
async fn after_99_pages(analytics: &Analytics, order: Order) -> (Option<PageKey>, Option<PageKey>) {
    const PAGES_AT_ONCE: usize = 9;
    let (mut trace, mut call) = (None, None);
    for _ in 0..99 / PAGES_AT_ONCE {
        let count = LIMIT * PAGES_AT_ONCE;
        trace = analytics.traces(&Filter::default(), order, count, trace).await.expect("answers").next;
        call = analytics.calls(&Filter::default(), order, count, call).await.expect("answers").next;
    }
    (trace, call)
}

/// Traces of all times.
pub async fn some_traces(analytics: &Analytics, now: UnixNanos, count: usize) -> Vec<TraceId> {
    let mut some = Vec::new();
    for number in 0..count as i64 {
        let since = UnixNanos(now.0 - 30 * DAY + (30 * DAY / count as i64) * number);
        let filter = Filter::between(since, UnixNanos(since.0 + DAY / 24));
        let page = analytics.traces(&filter, Order::Newest, 1, None).await.expect("answers");
        some.extend(page.items.first().map(|trace| trace.trace_id));
    }
    some
}

/// The dearest of as many traces as a search narrows a list to.
async fn found_by_search(analytics: &Analytics, now: UnixNanos) -> Question {
    let filter = Filter { traces: Some(some_traces(analytics, now, 5_000).await), ..Filter::default() };
    question("traces: 5,000 found by search, cost", move |analytics, _| {
        let filter = filter.clone();
        async move {
            analytics.traces(&filter, Order::Cost, LIMIT, None).await.expect("answers");
        }
    })
}

type ByRun = fn(usize) -> Filter;

fn filters() -> Vec<(&'static str, ByRun)> {
    vec![
        ("no filter", |_| Filter::default()),
        ("model", |run| any_of(&[(Dimension::Model, MODELS[run % 10])])),
        ("model that is nowhere", |_| any_of(&[(Dimension::Model, "nowhere")])),
        ("service", |run| any_of(&[(Dimension::Service, &format!("service-{:02}", run % 12))])),
        ("feature", |run| any_of(&[(Dimension::Feature, &format!("feature-{}", run % 20))])),
        ("team", |run| any_of(&[(Dimension::Team, &format!("team-{}", run % 6))])),
        ("user", |run| any_of(&[(Dimension::User, &format!("user-{}", run * 97))])),
        ("session", |run| any_of(&[(Dimension::Session, &format!("session-{}", run * 9_973))])),
        ("prompt_version", |run| any_of(&[(Dimension::PromptVersion, &format!("v{}", 1 + run % 5))])),
        ("status", |_| Filter { status: vec![Status::Error], ..Filter::default() }),
        ("kind", |_| Filter { kind: vec![SpanKind::Llm], ..Filter::default() }),
        ("min_cost", |_| Filter { min_cost: Some(NanoUsd(36_000_000)), ..Filter::default() }),
        ("min_duration", |_| Filter { min_duration_ns: Some(9_000_000_000), ..Filter::default() }),
        ("name", |run| Filter { text: Some(format!("FLOW-{}", run % 10)), ..Filter::default() }),
        ("service+model+status", |run| Filter {
            status: vec![Status::Error],
            ..any_of(&[(Dimension::Service, &format!("service-{:02}", run % 12)), (Dimension::Model, MODELS[run % 10])])
        }),
    ]
}

const MODELS: [&str; 10] = [
    "gpt-4o-mini",
    "gpt-4o",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "gemini-2.5-flash",
    "gpt-5-mini",
    "llama3.3:70b",
    "mistral-large-latest",
    "text-embedding-3-small",
    "home-made",
];

fn any_of(wanted: &[(Dimension, &str)]) -> Filter {
    let any_of = wanted.iter().map(|(dimension, value)| (*dimension, vec![(*value).to_owned()])).collect();
    Filter { any_of, ..Filter::default() }
}

fn traces(name: String, filter: ByRun, order: Order, after: Option<PageKey>) -> Question {
    question(name, move |analytics, run| async move {
        analytics.traces(&filter(run), order, LIMIT, after).await.expect("answers");
    })
}

fn calls(name: String, filter: ByRun, order: Order, after: Option<PageKey>) -> Question {
    question(name, move |analytics, run| async move {
        analytics.calls(&filter(run), order, LIMIT, after).await.expect("answers");
    })
}

fn cost(name: &str, group_by: Vec<Dimension>, buckets: Option<Buckets>, filter: Filter) -> Question {
    let asked = CostQuestion { filter, group_by, buckets, sessions: false };
    question(name, move |analytics, _| {
        let asked = asked.clone();
        async move {
            analytics.cost(&asked).await.expect("answers");
        }
    })
}

/// What is asked of two dimensions at once, by months, in a zone off the hour, about sessions, and against the period
/// before.
fn pairs(now: UnixNanos, month: &Filter, buckets: &[Option<Buckets>; 3]) -> Vec<Question> {
    let mut all = Vec::new();
    for (one, other) in [
        (Dimension::Model, Dimension::Feature),
        (Dimension::Service, Dimension::PromptVersion),
        (Dimension::Model, Dimension::User),
    ] {
        for (when, buckets) in ["30 days", "by day", "by day in Vienna"].iter().zip(buckets) {
            let name = format!("cost by {} and {}, {when}", one.as_str(), other.as_str());
            all.push(cost(&name, vec![one, other], buckets.clone(), month.clone()));
        }
    }
    let since = UnixNanos(now.0 - 30 * DAY);
    for (zone, size) in [("Europe/Vienna", BucketSize::Month), ("Asia/Kolkata", BucketSize::Day)] {
        let calendar = jiff::tz::TimeZone::get(zone).expect("known");
        let buckets = Buckets::between(since, now, size, &calendar).expect("few");
        let name = format!("cost by {} in {zone} and model", size.as_str());
        all.push(cost(&name, vec![Dimension::Model], Some(buckets), month.clone()));
    }
    for by in [vec![], vec![Dimension::Model]] {
        let asked = CostQuestion { filter: month.clone(), group_by: by, buckets: None, sessions: true };
        all.push(question(format!("cost with sessions by {:?}", asked.group_by), move |analytics, _| {
            let asked = asked.clone();
            async move {
                analytics.cost(&asked).await.expect("answers");
            }
        }));
    }
    for by in [vec![Dimension::Model], vec![Dimension::User], vec![Dimension::Model, Dimension::Feature]] {
        let since = UnixNanos(now.0 - 15 * DAY);
        let asked = MoversQuestion { filter: Filter::default(), group_by: by, since, until: now, limit: 50 };
        all.push(question(format!("movers of 15 days by {:?}", asked.group_by), move |analytics, _| {
            let asked = asked.clone();
            async move {
                analytics.movers(asked).await.expect("answers");
            }
        }));
    }
    all
}

fn boards(now: UnixNanos) -> Vec<Question> {
    let since = UnixNanos(now.0 - 30 * DAY);
    let month = Filter::between(since, now);
    let utc = jiff::tz::TimeZone::UTC;
    let days = Buckets::between(since, now, BucketSize::Day, &utc).expect("few");
    // Their days begin at another hour than those that are summed up.
    let vienna = jiff::tz::TimeZone::get("Europe/Vienna").expect("known");
    let local_days = Buckets::between(since, now, BucketSize::Day, &vienna).expect("few");
    let mut all = Vec::new();
    all.push(cost("cost by day", vec![], Some(days.clone()), month.clone()));
    for by in [
        Dimension::Model,
        Dimension::Feature,
        Dimension::Team,
        Dimension::PromptVersion,
        Dimension::User,
        Dimension::Service,
        Dimension::Workflow,
        Dimension::Session,
    ] {
        all.push(cost(&format!("cost by {}, 30 days", by.as_str()), vec![by], None, month.clone()));
        if by != Dimension::Session {
            all.push(cost(&format!("cost by day and {}", by.as_str()), vec![by], Some(days.clone()), month.clone()));
            let name = format!("cost by day in Vienna and {}", by.as_str());
            all.push(cost(&name, vec![by], Some(local_days.clone()), month.clone()));
        }
    }
    let one_user = Filter { any_of: any_of(&[(Dimension::User, "user-97")]).any_of, ..month.clone() };
    all.push(cost("cost by day of one user", vec![], Some(days.clone()), one_user));
    all.extend(pairs(now, &month, &[None, Some(days.clone()), Some(local_days.clone())]));
    all.extend(series("UTC", &month, &days));
    all.extend(series("Vienna", &month, &local_days));
    all.push(overview(now, 1));
    all.push(overview(now, 30));
    for dimension in [Dimension::Model, Dimension::User, Dimension::Session, Dimension::PromptVersion] {
        let asked = ValueQuestion { dimension, filter: month.clone(), contains: String::new(), limit: 8 };
        all.push(question(format!("values of {}, 30 days", dimension.as_str()), move |analytics, _| {
            let asked = asked.clone();
            async move {
                analytics.values(&asked).await.expect("answers");
            }
        }));
    }
    all.extend(groups(&month));
    all
}

fn series(zone: &str, month: &Filter, days: &Buckets) -> Vec<Question> {
    let mut all = Vec::new();
    let series = [
        (Metric::Cost, Dimension::Model),
        (Metric::Tokens, Dimension::Feature),
        (Metric::Calls, Dimension::User),
        (Metric::LatencyP95, Dimension::Model),
        (Metric::TtftP95, Dimension::Model),
        (Metric::Traces, Dimension::Service),
    ];
    for (metric, by) in series {
        let asked = SeriesQuestion { metric, filter: month.clone(), by: Some(by), buckets: days.clone() };
        all.push(question(
            format!("series: {} by {} and day in {zone}", metric.as_str(), by.as_str()),
            move |analytics, _| {
                let asked = asked.clone();
                async move {
                    analytics.series(asked).await.expect("answers");
                }
            },
        ));
    }
    all
}

/// Models, workflows, agents, tools, and what failed.
fn parts(month: &Filter) -> Vec<Question> {
    let asked = |name: &str, ask: fn(Analytics, Filter) -> Asked| {
        let month = month.clone();
        question(name, move |analytics, _| ask(analytics, month.clone()))
    };
    vec![
        asked("models, 30 days", |analytics, month| {
            Box::pin(async move {
                let now = month.until.unwrap_or_default();
                analytics.models(&month, now).await.expect("answers");
            })
        }),
        asked("workflows, 30 days", |analytics, month| {
            Box::pin(async move {
                analytics.workflows(&month, None).await.expect("answers");
                analytics.nodes(&month, "workflow-3".into()).await.expect("answers");
            })
        }),
        asked("agents, 30 days", |analytics, month| {
            Box::pin(async move {
                analytics.parts(PartKind::Agent, &month, None).await.expect("answers");
                analytics.sums_by_agent(&month).await.expect("answers");
            })
        }),
        asked("tools and who uses them, 30 days", |analytics, month| {
            Box::pin(async move {
                analytics.parts(PartKind::Tool, &month, None).await.expect("answers");
                analytics.uses(&month).await.expect("answers");
            })
        }),
        asked("newest errors, 30 days", |analytics, month| {
            Box::pin(async move {
                analytics.failures(&month, 10, None).await.expect("answers");
            })
        }),
    ]
}

/// Sessions, the health page, and what is about models and other parts.
fn groups(month: &Filter) -> Vec<Question> {
    let mut all = Vec::new();
    let month = month.clone();
    for order in [Order::Newest, Order::Cost] {
        let month = month.clone();
        all.push(question(format!("sessions, {}, 30 days", order.as_str()), move |analytics, _| {
            let month = month.clone();
            async move {
                analytics.sessions(&month, order, LIMIT, None).await.expect("answers");
            }
        }));
    }
    all.extend(parts(&month));
    all.push(question("counts of the health page", |analytics, _| async move {
        analytics.stats().await.expect("answers");
    }));
    all
}

/// What the overview page asks for a range of some days: totals beside the periods before, and the largest groups.
fn overview(now: UnixNanos, days: i64) -> Question {
    question(format!("overview, {days} days"), move |analytics, _| async move {
        let ranges = [(DAY, 1), (30 * DAY, 1), (days * DAY, 1)]
            .into_iter()
            .flat_map(|(length, _)| [(now.0 - length, now.0), (now.0 - 2 * length, now.0 - length)])
            .map(|(since, until)| (UnixNanos(since), UnixNanos(until)))
            .collect();
        analytics.totals(&Filter::default(), ranges).await.expect("answers");
        let filter = Filter::between(UnixNanos(now.0 - days * DAY), now);
        let by = [Dimension::Model, Dimension::Service, Dimension::Feature, Dimension::Workflow];
        analytics.top(&filter, &by).await.expect("answers");
    })
}
