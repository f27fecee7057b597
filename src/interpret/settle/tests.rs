use proptest::prelude::*;

use super::*;

fn call(id: u8, parent: u8, has_usage: bool) -> Member {
    Member {
        span_id: SpanId([id; 8]),
        parent: (parent != 0).then_some(SpanId([parent; 8])),
        kind: SpanKind::Llm,
        has_usage,
        response_id: None,
        voice: Voice { rank: 2, ..Voice::default() },
        own: None,
    }
}

fn span(id: u8, parent: u8, kind: SpanKind) -> Member {
    Member { kind, ..call(id, parent, true) }
}

fn counted(members: &[Member]) -> Vec<u8> {
    let verdicts = settle(members);
    members.iter().zip(verdicts).filter(|(_, verdict)| verdict.counted).map(|(member, _)| member.span_id.0[0]).collect()
}

#[test]
fn agents_and_workflows_repeat_their_calls() {
    let members = [span(1, 0, SpanKind::Workflow), span(2, 1, SpanKind::Agent), call(3, 2, true), call(4, 2, true)];
    assert_eq!(counted(&members), [3, 4]);
}

#[test]
fn the_innermost_call_with_usage_counts() {
    let members = [call(1, 0, true), span(2, 1, SpanKind::Other), call(3, 2, true)];
    assert_eq!(counted(&members), [3]);
    assert_eq!(settle(&members)[0].reason.as_deref(), Some(NESTED));
}

#[test]
fn a_parent_that_never_arrives_hides_nothing() {
    assert_eq!(counted(&[call(2, 9, true), call(3, 9, false)]), [2, 3]);
}

#[test]
fn usage_at_the_outer_call_only_counts_there() {
    let members = [call(1, 0, true), call(2, 1, false)];
    assert_eq!(counted(&members), [1]);
    assert_eq!(settle(&members)[1].reason.as_deref(), Some(ENCLOSED));
}

#[test]
fn two_layers_without_usage_are_one_unknown_call() {
    let members = [call(1, 0, false), call(2, 1, false)];
    assert_eq!(counted(&members), [2]);
    assert_eq!(settle(&members)[0].reason.as_deref(), Some(ENCLOSES));
}

#[test]
fn of_one_response_the_teller_nearest_to_the_provider_counts() {
    let with = |member: Member, rank: u8| Member {
        response_id: Some("msg_1".into()),
        voice: Voice { rank, ..Voice::default() },
        ..member
    };
    let members = [with(call(5, 1, true), 3), with(call(4, 1, true), 2), with(call(3, 1, false), 9)];
    assert_eq!(counted(&members), [5]);
    assert_eq!(settle(&members)[1].reason.as_deref(), Some("same response id as span 0505050505050505"));
}

#[test]
fn what_says_of_itself_that_it_does_not_count_never_does() {
    let own = Member { own: Some("answered from a cache".into()), ..call(2, 1, true) };
    let members = [call(1, 0, true), own];
    assert_eq!(counted(&members), [1]);
    assert_eq!(settle(&members)[1].reason.as_deref(), Some("answered from a cache"));
}

#[test]
fn a_ring_of_parents_ends() {
    let members = [call(1, 3, true), call(2, 1, true), call(3, 2, false), call(4, 4, true)];
    assert!(counted(&members).contains(&4));
}

#[test]
fn the_providers_own_sdk_outranks_instrumentations() {
    let rank = |dialect| Voice::of(dialect).rank;
    assert!(rank("anthropic_sdk") > rank("openllmetry"));
    assert!(rank("otel_genai") > rank(""));
    assert!(rank("claude_code_log") > rank("anthropic_sdk"));
}

#[test]
fn a_server_repeats_its_caller_and_counts_without_one() {
    let serves = |member: Member| Member { voice: Voice::of("vllm"), ..member };
    let members = [call(1, 0, true), span(2, 1, SpanKind::Http), serves(call(3, 2, true))];
    assert_eq!(counted(&members), [1]);
    assert_eq!(settle(&members)[2].reason.as_deref(), Some(TOLD_BY_CALLER));
    assert_eq!(counted(&[call(1, 0, false), serves(call(3, 1, true))]), [3], "who knows no tokens tells nothing");
    assert_eq!(counted(&[span(1, 0, SpanKind::Http), serves(call(3, 1, true))]), [3]);
}

#[test]
fn of_two_that_could_stand_back_behind_each_other_one_counts() {
    let voice = |teller, client, serves| Voice { teller, client, serves, ..Voice::default() };
    let below = |voice| Member { voice, ..call(2, 1, true) };
    // A span stands back behind its client's log records, a server behind its caller.
    let span = Member { voice: voice(Teller::Span, "codex", false), ..call(1, 9, true) };
    assert_eq!(counted(&[span, below(voice(Teller::Log, "codex", true))]), [2]);
    // An echo stands back behind the span of its response.
    let of_one = |member: Member| Member { response_id: Some("r".into()), ..member };
    let echo = Member { voice: voice(Teller::Echo, "", false), ..call(1, 9, true) };
    assert_eq!(counted(&[of_one(echo), of_one(below(voice(Teller::Span, "", true)))]), [2]);
}

#[test]
fn a_sum_does_not_count_beside_its_parts() {
    let told = |member: Member, dialect: &str| Member { voice: Voice::of(dialect), ..member };
    let (sum, part) = (told(call(1, 9, true), "dify_message"), told(call(2, 8, true), "dify"));
    assert_eq!(counted(&[sum.clone(), part.clone()]), [2]);
    assert_eq!(counted(&[sum.clone(), Member { has_usage: false, ..part }]), [1, 2]);
    assert_eq!(counted(&[sum]), [1]);
    // A failed call has no tokens, whoever tells it.
    let (node, run) = (told(call(1, 9, false), "n8n_model"), told(call(2, 8, false), "langsmith"));
    assert_eq!(counted(&[node.clone(), run.clone()]), [2]);
    assert_eq!(counted(&[Member { has_usage: true, ..node.clone() }, run]), [1, 2]);
    assert_eq!(counted(&[node, told(call(2, 8, true), "n8n")]), [1, 2]);
}

prop_compose! {
    fn any_member(id: u8)(
        // Parents are drawn from all ids and beyond: chains, rings and parents that never arrive.
        parent in 0_u8..15,
        kind in prop::sample::select(vec![SpanKind::Llm, SpanKind::Embedding, SpanKind::Agent, SpanKind::Other]),
        has_usage: bool,
        response in prop::option::of(0_u8..3),
        rank in 0_u8..3,
        teller in prop::sample::select(vec![Teller::Span, Teller::Span, Teller::Log, Teller::Echo]),
        client in prop::sample::select(vec!["", "codex"]),
        tied: bool,
        serves in prop::bool::weighted(0.1),
        (dialect, sums_up) in (prop::sample::select(vec!["", "part"]), prop::sample::select(vec!["", "", "part"])),
        own in prop::bool::weighted(0.1),
    ) -> Member {
        Member {
            kind,
            response_id: response.map(|id| format!("r{id}")),
            voice: Voice { rank, teller, client, tied, serves, dialect: if sums_up.is_empty() { dialect } else { "" }, sums_up, ..Voice::default() },
            own: own.then(|| "own".to_owned()),
            ..call(id, parent, has_usage)
        }
    }
}

/// Up to twelve members with distinct ids in any order.
fn any_trace() -> impl Strategy<Value = Vec<Member>> {
    (1_u8..12).prop_flat_map(|len| (1..=len).map(any_member).collect::<Vec<_>>()).prop_shuffle()
}

fn is_tree(members: &[Member]) -> bool {
    members.iter().all(|member| {
        let mut at = Some(member);
        let mut steps = 0;
        while let Some(found) = at {
            steps += 1;
            if steps > members.len() {
                return false;
            }
            at = members.iter().find(|other| Some(other.span_id) == found.parent);
        }
        true
    })
}

proptest! {
    #[test]
    fn order_does_not_matter(members in any_trace().prop_filter("a tree", |members| is_tree(members)), by in 0_usize..12) {
        let mut turned = members.clone();
        turned.rotate_left(by % members.len());
        turned.reverse();
        let find = |of: &[Member], verdicts: Vec<Verdict>| {
            let mut pairs: Vec<_> = of.iter().map(|member| member.span_id).zip(verdicts).collect();
            pairs.sort_by_key(|(id, _)| *id);
            pairs
        };
        prop_assert_eq!(find(&members, settle(&members)), find(&turned, settle(&turned)));
    }

    #[test]
    fn settling_what_counts_changes_nothing(members in any_trace().prop_filter("a tree", |members| is_tree(members))) {
        let verdicts = settle(&members);
        let rest: Vec<Member> = members.iter().zip(&verdicts)
            .filter(|(member, verdict)| verdict.counted || !member.kind.is_model_call())
            .map(|(member, _)| member.clone())
            .collect();
        let calls = rest.iter().zip(settle(&rest)).filter(|(member, _)| member.kind.is_model_call());
        for (member, verdict) in calls {
            prop_assert!(verdict.counted, "{:?} {:?}", member, verdict);
        }
    }

    #[test]
    fn a_verdict_without_reason_counts_and_only_calls_count(members in any_trace()) {
        for (member, verdict) in members.iter().zip(settle(&members)) {
            prop_assert_eq!(verdict.counted, verdict.reason.is_none());
            prop_assert!(!verdict.counted || member.kind.is_model_call() && member.own.is_none());
        }
    }

    #[test]
    fn usage_is_counted_somewhere_on_every_path(members in any_trace().prop_filter("a tree", |members| is_tree(members))) {
        let any_usage = members.iter().any(|member| member.may_count() && member.has_usage);
        let counted_usage = members.iter().zip(settle(&members)).any(|(member, verdict)| verdict.counted && member.has_usage);
        prop_assert_eq!(any_usage, counted_usage);
    }
}
