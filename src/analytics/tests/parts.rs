//! Models in detail, workflows, agents and tools, and what failed.

use super::*;
use crate::analytics::rollup::DAY;

fn later(span: Span, days: i64) -> Span {
    let shift = |time: UnixNanos| UnixNanos(time.0 + days * DAY);
    Span { start: shift(span.start), end: shift(span.end), ..span }
}

fn failed(span: Span, error: Option<&str>) -> Span {
    Span { status: Status::Error, error_type: error.map(Into::into), ..span }
}

fn lasting(span: Span, ms: i64) -> Span {
    Span { end: span.start.saturating_add(ms * 1_000_000), ..span }
}

fn settle_all(bench: &mut Bench, now: UnixNanos) {
    while bench.store.settle(now).expect("settles") > 0 {}
}

#[tokio::test]
async fn a_model_tells_how_it_fails_since_when_it_is_used_and_whether_it_fell_silent() {
    let mut bench = Bench::new();
    let regular = |day: u8| later(call(day, 1, "gpt-4o", 10), i64::from(day));
    let mut spans: Vec<Span> = (1..=5).map(regular).collect();
    spans.push(failed(later(call(20, 1, "gpt-4o", 10), 5), Some("RateLimitError")));
    spans.push(failed(later(call(21, 1, "gpt-4o", 10), 5), Some("RateLimitError")));
    spans.push(failed(later(call(22, 1, "gpt-4o", 10), 5), None));
    spans.push(later(call(30, 1, "rare", 10), 5));
    let mut writer = later(lasting(call(31, 1, "writer", 10), 4_000), 5);
    if let Some(call) = &mut writer.call {
        call.usage = Some(TokenUsage { output: 300, reasoning: 100, ..TokenUsage::default() });
        call.cost.basis = CostBasis::Reported;
    }
    spans.push(writer);
    bench.load(&spans);
    let first_call = spans[0].start;
    // The answer is the same from the calls and from what is kept of them.
    for settled in [false, true] {
        if settled {
            settle_all(&mut bench, UnixNanos(NOON + 40 * DAY));
        }
        let models = async |now_days: i64| {
            let filter = Filter::between(UnixNanos(NOON + 4 * DAY), UnixNanos(NOON + 30 * DAY));
            bench.analytics.models(&filter, UnixNanos(NOON + now_days * DAY)).await.expect("answers")
        };
        let after_a_day = models(6).await;
        let named = |models: &[ModelFigures], name: &str| {
            models.iter().find(|one| one.model.as_deref() == Some(name)).cloned().expect("was called")
        };
        let gpt = named(&after_a_day, "gpt-4o");
        assert_eq!((gpt.sums.calls, gpt.sums.errors, gpt.first_used), (5, 3, first_call));
        assert_eq!(gpt.errors, [("RateLimitError".to_owned(), 2), (String::new(), 1)]);
        assert_eq!((gpt.silent, gpt.basis.as_deref(), gpt.output_per_second), (false, Some("computed"), None));
        let writer = named(&after_a_day, "writer");
        assert_eq!((writer.basis.as_deref(), writer.output_per_second), (Some("reported"), Some(100.0)));
        let silent: Vec<(String, bool)> =
            models(9).await.into_iter().filter_map(|one| Some((one.model?, one.silent))).collect();
        assert!(silent.contains(&("gpt-4o".into(), true)) && silent.contains(&("rare".into(), false)), "{silent:?}");
        assert!(!named(&models(60).await, "gpt-4o").silent, "long gone");
        assert_eq!(
            bench
                .analytics
                .first_call(&Filter::between(UnixNanos(NOON), UnixNanos(NOON + 9 * DAY)))
                .await
                .expect("answers"),
            Some(first_call)
        );
    }
}

/// A run of a workflow of ten seconds: an agent that uses a tool, below which a model is asked, and asks one itself.
fn run(trace: u8, feature: &str, fails: bool) -> Vec<Span> {
    let mut root = lasting(span(trace, 1), 10_000);
    root.name = "plan trip".into();
    root.kind = SpanKind::Workflow;
    root.attribution.workflow = Some("trips".into());
    root.attribution.feature = Some(feature.into());
    let agent = Span {
        name: "invoke_agent".into(),
        kind: SpanKind::Agent,
        attribution: Attribution { agent: Some("planner".into()), ..Attribution::default() },
        ..lasting(child_of(&root, 2), 8_000)
    };
    let tool = Span {
        name: "execute_tool".into(),
        kind: SpanKind::Tool,
        tool_name: Some("search".into()),
        ..lasting(child_of(&agent, 3), 4_000)
    };
    let tool = if fails { failed(tool, Some("TimeoutError")) } else { tool };
    let below = Span { parent_span_id: Some(tool.span_id), ..lasting(call(trace, 4, "mini", 7), 1_000) };
    let own = Span { parent_span_id: Some(agent.span_id), ..lasting(call(trace, 5, "gpt-4o", 30), 2_000) };
    let agent = if fails { failed(agent, None) } else { agent };
    vec![root, agent, tool, below, own]
}

async fn bench_with_runs() -> Bench {
    let mut bench = Bench::new();
    bench.load(&[run(1, "web", false), run(2, "web", true), run(3, "mail", false)].concat());
    // A workflow that only its kind tells, and a trace of none.
    let unnamed = Span { name: "nightly".into(), kind: SpanKind::Workflow, ..span(4, 1) };
    bench.load(&[unnamed, call(5, 1, "gpt-4o", 100)]);
    bench
}

fn everything() -> Filter {
    Filter::between(UnixNanos(NOON), UnixNanos(NOON + DAY))
}

#[tokio::test]
async fn workflows_have_their_runs_and_their_steps() {
    let bench = bench_with_runs().await;
    let workflows = bench.analytics.workflows(&everything(), None).await.expect("answers");
    let names: Vec<(&str, bool, u64, u64)> =
        workflows.iter().map(|one| (one.name.as_str(), one.told, one.runs, one.failures)).collect();
    assert_eq!(names, [("trips", true, 3, 1), ("nightly", false, 1, 0)]);
    let trips = &workflows[0];
    assert_eq!((trips.calls, trips.cost, trips.priced_runs), (6, Some(NanoUsd(111)), 3));
    assert_eq!((trips.duration.p50_ns, trips.service.as_str()), (Some(10_000_000_000), "agent"));
    assert_eq!(trips.last_run, span(3, 1).start);
    let one = bench.analytics.workflows(&everything(), Some("nightly".into())).await.expect("answers");
    assert_eq!(one.len(), 1);
    let mail = Filter { any_of: any_of(Dimension::Feature, &["mail"]).any_of, ..everything() };
    assert_eq!(bench.analytics.workflows(&mail, None).await.expect("answers")[0].runs, 1);

    let nodes = bench.analytics.nodes(&everything(), "trips".into()).await.expect("answers");
    assert_eq!((nodes.runs, nodes.all), (3, true));
    let told: Vec<(&str, u64, u64, Option<i64>)> = nodes
        .items
        .iter()
        .map(|node| (node.name.as_str(), node.calls, node.failures, node.cost.map(|cost| cost.0)))
        .collect();
    // Tool 3 of 10 s without the call below it, agent 4, both calls 3.
    let expected = [
        ("invoke_agent", 3, 1, Some(111)),
        ("execute_tool", 3, 1, Some(21)),
        ("step 5", 3, 0, Some(90)),
        ("step 4", 3, 0, Some(21)),
    ];
    assert_eq!(told, expected);
    assert_eq!(bench.analytics.nodes(&everything(), "nowhere".into()).await.expect("answers").items, []);
}

#[tokio::test]
async fn agents_and_tools_have_their_failures_costs_and_each_other() {
    let mut bench = bench_with_runs().await;
    for settled in [false, true] {
        if settled {
            settle_all(&mut bench, UnixNanos(NOON + 40 * DAY));
        }
        let agents = bench.analytics.parts(PartKind::Agent, &everything(), None).await.expect("answers");
        assert_eq!(agents.len(), 1);
        assert_eq!((agents[0].name.as_str(), agents[0].runs, agents[0].failures), ("planner", 3, 1));
        assert_eq!((agents[0].duration.p50_ns, &agents[0].errors), (Some(8_000_000_000), &vec![(String::new(), 1)]));
        let sums = bench.analytics.sums_by_agent(&everything()).await.expect("answers");
        assert_eq!((sums.len(), sums["planner"].calls, sums["planner"].cost), (1, 6, Some(NanoUsd(111))));
    }
    let tools = bench.analytics.parts(PartKind::Tool, &everything(), None).await.expect("answers");
    assert_eq!((tools[0].name.as_str(), tools[0].runs, tools[0].last_used), ("search", 3, span(3, 3).start));
    assert_eq!(tools[0].errors, [("TimeoutError".to_owned(), 1)]);
    assert_eq!(bench.analytics.parts(PartKind::Tool, &everything(), Some("other".into())).await.expect("answers"), []);
    let uses = bench.analytics.uses(&everything()).await.expect("answers");
    let used = Used { tool: "search".into(), agent: Some("planner".into()), uses: 3, cost: Some(NanoUsd(21)) };
    assert_eq!(uses, Uses { items: vec![used], traces: 3, all: true });

    // Neither says of which feature it is: its trace does.
    let mail = Filter { any_of: any_of(Dimension::Feature, &["mail"]).any_of, ..everything() };
    let tools = bench.analytics.parts(PartKind::Tool, &mail, None).await.expect("answers");
    assert_eq!((tools[0].runs, tools[0].failures), (1, 0));
    assert_eq!(bench.analytics.sums_by_agent(&mail).await.expect("answers")["planner"].cost, Some(NanoUsd(37)));
    assert_eq!(bench.analytics.uses(&mail).await.expect("answers").items[0].uses, 1);
}

#[tokio::test]
async fn a_failure_is_told_where_it_began() {
    let mut bench = bench_with_runs().await;
    bench.load(&[Span { status_message: Some("quota".into()), ..failed(call(9, 1, "gpt-4o", 1), Some("429")) }]);
    let page = bench.analytics.failures(&everything(), 10, None).await.expect("answers");
    let told: Vec<(&str, Option<&str>, Option<&str>, u64)> = page
        .items
        .iter()
        .map(|one| (one.name.as_str(), one.error_type.as_deref(), one.tool.as_deref(), one.failed_spans))
        .collect();
    // The agent failed because its tool did.
    assert_eq!(told, [("step 1", Some("429"), None, 1), ("execute_tool", Some("TimeoutError"), Some("search"), 2)]);
    assert_eq!((page.items[0].message.as_deref(), page.items[0].model.as_deref()), (Some("quota"), Some("gpt-4o")));
    assert_eq!((page.items[1].workflow.as_deref(), page.items[1].trace_name.as_str()), (Some("trips"), "plan trip"));
    let first = bench.analytics.failures(&everything(), 1, None).await.expect("answers");
    let second = bench.analytics.failures(&everything(), 1, first.next).await.expect("answers");
    assert_eq!((&first.items[0], &second.items[0]), (&page.items[0], &page.items[1]));
    let none = bench.analytics.failures(&Filter::between(UnixNanos(0), UnixNanos(1)), 1, None).await.expect("answers");
    assert_eq!(none.items, []);
}
