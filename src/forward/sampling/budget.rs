//! Items per hour. Healthy traces give way first: the ratio in force is halved whenever half of what was left is gone, so
//! that some go at every minute of the hour and the ratio that is told stays true.
//!
//! Hours are those of arrival: whoever catches up decides as if it had been there.

use crate::model::UnixNanos;

const HOUR_NS: i64 = 3_600_000_000_000;

/// One of 65,536: from there on healthy traces are no weight any more, and still stand for the rest.
const MOST_HALVINGS: u32 = 16;

/// How much of an hour's budget is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spending {
    /// Since the epoch.
    pub hour: i64,
    pub items: u64,
    /// Items that would have gone without a budget.
    pub wanted: u64,
    /// Halvings with which the hour began.
    pub start: u32,
}

impl Spending {
    /// Goes on to the hour of `received`, which begins with the ratio that the hour before should have begun with.
    pub fn turn(&mut self, received: UnixNanos, budget: u64) {
        let hour = received.0.div_euclid(HOUR_NS);
        if hour != self.hour {
            let times = self.wanted.checked_div(budget).filter(|times| *times > 0 && self.hour + 1 == hour);
            let start = times.map_or(0, u64::ilog2).min(MOST_HALVINGS);
            *self = Self { hour, start, ..Self::default() };
        }
    }

    /// Counts `items` that go, of which `share` goes, in parts of what would go without a budget.
    pub fn spend(&mut self, items: u64, share: f64) {
        self.items += items;
        self.wanted = self.wanted.saturating_add((items as f64 / share).round() as u64);
    }

    /// How many times the ratio is halved now. `budget` 0 is none.
    pub fn halvings(&self, budget: u64) -> u32 {
        if budget == 0 {
            return 0;
        }
        let left = budget.saturating_sub(self.items);
        let used = budget.checked_div(left).map_or(MOST_HALVINGS, u64::ilog2);
        (self.start + used).min(MOST_HALVINGS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `traffic` items per minute, of which the ratio in force goes; gives what was sent in each hour.
    fn run(spending: &mut Spending, hours: std::ops::Range<i64>, traffic: f64, budget: u64) -> Vec<u64> {
        let mut sent = Vec::new();
        for hour in hours {
            for minute in 0..60 {
                spending.turn(UnixNanos(hour * HOUR_NS + minute), budget);
                let ratio = 0.5_f64.powi(spending.halvings(budget).cast_signed());
                spending.spend((traffic * ratio) as u64, ratio);
            }
            sent.push(spending.items);
        }
        sent
    }

    #[test]
    fn each_half_of_what_is_left_halves_the_ratio() {
        let spent = |items| Spending { items, ..Spending::default() }.halvings(1000);
        assert_eq!([0, 499, 500, 749, 750, 875, 999, 1000, 9999].map(spent), [0, 0, 1, 1, 2, 3, 9, 16, 16]);
        assert_eq!(Spending { items: 5, ..Spending::default() }.halvings(0), 0, "without a budget nothing is halved");
    }

    #[test]
    fn the_budget_holds_and_is_used_when_there_is_more_than_it() {
        let mut spending = Spending::default();
        let sent = run(&mut spending, 0..10, 1000.0, 6_000);
        // A minute's traffic may go beyond it before it is counted.
        assert!(sent.iter().all(|items| (3_000..=7_000).contains(items)), "{sent:?}");
        // After the first hour what is needed is known, and the ratio hardly changes within one.
        assert_eq!((spending.start, spending.halvings(6_000) <= spending.start + 2), (3, true));
        run(&mut spending, 10..12, 10.0, 6_000);
        assert_eq!(spending.halvings(6_000), 0, "little traffic goes whole");
    }

    #[test]
    fn an_hour_that_does_not_follow_begins_anew() {
        let mut spending = Spending { hour: 5, items: 1000, wanted: 9000, start: 3 };
        spending.turn(UnixNanos(5 * HOUR_NS + 1), 1000);
        assert_eq!(spending.items, 1000);
        spending.turn(UnixNanos(8 * HOUR_NS), 1000);
        assert_eq!(spending, Spending { hour: 8, ..Spending::default() });
    }
}
