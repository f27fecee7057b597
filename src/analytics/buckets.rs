//! Buckets of calendar time: their edges are computed here, because DuckDB's own time zones need an extension
//! that is not in the build.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit, Zoned, ZonedRound};

use super::Error;
use crate::model::UnixNanos;

/// Most buckets a question may ask for: more than a chart has pixels.
pub(super) const MOST: usize = 2000;

const SECOND: i64 = crate::model::time::NANOS_PER_SECOND;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketSize {
    Minute,
    Hour,
    Day,
    /// From Monday.
    Week,
    Month,
}

impl BucketSize {
    pub const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.as_str() == name)
    }

    fn span(self) -> Span {
        match self {
            Self::Minute => Span::new().minutes(1),
            Self::Hour => Span::new().hours(1),
            Self::Day => Span::new().days(1),
            Self::Week => Span::new().weeks(1),
            Self::Month => Span::new().months(1),
        }
    }

    /// The bucket's start at or before `time`.
    fn floor(self, time: &Zoned) -> Result<Zoned, jiff::Error> {
        let down = |unit| time.round(ZonedRound::new().smallest(unit).mode(jiff::RoundMode::Floor));
        let at_midnight = |date: Date| date.to_datetime(Time::midnight()).to_zoned(time.time_zone().clone());
        match self {
            Self::Minute => down(Unit::Minute),
            Self::Hour => down(Unit::Hour),
            Self::Day => time.start_of_day(),
            Self::Week => {
                let back = i64::from(time.weekday().to_monday_zero_offset());
                at_midnight(time.date().checked_sub(Span::new().days(back))?)
            }
            Self::Month => at_midnight(time.date().first_of_month()),
        }
    }
}

/// Consecutive buckets; they cover the range that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    /// Starts, and the end of the last one.
    edges: Vec<UnixNanos>,
}

impl Buckets {
    /// The buckets of `size` in `zone` that overlap `since` to `until`.
    ///
    /// # Errors
    /// When there are more than 2000.
    pub fn between(since: UnixNanos, until: UnixNanos, size: BucketSize, zone: &TimeZone) -> Result<Self, Error> {
        let calendar = |error: jiff::Error| Error::Question(format!("no such time in the calendar: {error}"));
        let first = size.floor(&timestamp(since).to_zoned(zone.clone())).map_err(calendar)?;
        let mut edges = vec![UnixNanos::from(first.timestamp())];
        let mut at = first.clone();
        while UnixNanos::from(at.timestamp()) < until {
            if edges.len() > MOST {
                let width = (edges[edges.len() - 1].0 - edges[0].0) / edges.len() as i64;
                let asked = until.since(edges[0]) / width.max(1);
                return Err(Error::TooManyBuckets { asked: usize::try_from(asked).unwrap_or(usize::MAX) });
            }
            // Counted from the first, so that a month of 30 days does not shorten those after it.
            let steps = i64::try_from(edges.len()).unwrap_or(i64::MAX);
            at = first.checked_add(size.span().checked_mul(steps).map_err(calendar)?).map_err(calendar)?;
            let edge = UnixNanos::from(at.timestamp());
            if edges.last().is_some_and(|last| edge <= *last) {
                break;
            }
            edges.push(edge);
        }
        if edges.len() == 1 {
            edges.push(UnixNanos::from(first.checked_add(size.span()).map_err(calendar)?.timestamp()));
        }
        Ok(Self { edges })
    }

    pub fn starts(&self) -> &[UnixNanos] {
        &self.edges[..self.edges.len() - 1]
    }

    /// Where one bucket ends and the next begins.
    pub(super) fn cuts(&self) -> Vec<i64> {
        self.edges.iter().map(|edge| edge.0).collect()
    }

    /// Nanoseconds of the largest unit of which all edges are multiples: an hour in most time zones.
    pub(super) fn unit(&self) -> i64 {
        [3600, 900, 60, 1]
            .into_iter()
            .map(|seconds| seconds * SECOND)
            .find(|unit| self.edges.iter().all(|edge| edge.0 % unit == 0))
            .unwrap_or(SECOND)
    }

    /// What `sql/units.sql` asks for: the units at which buckets begin, and the one at which the last ends. Numbers of ours,
    /// written out: DuckDB plans a list of 25 buckets of three values for 5 ms and one of 90 for 12.
    pub(super) fn starts_sql(&self) -> String {
        let unit = self.unit();
        let starts: Vec<String> = self.edges.iter().map(|edge| edge.0.div_euclid(unit).to_string()).collect();
        format!("CAST('[{}]' AS BIGINT[])", starts.join(","))
    }
}

/// The period of `size` in `zone` that `time` falls into, and the one before it.
///
/// # Errors
/// When the calendar ends.
pub(super) fn period(time: UnixNanos, size: BucketSize, zone: &TimeZone) -> Result<[UnixNanos; 3], Error> {
    let calendar = |error: jiff::Error| Error::Question(format!("no such time in the calendar: {error}"));
    let start = size.floor(&timestamp(time).to_zoned(zone.clone())).map_err(calendar)?;
    let before = start.checked_sub(size.span()).map_err(calendar)?;
    let end = start.checked_add(size.span()).map_err(calendar)?;
    Ok([before, start, end].map(|edge| UnixNanos::from(edge.timestamp())))
}

fn timestamp(time: UnixNanos) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(time.0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixNanos {
        text.parse().expect("valid")
    }

    fn starts(since: &str, until: &str, size: BucketSize, zone: &str) -> Vec<String> {
        let zone = TimeZone::get(zone).expect("known");
        let buckets = Buckets::between(at(since), at(until), size, &zone).expect("few enough");
        buckets.starts().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_day_has_25_hours_when_the_clock_goes_back() {
        let days = starts("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", BucketSize::Day, "Europe/Berlin");
        assert_eq!(days, ["2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"]);
        let hours = starts("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", BucketSize::Hour, "Europe/Berlin");
        assert_eq!(hours.len(), 25);
    }

    #[test]
    fn months_keep_their_first_day_and_weeks_their_monday() {
        let months = starts("2026-01-31T12:00:00Z", "2026-04-01T00:00:00Z", BucketSize::Month, "UTC");
        assert_eq!(months, ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]);
        let weeks = starts("2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z", BucketSize::Week, "UTC");
        assert_eq!(weeks, ["2026-11-16T00:00:00Z"]);
    }

    #[test]
    fn zones_off_the_hour_have_a_finer_unit() {
        let zone = TimeZone::get("Asia/Kathmandu").expect("known");
        let buckets = Buckets::between(at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z"), BucketSize::Day, &zone)
            .expect("few");
        assert_eq!(buckets.unit(), 900 * SECOND);
    }

    #[test]
    fn too_many_buckets_are_refused_with_their_number() {
        let asked = Buckets::between(
            at("2026-01-01T00:00:00Z"),
            at("2026-02-01T00:00:00Z"),
            BucketSize::Minute,
            &TimeZone::UTC,
        );
        let message = asked.expect_err("44640 minutes").to_string();
        assert!(message.contains("446") && message.contains("2000"), "{message}");
    }
}
