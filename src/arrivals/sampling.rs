//! Which share of a sender's traces arrives, read off their ids.
//!
//! A sampler decides by the id, so that every service decides alike: it lets a trace through when a number made of the
//! id is below a bound. Of those that arrive all numbers are then below it, which chance alone does not do: ten ids in
//! the lowest tenth happen by themselves once in 10^10 times. Nothing else tells; no SDK says that it samples.

use std::collections::VecDeque;

use crate::model::TraceId;

/// Ids looked at, the last ones: who stops sampling is believed after so many traces at most.
const KEPT: usize = 32;

/// Fewer say nothing, however low they are.
const FEWEST: usize = 6;

/// A sampler that lets a tenth through, as Dify does unless told otherwise, shows by then: 0.1^9 is below [`CHANCE`].
const ENOUGH: usize = 9;

/// How improbable it must be that ids without sampling lie so low.
const CHANCE: f64 = 1e-8;

/// A lower share is no sampler's but of ids that were written by hand.
const LEAST: f64 = 0.0005;

/// How the samplers make a number of an id; each between 0 and 1.
const NUMBERS: [fn(u128) -> f64; 3] = [low, magnitude, folded];

/// The last ids of a sender.
#[derive(Debug, Default)]
pub(super) struct Ids(VecDeque<u128>);

impl Ids {
    pub(super) fn add(&mut self, id: &TraceId) {
        let id = u128::from_be_bytes(*id.as_bytes());
        if self.0.contains(&id) {
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(id);
    }

    /// Whether so many were seen that a sampler of a tenth would have shown.
    pub(super) fn are_enough(&self) -> bool {
        self.0.len() >= ENOUGH
    }

    /// The share of traces that arrives, `None` where nothing suggests that it is not all of them.
    pub(super) fn share(&self) -> Option<f64> {
        if self.0.len() < FEWEST {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 32")]
        let count = self.0.len() as f64;
        let highest = NUMBERS.iter().map(|number| self.0.iter().map(|id| number(*id)).fold(0.0, f64::max));
        let highest = highest.fold(1.0, f64::min);
        // The highest of n numbers below a bound lies at n / (n + 1) of it.
        let share = highest * (count + 1.0) / count;
        (highest.powf(count) < CHANCE && share > LEAST).then_some(share.min(1.0))
    }
}

/// Of Python, Go, .NET and Rust: the lower half.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a share needs no more digits")]
fn low(id: u128) -> f64 {
    id as u64 as f64 / 2f64.powi(64)
}

/// Of Java: the distance of the lower half from zero, taken as signed.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a share needs no more digits")]
fn magnitude(id: u128) -> f64 {
    (id as u64 as i64).unsigned_abs() as f64 / 2f64.powi(63)
}

/// Of JavaScript: the four quarters, folded into one by exclusive or.
#[expect(clippy::cast_possible_truncation, reason = "quarters")]
fn folded(id: u128) -> f64 {
    let quarters = (id as u32) ^ ((id >> 32) as u32) ^ ((id >> 64) as u32) ^ ((id >> 96) as u32);
    f64::from(quarters) / 2f64.powi(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern: the first bytes of hashes.
    fn ids() -> impl Iterator<Item = u128> {
        (0_u32..).map(|n| {
            let hash = blake3::hash(&n.to_le_bytes());
            u128::from_be_bytes(hash.as_bytes()[..16].try_into().expect("16 bytes"))
        })
    }

    fn share_of(all: impl Iterator<Item = u128>) -> Option<f64> {
        let mut seen = Ids::default();
        for id in all {
            seen.add(&TraceId::from_slice(&id.to_be_bytes()).expect("not zero"));
        }
        seen.share()
    }

    #[test]
    fn every_sampler_shows_and_how_much_it_lets_through() {
        for (name, number) in [("low", NUMBERS[0]), ("magnitude", NUMBERS[1]), ("folded", NUMBERS[2])] {
            for bound in [0.01, 0.1, 0.5] {
                let share = share_of(ids().filter(|id| number(*id) < bound).take(KEPT)).expect("it samples");
                assert!((share / bound - 1.0).abs() < 0.2, "{name} {bound}: {share}");
            }
        }
        assert!(share_of(ids().filter(|id| low(*id) < 0.1).take(ENOUGH)).is_some());
    }

    #[test]
    fn who_sends_all_is_not_suspected() {
        for skip in 0..200 {
            for count in [5, 6, 10, 31, 1000] {
                assert_eq!(share_of(ids().skip(skip * 7).take(count)), None, "{count} ids from {skip}");
            }
        }
        assert_eq!(share_of((1..40).map(|n| n as u128)), None, "counted ids");
        assert_eq!(share_of(std::iter::repeat_n(1 << 60, 100)), None, "one trace");
        let uuids = ids().map(|id| (id & !(0x3 << 62) & !(0xf << 76)) | (0x2 << 62) | (0x4 << 76));
        assert_eq!(share_of(uuids.take(100)), None);
    }

    #[test]
    fn who_stops_sampling_is_believed() {
        let before = ids().filter(|id| low(*id) < 0.1).take(50);
        assert_eq!(share_of(before.chain(ids().skip(9999).take(KEPT))), None);
    }
}
