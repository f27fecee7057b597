//! Who still needs days of the journal: they are not deleted while that asks no more bytes than he may hold, and what
//! goes before he has read it is counted.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::space::DaySize;
use super::{Cursor, Journal};
use crate::model::Day;

/// By name.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<BTreeMap<String, Holder>>);

#[derive(Debug)]
struct Holder {
    hold: Hold,
    /// Records that were deleted before he had read them.
    lost: u64,
}

/// What somebody still needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// What lies behind this place.
    pub needs: Cursor,
    /// Up to here he has read: what is deleted behind it is lost for him.
    pub read_to: Cursor,
    /// Bytes of finished days that may be kept for him; 0: none.
    pub most_bytes: u64,
}

impl Holds {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Holder>> {
        // Numbers stay numbers after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// The first of `days`, which are finished and oldest first, that must stay. The newer ones stay when not all can.
    fn first(&self, days: &[DaySize]) -> Option<Day> {
        let mut bytes = 0;
        let fits = days.iter().rev().take_while(|file| {
            bytes += file.bytes;
            file.day >= self.needs.day && bytes <= self.most_bytes
        });
        fits.last().map(|file| file.day)
    }
}

impl Journal {
    /// `who` needs what `hold` says, from now on: finished days of it are neither deleted nor made smaller as far as the
    /// bytes allow.
    pub fn hold(&self, who: &str, hold: Hold) {
        let mut holds = self.shared.holds.lock();
        match holds.get_mut(who) {
            Some(holder) => holder.hold = hold,
            None => drop(holds.insert(who.to_owned(), Holder { hold, lost: 0 })),
        }
    }

    /// The first of `days`, which are finished and oldest first, that somebody holds.
    pub fn held_from(&self, days: &[DaySize]) -> Option<Day> {
        self.shared.holds.lock().values().filter_map(|holder| holder.hold.first(days)).min()
    }

    /// How many records were deleted before `who` had read them, since it was last asked.
    pub fn lost(&self, who: &str) -> u64 {
        self.shared.holds.lock().get_mut(who).map_or(0, |holder| std::mem::take(&mut holder.lost))
    }

    /// `day` is about to be deleted: counts what somebody has not read of it.
    pub(super) fn count_loss(&self, day: Day) {
        let mut holds = self.shared.holds.lock();
        for holder in holds.values_mut().filter(|holder| holder.hold.read_to.day <= day) {
            let read_to = holder.hold.read_to;
            let chunk = if read_to.day == day { read_to.chunk } else { 0 };
            // What cannot be read could not have been sent.
            holder.lost += self.reader().after(Cursor { day, chunk }).map_or(0, |(records, _)| records);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_days_are_held_as_far_as_the_bytes_allow() {
        let days: Vec<DaySize> = (1..=4).map(|day| DaySize { day: Day(day), bytes: 10 }).collect();
        let hold = |day, most_bytes| {
            let needs = Cursor { day: Day(day), chunk: 1 };
            Hold { needs, read_to: needs, most_bytes }
        };
        let first = |day, most_bytes| hold(day, most_bytes).first(&days);
        assert_eq!(first(2, 100), Some(Day(2)));
        assert_eq!(first(2, 25), Some(Day(3)));
        assert_eq!(first(2, 5), None);
        assert_eq!(first(9, 100), None, "nothing of it is finished");
        assert_eq!(first(0, 100), Some(Day(1)));
        assert_eq!(hold(1, 9).first(&[]), None);
    }
}
