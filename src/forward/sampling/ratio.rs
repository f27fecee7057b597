//! Which healthy traces go: by their id alone, so that all spans of a trace, all destinations and all collectors that
//! do it this way agree.
//!
//! Consistent probability sampling as OpenTelemetry describes it ("TraceState: Probability Sampling"): the low 56 bits
//! of the trace id are a random number, and a trace is sampled when that number is not below a threshold. Of two
//! ratios the smaller one keeps a part of what the larger one keeps.

use crate::model::TraceId;

const BITS: u32 = 56;

/// Values that a random number may have.
const ALL: u64 = 1 << BITS;

/// A part of all traces, as the configuration gives it, halved so many times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    whole: f64,
    halvings: u32,
}

impl Ratio {
    pub fn new(whole: f64, halvings: u32) -> Self {
        Self { whole, halvings }
    }

    /// From 0 to 1.
    pub fn value(self) -> f64 {
        self.whole / 2_f64.powi(self.halvings.cast_signed())
    }

    /// Whether a healthy trace goes.
    pub fn takes(self, trace: TraceId) -> bool {
        randomness(trace) >= ALL - (self.value() * ALL as f64).round() as u64
    }
}

/// 56 bits that are as good as random.
fn randomness(trace: TraceId) -> u64 {
    let [head @ .., _, _, _, _, _, _, _, _] = trace.0;
    let [.., a, b, c, d, e, f, g] = trace.0;
    let tail = [a, b, c, d, e, f, g];
    let bytes = if head == [0; 8] || is_counted(tail) { hashed(trace) } else { tail };
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Whether these bytes look counted or made up rather than drawn: one of some 100,000 random ids does, for which a hash
/// is as good.
fn is_counted(tail: [u8; 7]) -> bool {
    let mut sorted = tail;
    sorted.sort_unstable();
    let different = 1 + sorted.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let zeros = tail.iter().filter(|byte| **byte == 0).count();
    different <= 3 || zeros >= 3
}

/// Ids that are numbers of 64 bits are often a time and a counter.
fn hashed(trace: TraceId) -> [u8; 7] {
    let hash = blake3::hash(&trace.0);
    let mut tail = [0; 7];
    tail.copy_from_slice(&hash.as_bytes()[..7]);
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fixed set of ids that look drawn.
    fn drawn(count: u64) -> impl Iterator<Item = TraceId> {
        (0..count).map(|number| {
            let hash = blake3::hash(&number.to_le_bytes());
            TraceId(hash.as_bytes()[..16].try_into().expect("16 bytes"))
        })
    }

    fn counted(count: u64) -> impl Iterator<Item = TraceId> {
        (1..=count).map(|number| TraceId(u128::from(number).to_be_bytes()))
    }

    #[test]
    fn the_threshold_is_that_of_the_specification() {
        let id = |text: &str| text.parse::<TraceId>().expect("valid");
        let quarter = Ratio::new(0.25, 0);
        // Sampled from 0xc0000000000000 on.
        assert!(quarter.takes(id("0af7651916cd43dd84c0000000000001")) || is_counted([0xc0, 0, 0, 0, 0, 0, 1]));
        assert!(quarter.takes(id("0af7651916cd43dd84c1234567891234")));
        assert!(!quarter.takes(id("0af7651916cd43dd84bfffeffdfcfbfa")));
        assert!(drawn(1000).all(|id| Ratio::new(1.0, 0).takes(id)));
        assert!(counted(1000).all(|id| Ratio::new(1.0, 0).takes(id)));
        assert!(!drawn(1000).any(|id| Ratio::new(0.0, 0).takes(id)));
        assert_eq!(Ratio::new(0.4, 2).value(), 0.1);
    }

    #[test]
    fn what_is_sent_stands_for_all_whatever_the_ids_are_made_of() {
        const COUNT: u64 = 100_000;
        for ratio in [0.5, 0.1, 0.01] {
            let each: [Vec<TraceId>; 3] = [
                drawn(COUNT).collect(),
                counted(COUNT).collect(),
                counted(COUNT).map(|id| TraceId(doubled(id))).collect(),
            ];
            for ids in each {
                let sent = ids.iter().filter(|id| Ratio::new(ratio, 0).takes(**id)).count();
                let sum = sent as f64 / ratio;
                // Standard deviation of the sum of 1/ratio over what is sent, four times.
                let bound = 4.0 * (COUNT as f64 * (1.0 - ratio) / ratio).sqrt();
                assert!((sum - COUNT as f64).abs() < bound, "{ratio}: {sum} stands for {COUNT}");
            }
        }
        // Exactly, for a set that is fixed.
        let sent = drawn(10_000).filter(|id| Ratio::new(0.1, 0).takes(*id)).count();
        let by_hand = drawn(10_000)
            .filter(|id| {
                let low = u64::from_be_bytes(id.0[8..].try_into().expect("8 bytes")) & (ALL - 1);
                low as f64 >= 0.9 * ALL as f64
            })
            .count();
        assert_eq!(sent, by_hand);
    }

    /// The counter in both halves.
    fn doubled(id: TraceId) -> [u8; 16] {
        let mut bytes = id.0;
        bytes.copy_within(8.., 0);
        bytes
    }

    #[test]
    fn half_of_a_ratio_keeps_a_part_of_it() {
        for halvings in 0..8 {
            let (more, less) = (Ratio::new(0.7, halvings), Ratio::new(0.7, halvings + 1));
            assert!(drawn(5_000).filter(|id| less.takes(*id)).all(|id| more.takes(id)));
        }
    }
}
