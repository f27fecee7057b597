//! The price of a kilowatt-hour by hour of the day and by date, in the time zone of who pays.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::config;
use crate::model::{NanoUsd, UnixNanos};

/// Days whose changes are looked for at most: calls are shorter by far.
const MOST_DAYS: usize = 32;

#[derive(Debug, Clone)]
pub struct Tariff {
    /// The last that holds counts; the first always holds.
    rows: Box<[Row]>,
    zone: TimeZone,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    price: NanoUsd,
    hours: Option<(Time, Time)>,
    from: Option<Date>,
}

impl Tariff {
    /// From a configuration that was checked; what is wrong in one that was not does not hold.
    pub fn new(tariff: &config::Tariff, zone: &str) -> Self {
        let row = |row: &config::TariffRow| Row {
            price: NanoUsd::from_usd(row.price).unwrap_or_default(),
            hours: row.hours.as_deref().and_then(config::hours),
            from: row.from.as_deref().and_then(|text| text.parse().ok()),
        };
        let rows = match tariff {
            config::Tariff::Flat(price) => vec![row(&config::TariffRow { price: *price, hours: None, from: None })],
            config::Tariff::Rows(rows) => rows.iter().map(row).collect(),
        };
        Self { rows: rows.into(), zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC) }
    }

    /// The price of a kilowatt-hour at `time`.
    pub fn at(&self, time: i64) -> NanoUsd {
        if let [only] = &*self.rows {
            return only.price;
        }
        let local = self.zone.to_datetime(timestamp(time));
        let holds = |row: &&Row| {
            row.from.is_none_or(|from| local.date() >= from)
                && row.hours.is_none_or(|(start, end)| {
                    let now = local.time();
                    if start < end { start <= now && now < end } else { now >= start || now < end }
                })
        };
        self.rows.iter().rev().find(holds).map_or(NanoUsd(0), |row| row.price)
    }

    /// Every moment after `start` and before `end` from which on another price may hold.
    pub fn changes(&self, start: i64, end: i64) -> Vec<i64> {
        if self.rows.len() < 2 || start >= end {
            return Vec::new();
        }
        let mut times: Vec<Time> = vec![Time::midnight()];
        times.extend(self.rows.iter().filter_map(|row| row.hours).flat_map(|(from, to)| [from, to]));
        let last = self.zone.to_datetime(timestamp(end)).date();
        let mut moments = Vec::new();
        let mut day = self.zone.to_datetime(timestamp(start)).date();
        for _ in 0..MOST_DAYS {
            for time in &times {
                // An hour that the clock repeats begins twice.
                let ambiguous = self.zone.to_ambiguous_timestamp(day.to_datetime(*time));
                moments.extend([ambiguous.earlier(), ambiguous.later()].into_iter().flatten().map(nanos));
            }
            match day.tomorrow() {
                Ok(next) if day < last => day = next,
                _ => break,
            }
        }
        // When the clock is put forward or back, another hour begins.
        let shifts = self.zone.following(timestamp(start)).map(|shift| nanos(shift.timestamp()));
        moments.extend(shifts.take_while(|moment| *moment < end));
        moments.retain(|moment| start < *moment && *moment < end);
        moments.sort_unstable();
        moments.dedup();
        moments
    }
}

fn timestamp(nanos: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_nanos(nanos)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn nanos(time: Timestamp) -> i64 {
    UnixNanos::from(time).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(price: f64, hours: Option<&str>, from: Option<&str>) -> config::TariffRow {
        config::TariffRow { price, hours: hours.map(str::to_owned), from: from.map(str::to_owned) }
    }

    fn at(text: &str) -> i64 {
        text.parse::<UnixNanos>().expect("a time").0
    }

    fn berlin(rows: Vec<config::TariffRow>) -> Tariff {
        Tariff::new(&config::Tariff::Rows(rows), "Europe/Berlin")
    }

    fn changes(tariff: &Tariff, start: &str, end: &str) -> Vec<String> {
        tariff.changes(at(start), at(end)).into_iter().map(|moment| UnixNanos(moment).to_string()).collect()
    }

    #[test]
    fn the_last_that_holds_counts() {
        let tariff = berlin(vec![
            row(0.30, None, None),
            row(0.20, Some("22:00-06:00"), None),
            row(0.28, None, Some("2027-01-01")),
            row(0.18, Some("22:00-06:00"), Some("2027-01-01")),
        ]);
        for (time, cents) in [
            ("2026-11-20T12:00:00+01:00", 30),
            ("2026-11-20T22:00:00+01:00", 20),
            ("2026-11-21T05:59:59.999999999+01:00", 20),
            ("2026-11-21T06:00:00+01:00", 30),
            ("2026-12-31T23:59:59+01:00", 20),
            ("2027-01-01T00:00:00+01:00", 18),
            ("2027-01-01T12:00:00+01:00", 28),
        ] {
            assert_eq!(tariff.at(at(time)).0, cents * 10_000_000, "{time}");
        }
        assert_eq!(
            changes(&tariff, "2026-11-20T20:00:00Z", "2026-11-21T06:00:00Z"),
            ["2026-11-20T21:00:00Z", "2026-11-20T23:00:00Z", "2026-11-21T05:00:00Z"]
        );
    }

    /// On 2026-10-25 the hour from 02:00 comes twice; on 2026-03-29 it does not come at all.
    #[test]
    fn hours_follow_the_clock_on_the_wall() {
        let tariff = berlin(vec![row(0.30, None, None), row(0.20, Some("00:00-02:30"), None)]);
        assert_eq!(
            changes(&tariff, "2026-10-24T22:00:00Z", "2026-10-25T03:00:00Z"),
            ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"]
        );
        let cents = |time: &str| tariff.at(at(time)).0 / 10_000_000;
        assert_eq!(
            ["2026-10-25T00:29:00Z", "2026-10-25T00:31:00Z", "2026-10-25T01:01:00Z", "2026-10-25T01:31:00Z"].map(cents),
            [20, 30, 20, 30]
        );
        assert_eq!(["2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"].map(cents), [20, 30]);
        assert!(
            changes(&tariff, "2026-03-28T23:00:00Z", "2026-03-29T03:00:00Z").contains(&"2026-03-29T01:00:00Z".into())
        );
    }

    #[test]
    fn one_price_never_changes() {
        let tariff = Tariff::new(&config::Tariff::Flat(0.30), "UTC");
        assert_eq!(tariff.at(0).0, 300_000_000);
        assert!(tariff.changes(0, i64::MAX).is_empty());
    }
}
