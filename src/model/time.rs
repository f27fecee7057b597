//! Points in time as OTLP has them: nanoseconds since the Unix epoch, and the UTC day they fall on.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

pub const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// Nanoseconds since 1970-01-01T00:00:00Z. 0 means unknown, as in OTLP. Holds until the year 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixNanos(pub i64);

impl UnixNanos {
    /// OTLP carries unsigned times; what does not fit is clamped to the largest we can hold.
    pub fn from_otlp(nanos: u64) -> Self {
        Self(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    pub fn day(self) -> Day {
        Day(self.0.div_euclid(NANOS_PER_DAY) as i32)
    }

    /// Nanoseconds from `earlier` to `self`, 0 when clocks ran backwards.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }

    /// Start of the time as long as that from `self` to `end`, which ends at `self`.
    pub fn before(self, end: Self) -> Self {
        Self(self.0.saturating_sub(end.since(self)))
    }

    pub fn saturating_add(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// The time `wait` later, at most the largest we can hold.
    pub fn after(self, wait: Duration) -> Self {
        self.saturating_add(i64::try_from(wait.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for UnixNanos {
    fn from(time: Timestamp) -> Self {
        Self(i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX))
    }
}

/// RFC 3339 in UTC with as many fractional digits as the value needs.
impl fmt::Display for UnixNanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_nanos(self.0)).map_err(|_| fmt::Error)?;
        fmt::Display::fmt(&time, f)
    }
}

/// Accepts RFC 3339 with any offset.
impl FromStr for UnixNanos {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<Timestamp>().map(Self::from)
    }
}

/// A UTC day, counted from 1970-01-01. Shown as `2026-11-20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

impl Day {
    pub fn start(self) -> UnixNanos {
        UnixNanos(i64::from(self.0) * NANOS_PER_DAY)
    }

    pub fn end(self) -> UnixNanos {
        UnixNanos(self.start().0 + NANOS_PER_DAY)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.start().to_string();
        f.write_str(text.split('T').next().unwrap_or_default())
    }
}

impl FromStr for Day {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        let date: Date = text.parse()?;
        let start = date.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
        Ok(UnixNanos::from(start).day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_turn_at_utc_midnight() {
        let noon: UnixNanos = "2026-11-20T12:00:00.5Z".parse().expect("valid");
        assert_eq!(noon.day().to_string(), "2026-11-20");
        assert_eq!("2026-11-20".parse::<Day>().expect("valid"), noon.day());
        assert_eq!(noon.day().start().to_string(), "2026-11-20T00:00:00Z");
        assert_eq!(noon.to_string(), "2026-11-20T12:00:00.5Z");
        assert_eq!(UnixNanos(-1).day(), Day(-1));
    }
}
