//! What is new, slow or pinned, how much goes of the rest, and what happens when nothing can be known.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_new_in_its_first_hour_and_slow_calls_are_told_by_its_own() {
    let mut bench = Bench::new(SamplingConfig { ratio: 0.0, ..SamplingConfig::default() });
    let mut sampler = bench.sampler();
    // A hundred calls of a second, half an hour apart from the next hour.
    let first: Vec<Span> = (1..=100).map(|trace| chat(span(trace, 1, NOON), "gpt-4o")).collect();
    let chunk = bench.arrives(traces(first)).await;
    let mut sent = Sent::new();
    bench.send(&bench.judged(&mut sampler, &chunk).await, &mut sent);
    assert_eq!(sent.len(), 100, "new");
    bench.pass(2 * HOUR);
    let now = bench.now();
    let mut slow = chat(span(102, 1, now), "gpt-4o");
    slow.end_time_unix_nano = (now + 2 * SECOND).unsigned_abs();
    let chunk =
        bench.arrives(traces(vec![chat(span(101, 1, now), "gpt-4o"), slow, chat(span(103, 1, now), "o9")])).await;
    let mut sent = Sent::new();
    bench.send(&bench.judged(&mut sampler, &chunk).await, &mut sent);
    assert_eq!(sent, Sent::from([(102, 1, 1), (103, 1, 1)]));
    let report = sampler.report();
    assert_eq!(report.kept, [("new_model", 101), ("slow", 1)].into());
    assert_eq!(report.dropped, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pinned_later_goes_with_the_next_chunk_and_not_again_after_a_restart() {
    let mut bench = Bench::new(healthy_only());
    bench.ledger.account("splunk", Cursor::default()).expect("made");
    let mut sampler = bench.sampler();
    let early = bench.arrives(traces(vec![span(1, 1, NOON), span(2, 1, NOON)])).await;
    assert!(bench.judged(&mut sampler, &early).await.iter().all(|share| !share.keep.goes(Some(TraceId([1; 16])))));
    bench.sources.registry.pin(TraceId([1; 16]), UnixNanos(NOON)).expect("written");
    for restarted in [false, true] {
        // Pins are read once a second, and at the start.
        let mut sampler = bench.sampler();
        let next = bench.arrives(traces(vec![span(3, u8::from(restarted), NOON)])).await;
        let mut sent = Sent::new();
        bench.send(&bench.judged(&mut sampler, &next).await, &mut sent);
        assert_eq!(sent, if restarted { Sent::new() } else { Sent::from([(1, 1, 1)]) });
    }
}

/// Ids as if drawn, in chunks of `each`.
async fn many(bench: &mut Bench, chunks: u32, each: u32) -> Vec<Chunk> {
    let mut arrived = Vec::new();
    for number in 0..chunks {
        let spans = (0..each).map(|place| {
            let hash = blake3::hash(&(number * each + place).to_le_bytes());
            let id = hash.as_bytes()[..16].to_vec();
            Span { trace_id: id.into(), ..span(1, 1, NOON) }
        });
        arrived.push(bench.arrives(traces(spans.collect())).await);
    }
    arrived
}

/// How many records were sent, and how many they stand for.
fn counted(shares: &[Share], chunk: &Chunk) -> (u64, f64) {
    let mut counted = (0, 0.0);
    for (trace, _) in records(&chunk.payload().expect("decodes")) {
        if let Some(Weight::Ratio(ratio)) = shares[0].keep.weight(TraceId::from_slice(&trace)) {
            counted.0 += 1;
            counted.1 += 1.0 / ratio;
        }
    }
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_of_healthy_traces_stands_for_all_of_them() {
    let config = SamplingConfig { ratio: 0.2, ..healthy_only() };
    let mut bench = Bench::new(config.clone());
    let mut sampler = bench.sampler();
    let (mut sent, mut stand_for, mut by_hand) = (0, 0.0, 0);
    for chunk in many(&mut bench, 5, 1000).await {
        let shares = bench.judged(&mut sampler, &chunk).await;
        let (records_sent, count) = counted(&shares, &chunk);
        sent += records_sent;
        stand_for += count;
        let low = |id: &[u8]| u64::from_be_bytes(id[8..].try_into().expect("8 bytes")) << 8 >> 8;
        let ids = records(&chunk.payload().expect("decodes"));
        by_hand += ids.iter().filter(|(id, _)| low(id) as f64 >= 0.8 * (1_u64 << 56) as f64).count() as u64;
    }
    assert_eq!(sent, by_hand);
    // Four standard deviations of the sum of 1/ratio.
    assert!((stand_for - 5000.0).abs() < 4.0 * (5000.0 * 0.8 / 0.2_f64).sqrt(), "{stand_for}");
    assert_eq!(sampler.report().kept, [("ratio", by_hand)].into());
    assert_eq!(sampler.report().dropped, 5000 - by_hand);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_halves_the_ratio_and_spares_what_is_always_kept() {
    let config = SamplingConfig { ratio: 1.0, items_per_hour: 1000, ..healthy_only() };
    let mut bench = Bench::new(config);
    let mut sampler = bench.sampler();
    let chunks = many(&mut bench, 30, 100).await;
    let (mut sent, mut stand_for) = (0, 0.0);
    for chunk in &chunks {
        let (records_sent, count) = counted(&bench.judged(&mut sampler, chunk).await, chunk);
        sent += records_sent;
        stand_for += count;
    }
    assert!((800..=1000).contains(&sent), "{sent}");
    let ratio = sampler.report().ratio_in_force;
    assert!(ratio < 0.3, "{ratio}");
    assert!((stand_for - 3000.0).abs() < 500.0, "{stand_for} stand for 3000");
    // A trace that went goes on with the ratio it began with, after a restart as well.
    let (first, _) = records(&chunks[0].payload().expect("decodes"))[0].clone();
    let more = bench.arrives(traces(vec![Span { trace_id: first.clone().into(), ..span(1, 2, NOON) }])).await;
    let mut sampler = bench.sampler();
    assert_eq!(sampler.report().ratio_in_force, ratio);
    let shares = bench.judged(&mut sampler, &more).await;
    assert_eq!(shares[0].keep.weight(TraceId::from_slice(&first)), Some(Weight::ONE));
    let errors: Vec<Span> = (1..=200).map(|trace| failed(span(trace, 1, NOON))).collect();
    let chunk = bench.arrives(traces(errors)).await;
    let mut kept = Sent::new();
    bench.send(&bench.judged(&mut sampler, &chunk).await, &mut kept);
    assert_eq!(kept.len(), 200);
    assert!(kept.iter().all(|(_, _, count)| *count == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_stood_for_counts_for_nothing_when_it_comes_after_all() {
    let mut bench = Bench::new(SamplingConfig { ratio: 0.5, ..healthy_only() });
    let mut sampler = bench.sampler();
    let dropped = (1..=u8::MAX).find(|trace| !Ratio::new(0.5, 0).takes(TraceId([*trace; 16]))).expect("half of them");
    let taken = (1..=u8::MAX).find(|trace| Ratio::new(0.5, 0).takes(TraceId([*trace; 16]))).expect("half of them");
    let early = bench.arrives(traces(vec![span(dropped, 1, NOON), span(taken, 1, NOON)])).await;
    let late = bench.arrives(traces(vec![failed(span(dropped, 2, NOON)), failed(span(taken, 2, NOON))])).await;
    // Judged when only the first chunk was there.
    let mut sent = Sent::new();
    let payload = early.payload().expect("decodes");
    let heads = decide::heads(&payload, early.received);
    let mut judgement = Judgement::begin(&bench.config, &early, sampler.memory.state);
    heads.iter().for_each(|head| judgement.take(head, None, None));
    let shares = judgement.complete(&bench.sources.journal, &HashMap::new()).expect("reads");
    sampler.memory.note(&judgement.decision(shares.clone())).expect("written");
    bench.send(&shares, &mut sent);
    assert_eq!(sent, Sent::from([(taken, 1, 2)]));
    bench.send(&bench.judged(&mut sampler, &late).await, &mut sent);
    assert_eq!(sent, Sent::from([(taken, 1, 2), (taken, 2, 1), (dropped, 1, 0), (dropped, 2, 1)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_analytics_everything_goes_after_some_patience() {
    let mut bench = Bench::new(healthy_only());
    let mut sampler = bench.sampler();
    bench.sources.analytics.close().await;
    let chunk = bench.stored(traces(vec![span(1, 1, NOON)])).await;
    bench.pass(60 * SECOND);
    let payload = chunk.payload().expect("decodes");
    assert!(matches!(sampler.judge(&chunk, &payload).await, Ok(Verdict::Wait(_))));
    let (at, since) = sampler.loader.expect("the loader is behind");
    sampler.loader = Some((at, since.checked_sub(PATIENCE).expect("the machine runs for a minute")));
    let mut sent = Sent::new();
    bench.send(&bench.judged(&mut sampler, &chunk).await, &mut sent);
    assert_eq!(sent, Sent::from([(1, 1, 1)]));
    assert_eq!(sampler.report().kept, [("undecided", 1)].into());
}
