use proptest::prelude::*;

use super::*;

#[test]
fn inclusive_figures_are_split() {
    let reported = Reported {
        input: Some(1200),
        cache_read: Some(800),
        output: Some(345),
        reasoning: Some(128),
        ..Reported::default()
    };
    let usage = reported.buckets().expect("told");
    assert_eq!(usage, TokenUsage { input: 400, cache_read: 800, output: 217, reasoning: 128, ..Default::default() });
}

#[test]
fn a_part_larger_than_the_whole_is_beside_it() {
    let reported = Reported { input: Some(300), cache_read: Some(900), cache_write: Some(210), ..Reported::default() };
    let usage = reported.buckets().expect("told");
    assert_eq!((usage.input, usage.input_total()), (300, 1410));
    let reported = Reported { output: Some(10), reasoning: Some(50), ..Reported::default() };
    assert_eq!(reported.buckets().expect("told").output_total(), 60);
}

#[test]
fn images_are_part_of_the_output() {
    let reported = Reported { output: Some(1300), image_output: Some(1290), ..Reported::default() };
    let usage = reported.buckets().expect("told");
    assert_eq!((usage.output, usage.image_output, usage.output_total()), (10, 1290, 1300));
}

#[test]
fn nothing_told_is_unknown() {
    assert_eq!(Reported { cache_read: Some(5), ..Reported::default() }.buckets(), None);
}

#[test]
fn an_impossible_figure_is_not_told() {
    assert_eq!(Reported { input: Some(u64::MAX), ..Reported::default() }.buckets(), None);
    let reported = Reported { input: Some(5), cache_read: Some(u64::MAX), ..Reported::default() };
    assert_eq!(reported.buckets().expect("told").input_total(), 5);
}

fn figure() -> impl Strategy<Value = Option<u64>> {
    prop::option::of(prop_oneof![0_u64..20, 0_u64..2_000_000])
}

prop_compose! {
    fn any_reported()(
        input in figure(), output in figure(), cache_read in figure(), cache_write in figure(),
        cache_write_1h in figure(), reasoning in figure(), audio_input in figure(), audio_output in figure(),
        image_input in figure(), image_output in figure(), beside: [bool; 2],
    ) -> Reported {
        let share = |beside| if beside { Share::Beside } else { Share::Inside };
        Reported {
            input, output, cache_read, cache_write, cache_write_1h, reasoning, audio_input, audio_output, image_input,
            image_output,
            cache: share(beside[0]), reasons: share(beside[1]),
        }
    }
}

proptest! {
    #[test]
    fn no_token_is_lost_or_counted_twice(reported in any_reported()) {
        let Some(usage) = reported.buckets() else {
            prop_assert!(reported.input.is_none() && reported.output.is_none());
            return Ok(());
        };
        let (input, output) = (reported.input.unwrap_or(0), reported.output.unwrap_or(0));
        let cached = usage.cache_read + usage.cache_write();
        let inside = reported.cache == Share::Inside && cached <= input;
        prop_assert_eq!(usage.input_total(), if inside { input } else { input + cached });
        let inside = reported.reasons == Share::Inside && usage.reasoning <= output;
        prop_assert_eq!(usage.output_total(), if inside { output } else { output + usage.reasoning });
        prop_assert!(usage.cache_write() >= reported.cache_write.unwrap_or(0));
        // A part takes what it says as far as there is that much, and no more.
        let rest = usage.output_total() - usage.reasoning;
        prop_assert_eq!(usage.audio_output, reported.audio_output.unwrap_or(0).min(rest));
        prop_assert_eq!(usage.image_output, reported.image_output.unwrap_or(0).min(rest - usage.audio_output));
        prop_assert_eq!(usage.output, rest - usage.audio_output - usage.image_output);
    }
}
