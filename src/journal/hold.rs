//! Days that somebody still needs: they are not deleted while that asks no more bytes than he may hold.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::space::DaySize;
use super::{Cursor, Journal};
use crate::model::Day;

/// Who needs what is behind a place.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<BTreeMap<String, Hold>>);

#[derive(Debug, Clone, Copy)]
struct Hold {
    from: Day,
    most_bytes: u64,
}

impl Holds {
    /// The first of `days` that must stay. `days` are finished, oldest first.
    fn first(&self, days: &[DaySize]) -> Option<Day> {
        let holds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        holds.values().filter_map(|hold| hold.first(days)).min()
    }
}

impl Hold {
    /// The newest days are held as far as the bytes allow: those are what is fetched last, and there are always new ones.
    fn first(&self, days: &[DaySize]) -> Option<Day> {
        let mut bytes = 0;
        let fits = days.iter().rev().take_while(|file| {
            bytes += file.bytes;
            file.day >= self.from && bytes <= self.most_bytes
        });
        fits.last().map(|file| file.day)
    }
}

impl Journal {
    /// `who` still needs what lies behind `place`: finished days from there on are not deleted, nor made smaller, as
    /// long as they have no more than `most_bytes`. The newer ones stay when not all can.
    pub fn hold(&self, who: &str, place: Cursor, most_bytes: u64) {
        let mut holds = self.shared.holds.0.lock().unwrap_or_else(PoisonError::into_inner);
        holds.insert(who.to_owned(), Hold { from: place.day, most_bytes });
    }

    /// The first of `days`, which are finished and oldest first, that somebody holds.
    pub fn held_from(&self, days: &[DaySize]) -> Option<Day> {
        self.shared.holds.first(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_days_are_held_as_far_as_the_bytes_allow() {
        let days: Vec<DaySize> = (1..=4).map(|day| DaySize { day: Day(day), bytes: 10 }).collect();
        let hold = |from, most_bytes| Hold { from: Day(from), most_bytes }.first(&days);
        assert_eq!(hold(2, 100), Some(Day(2)));
        assert_eq!(hold(2, 25), Some(Day(3)));
        assert_eq!(hold(2, 5), None);
        assert_eq!(hold(9, 100), None, "nothing of it is finished");
        assert_eq!(hold(0, 100), Some(Day(1)));
        assert_eq!(Hold { from: Day(1), most_bytes: 9 }.first(&[]), None);
    }
}
