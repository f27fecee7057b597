//! Spans of some traces with who is above whom. Pure.

use std::collections::HashMap;

use super::{Node, Used};
use crate::model::{NanoUsd, SpanKind};

/// What of a span is needed. Times in nanoseconds since the epoch.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub start: i64,
    pub end: i64,
    pub name: String,
    pub kind: SpanKind,
    pub agent: Option<String>,
    pub tool: Option<String>,
    pub failed: bool,
    /// Of a counted call.
    pub cost: Option<NanoUsd>,
}

#[derive(Debug)]
pub(super) struct Tree {
    spans: Vec<Span>,
    /// The place of the span above; `None` for roots and where it has not arrived.
    parents: Vec<Option<usize>>,
}

/// Spans above one: nobody nests deeper, and a trace may claim to.
const HIGHEST: usize = 100;

impl Tree {
    /// A parent that leads nowhere, because it stands in a circle, is none.
    pub(super) fn new(spans: Vec<Span>, parents: Vec<Option<usize>>) -> Self {
        let mut tree = Self { spans, parents };
        for place in 0..tree.parents.len() {
            if tree.above(place).count() == HIGHEST {
                tree.parents[place] = None;
            }
        }
        tree
    }

    fn above(&self, place: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.parents[place], |at| self.parents[*at]).take(HIGHEST)
    }

    /// The steps, those that take most time first. The request of a model call, and whatever else a client writes about
    /// how a call or a tool does its work, is part of it and no step.
    pub(super) fn nodes(&self) -> Vec<Node> {
        let is_step: Vec<bool> = (0..self.spans.len()).map(|place| self.is_step(place)).collect();
        let own = self.own_times(&is_step);
        let below = self.costs_below();
        let whole: i64 =
            (0..self.spans.len()).filter(|place| self.parents[*place].is_none()).map(|at| self.lasts(at)).sum();
        let mut groups: HashMap<(&str, SpanKind), Vec<usize>> = HashMap::new();
        for place in (0..self.spans.len()).filter(|place| is_step[*place] && self.parents[*place].is_some()) {
            let span = &self.spans[place];
            groups.entry((&span.name, span.kind)).or_default().push(place);
        }
        let mut nodes: Vec<Node> = groups
            .into_iter()
            .map(|((name, kind), places)| {
                let mut durations: Vec<i64> = places.iter().map(|at| self.lasts(*at)).collect();
                durations.sort_unstable();
                Node {
                    name: name.to_owned(),
                    kind,
                    calls: places.len() as u64,
                    failures: places.iter().filter(|at| self.spans[**at].failed).count() as u64,
                    p50_ns: quantile(&durations, 0.5),
                    p95_ns: quantile(&durations, 0.95),
                    share: places.iter().map(|at| own[*at]).sum::<i64>() as f64 / whole.max(1) as f64,
                    cost: places.iter().filter_map(|at| below[*at]).reduce(plus),
                }
            })
            .collect();
        nodes.sort_by(|one, other| {
            other
                .share
                .total_cmp(&one.share)
                .then_with(|| (&one.name, one.kind.as_str()).cmp(&(&other.name, other.kind.as_str())))
        });
        nodes
    }

    fn lasts(&self, place: usize) -> i64 {
        self.spans[place].end - self.spans[place].start
    }

    fn is_step(&self, place: usize) -> bool {
        use SpanKind::{Db, Http, Other, Retrieval, Tool};
        let does_work = |at: usize| {
            let kind = self.spans[at].kind;
            kind.is_model_call() || matches!(kind, Tool | Retrieval)
        };
        !matches!(self.spans[place].kind, Http | Db | Other) || !self.above(place).any(does_work)
    }

    /// What each span lasts without the time in which a step below it runs.
    fn own_times(&self, is_step: &[bool]) -> Vec<i64> {
        let mut below: Vec<Vec<(i64, i64)>> = vec![Vec::new(); self.spans.len()];
        for place in (0..self.spans.len()).filter(|place| is_step[*place]) {
            if let Some(step) = self.above(place).find(|at| is_step[*at]) {
                below[step].push((self.spans[place].start, self.spans[place].end));
            }
        }
        let own = |(place, mut times): (usize, Vec<(i64, i64)>)| {
            let Span { start, end, .. } = self.spans[place];
            times.sort_unstable();
            let (mut covered, mut until) = (0, start);
            for (from, to) in times {
                let (from, to) = (from.max(until), to.min(end));
                covered += (to - from).max(0);
                until = until.max(to);
            }
            end - start - covered
        };
        below.into_iter().enumerate().map(own).collect()
    }

    /// What counted calls at and below each span cost.
    fn costs_below(&self) -> Vec<Option<NanoUsd>> {
        let mut sums: Vec<Option<NanoUsd>> = vec![None; self.spans.len()];
        for (place, cost) in self.spans.iter().enumerate().filter_map(|(place, span)| Some((place, span.cost?))) {
            for at in std::iter::once(place).chain(self.above(place)) {
                sums[at] = Some(sums[at].map_or(cost, |sum| plus(sum, cost)));
            }
        }
        sums
    }

    /// Which agent uses which tool, most frequent first.
    pub(super) fn uses(&self) -> Vec<Used> {
        let below = self.costs_below();
        let mut uses: HashMap<(&str, Option<&str>), Used> = HashMap::new();
        for (place, span) in self.spans.iter().enumerate().filter(|(_, span)| span.kind == SpanKind::Tool) {
            let (tool, agent) = (span.tool.as_deref().unwrap_or(&span.name), self.agent_of(place));
            let none = || Used { tool: tool.to_owned(), agent: agent.map(str::to_owned), uses: 0, cost: None };
            let used = uses.entry((tool, agent)).or_insert_with(none);
            used.uses += 1;
            used.cost = [used.cost, below[place]].into_iter().flatten().reduce(plus);
        }
        let mut uses: Vec<Used> = uses.into_values().collect();
        uses.sort_by(|one, other| {
            other.uses.cmp(&one.uses).then_with(|| (&one.tool, &one.agent).cmp(&(&other.tool, &other.agent)))
        });
        uses
    }

    fn agent_of(&self, place: usize) -> Option<&str> {
        std::iter::once(place).chain(self.above(place)).find_map(|at| {
            let span = &self.spans[at];
            let by_kind = (span.kind == SpanKind::Agent).then_some(span.name.as_str());
            span.agent.as_deref().or(by_kind)
        })
    }
}

fn plus(one: NanoUsd, other: NanoUsd) -> NanoUsd {
    NanoUsd(one.0.saturating_add(other.0))
}

/// Of `sorted`, which is not empty.
fn quantile(sorted: &[i64], quantile: f64) -> i64 {
    let place = (quantile * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(name: &str, kind: SpanKind, start: i64, end: i64) -> Span {
        Span { start, end, name: name.into(), kind, agent: None, tool: None, failed: false, cost: None }
    }

    /// A run of 100: an agent from 10 to 90 with two calls, one of which overlaps a tool that asks a model itself.
    fn run() -> Tree {
        let cost = |nano, span| Span { cost: Some(NanoUsd(nano)), ..span };
        let spans = vec![
            span("flow", SpanKind::Workflow, 0, 100),
            Span { agent: Some("planner".into()), ..span("invoke", SpanKind::Agent, 10, 90) },
            cost(5, span("chat", SpanKind::Llm, 10, 40)),
            span("POST", SpanKind::Http, 11, 39),
            Span { tool: Some("search".into()), failed: true, ..span("execute", SpanKind::Tool, 30, 80) },
            cost(7, span("chat", SpanKind::Llm, 60, 70)),
        ];
        Tree::new(spans, vec![None, Some(0), Some(1), Some(2), Some(1), Some(4)])
    }

    #[test]
    fn a_step_has_the_time_that_no_step_below_it_takes() {
        let nodes = run().nodes();
        let told: Vec<(&str, u64, u64, f64, Option<i64>)> = nodes
            .iter()
            .map(|node| {
                let percent = (node.share * 100.0).round();
                (node.name.as_str(), node.calls, node.failures, percent, node.cost.map(|cost| cost.0))
            })
            .collect();
        // The request belongs to its call; calls and tool run side by side, so more than 80 of 100 are shared out.
        let expected =
            [("chat", 2, 0, 40.0, Some(12)), ("execute", 1, 1, 40.0, Some(7)), ("invoke", 1, 0, 10.0, Some(12))];
        assert_eq!(told, expected);
        assert_eq!((nodes[0].p50_ns, nodes[0].p95_ns), (10, 30));
    }

    #[test]
    fn a_tool_is_used_by_the_nearest_agent_and_costs_what_is_below_it() {
        let used = |agent: Option<&str>| Used {
            tool: "search".into(),
            agent: agent.map(Into::into),
            uses: 1,
            cost: Some(NanoUsd(7)),
        };
        assert_eq!(run().uses(), [used(Some("planner"))]);
        let mut alone = run();
        alone.parents[4] = None;
        assert_eq!(alone.uses(), [used(None)]);
    }

    #[test]
    fn spans_in_a_circle_end_somewhere() {
        let spans = vec![span("a", SpanKind::Agent, 0, 10), span("b", SpanKind::Agent, 0, 10)];
        let circle = Tree::new(spans, vec![Some(1), Some(0)]);
        assert_eq!(circle.parents, [None, Some(0)]);
        assert_eq!(circle.uses(), []);
    }
}
