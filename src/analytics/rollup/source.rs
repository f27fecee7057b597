//! The relation that stands for the calls in a question: the calls themselves, or what is kept of them by day and by
//! hour where that gives the same. [`Known`] is read in one transaction with the question.

use std::collections::BTreeSet;

use duckdb::Connection;

use super::calls::{calls_by, calls_with};
use super::{ALL, DAY, HOUR, HOURS_A_DAY, Measure, REASON, ranges, traces_by, values_at_traces};
use crate::analytics::query::Query;
use crate::analytics::{Dimension, Filter, sql};

/// As many separate ranges of time are read from the calls by their bounds, which zone maps make cheap; a month of days in
/// a zone off the hour has 31. More are looked up in one scan. All in one `SELECT`: planning the view once for each of
/// eight ranges took four times as long (20 ms) as reading few calls, and zone maps know an OR as well.
const MOST_RANGES: usize = 40;

/// More hours than a century has days: that many are not looked up.
const MOST_HOURS: i64 = 40_000;

const SUMS: &str = "calls, errors, unpriced_calls, input, cache_read, cache_write_5m, cache_write_1h, output, \
                    reasoning, audio_input, audio_output, image_input, image_output, tokens, cost_nano, \
                    priced_output, saved_nano, failed_nano, retries, retry_nano";

/// A store of fewer spans is read as it is: planning a question to sums and calls together takes 3 to 5 ms longer than one to
/// calls alone, which is what reading the calls of 140,000 spans takes. Unit tests have few, and are about the sums.
const FEW_SPANS: i64 = if cfg!(test) { 0 } else { 100_000 };

/// What [`Known::read`] asks for. The number of spans is DuckDB's estimate: counting them reads all once some were deleted.
const KNOWN: &str = "SELECT 0, hour FROM stale_hour UNION ALL SELECT 1, day FROM whole_day UNION ALL \
                     SELECT 2, estimated_size FROM duckdb_tables() WHERE table_name = 'span' AND NOT temporary";

/// Which hours and days are summed up: what has to be known before relations are chosen. Holds for one snapshot.
#[derive(Debug, Default)]
pub(in crate::analytics) struct Known {
    stale: BTreeSet<i64>,
    whole: BTreeSet<i64>,
    /// There are so few calls that sums of them save no time.
    pub(in crate::analytics) few: bool,
}

impl Known {
    pub(in crate::analytics) fn read(connection: &Connection) -> duckdb::Result<Self> {
        let mut known = Self::default();
        let mut query = Query::plain(connection, KNOWN)?;
        let mut rows = query.rows()?;
        while let Some(row) = rows.next()? {
            let number = row.get(1)?;
            match row.get(0)? {
                0 => known.stale.insert(number),
                1 => known.whole.insert(number),
                _ => {
                    known.few = number < FEW_SPANS;
                    true
                }
            };
        }
        Ok(known)
    }

    /// Sums of the calls that match `filter`, by the dimensions `by`. `cuts` are times at which the answer is split.
    pub(in crate::analytics) fn sums(&self, filter: &Filter, by: &[Dimension], cuts: &[i64]) -> String {
        let kept = plain_dimensions(filter, by).and_then(|asked| Kept::sums(&asked));
        self.relation(filter, cuts, kept, calls_by(by))
    }

    /// The same for each of `dimensions` by itself, in the columns `dimension` and `value`; tags and sessions are none of
    /// them.
    pub(in crate::analytics) fn sums_by_each(&self, filter: &Filter, dimensions: &[Dimension], cuts: &[i64]) -> String {
        let list = |one: fn(&Dimension) -> String| dimensions.iter().map(one).collect::<Vec<_>>().join(", ");
        let names = list(|dimension| format!("'{}'", dimension.as_str()));
        let columns = list(|dimension| dimension.column().to_owned());
        let each = format!(", unnest([{names}]) AS dimension, unnest([{columns}]) AS value");
        let kept = filter.is_only_times().then(|| Kept {
            tables: ["hourly", "daily"],
            condition: format!("dimension IN ({names})"),
            columns: format!("dimension, value, {SUMS}"),
            raw: format!("dimension, value, {SUMS}"),
            raw_condition: "true".into(),
            calls: calls_with(SUMS, &each),
            by_hour: true,
        });
        self.relation(filter, cuts, kept, &format!("(SELECT *{each} FROM counted_call)"))
    }

    /// When calls that match `filter` began, first and last of each row, by model and provider.
    pub(in crate::analytics) fn times(&self, filter: &Filter) -> String {
        const NAMES: &str = "model, provider, first_ns, last_ns";
        let kept = plain_dimensions(filter, &[]).filter(is_by_model).map(|_| Kept {
            tables: ["hourly", "daily"],
            condition: format!("dimension = '{}'", Dimension::Model.as_str()),
            columns: "value AS model, provider, first_ns, last_ns".into(),
            raw: NAMES.into(),
            raw_condition: "true".into(),
            calls: calls_with(NAMES, ""),
            by_hour: true,
        });
        self.relation(filter, &[], kept, "counted_call")
    }

    /// Calls without an amount, by `cost_reason`.
    pub(in crate::analytics) fn reasons(&self, filter: &Filter, cuts: &[i64]) -> String {
        let kept = filter.is_only_times().then(|| Kept {
            tables: ["hourly", "daily"],
            condition: format!("dimension = '{REASON}'"),
            columns: "value AS cost_reason, calls".into(),
            raw: "cost_reason, calls".into(),
            raw_condition: "unpriced".into(),
            calls: calls_with("cost_reason, calls, unpriced", ""),
            by_hour: true,
        });
        self.relation(filter, cuts, kept, "(SELECT * FROM counted_call WHERE unpriced)")
    }

    /// Calls in steps of each of `measures`, whose name is in the column `measure`: `step`, `calls` and their `total`, by the
    /// dimensions `by`.
    pub(in crate::analytics) fn steps(
        &self,
        filter: &Filter,
        by: &[Dimension],
        cuts: &[i64],
        measures: &[Measure],
    ) -> String {
        let list = |one: fn(&Measure) -> String| measures.iter().map(one).collect::<Vec<_>>().join(", ");
        let names = list(|measure| format!("'{}'", measure.as_str()));
        let columns = list(|measure| measure.column().to_owned());
        let each = match measures {
            [_] => format!(", {names} AS measure, {columns} AS total"),
            _ => format!(", unnest([{names}]) AS measure, unnest([{columns}]) AS total"),
        };
        let step = sql::fill(sql::STEP.trim_end(), &[("value", "total")]);
        let kept = plain_dimensions(filter, by).filter(is_by_model).map(|_| Kept {
            tables: ["hourly_steps", "daily_steps"],
            condition: format!("measure IN ({names})"),
            columns: "measure, provider, model, step, calls, total".into(),
            raw: format!("measure, provider, model, {step} AS step, calls, total"),
            raw_condition: "total IS NOT NULL".into(),
            calls: calls_with("provider, model, calls", &each),
            by_hour: true,
        });
        let calls = calls_by(by);
        let all = format!("(SELECT *, {step} AS step FROM (SELECT *{each} FROM {calls}) WHERE total IS NOT NULL)");
        self.relation(filter, cuts, kept, &all)
    }

    /// How many `traces` have a `value` of `dimension`; `None` where one column of the trace tells.
    pub(in crate::analytics) fn values(&self, filter: &Filter, dimension: Dimension) -> Option<String> {
        let values = values_at_traces(dimension)?;
        let kept = filter.is_only_times().then(|| Kept {
            tables: ["hourly", "daily"],
            condition: format!("dimension = '{}'", traces_by(dimension)),
            columns: "value, calls AS traces".into(),
            raw: "value, 1 AS traces".into(),
            calls: values.clone(),
            raw_condition: "true".into(),
            by_hour: true,
        });
        Some(self.relation(filter, &[], kept, &format!("(SELECT *, 1 AS traces FROM {values})")))
    }

    fn relation(&self, filter: &Filter, cuts: &[i64], kept: Option<Kept>, calls: &str) -> String {
        let told = kept.and_then(|kept| {
            if self.few {
                return Some(kept.of_calls());
            }
            let cover = Cover::of(filter, cuts, &self.stale, &self.whole, kept.by_hour);
            cover.union(&kept)
        });
        told.unwrap_or_else(|| calls.to_owned())
    }
}

/// The dimensions that the question needs, when it asks for nothing else but times.
fn plain_dimensions(filter: &Filter, by: &[Dimension]) -> Option<BTreeSet<&'static str>> {
    let plain = Filter { since: filter.since, until: filter.until, any_of: filter.any_of.clone(), ..Filter::default() };
    let dimensions = by.iter().chain(filter.any_of.iter().map(|(dimension, _)| dimension));
    // Of a call that has several tags, each is a group, but it passes a filter once.
    let by_tag = filter.any_of.iter().any(|(dimension, _)| *dimension == Dimension::Tag);
    (plain == *filter && !by_tag).then(|| dimensions.map(|dimension| dimension.as_str()).collect())
}

/// Whether rows by provider and model can tell.
fn is_by_model(asked: &BTreeSet<&'static str>) -> bool {
    asked.iter().all(|name| [Dimension::Model.as_str(), Dimension::Provider.as_str()].contains(name))
}

/// How the kept rows give what the calls give.
struct Kept {
    /// By hour and by day.
    tables: [&'static str; 2],
    condition: String,
    columns: String,
    /// The same columns and condition of calls.
    raw: String,
    raw_condition: String,
    /// What they are columns of.
    calls: String,
    /// Whether it is kept by hour, not only by day.
    by_hour: bool,
}

impl Kept {
    fn sums(asked: &BTreeSet<&'static str>) -> Option<Self> {
        let (name, value, raw) = match asked.first() {
            None => (ALL, String::new(), String::new()),
            Some(_) if is_by_model(asked) => {
                let raw = "model, provider, first_ns, last_ns, ".to_owned();
                (Dimension::Model.as_str(), "value AS model, provider, first_ns, last_ns, ".to_owned(), raw)
            }
            Some(name) if asked.len() == 1 => {
                let column = Dimension::from_name(name)?.column();
                (*name, format!("value AS {column}, "), format!("{column}, "))
            }
            Some(_) => return None,
        };
        Some(Self {
            tables: ["hourly", "daily"],
            condition: format!("dimension = '{name}'"),
            columns: format!("{value}{SUMS}"),
            raw_condition: "true".into(),
            calls: if name == Dimension::Tag.as_str() {
                calls_by(&[Dimension::Tag]).into()
            } else {
                calls_with(&format!("{raw}{SUMS}"), "")
            },
            raw: format!("{raw}{SUMS}"),
            by_hour: name != Dimension::Session.as_str(),
        })
    }

    /// The same of all calls.
    fn of_calls(&self) -> String {
        let Self { raw, calls, raw_condition, .. } = self;
        format!("(SELECT start_ns, {raw} FROM {calls} WHERE {raw_condition})")
    }
}

/// Which days and hours of a range are read from where.
#[derive(Debug, PartialEq, Eq)]
struct Cover {
    /// Hours of the whole range.
    first: i64,
    last: i64,
    /// Runs of days taken from what is kept by day.
    days: Vec<(i64, i64)>,
    /// Runs of hours taken from the calls.
    raw: Vec<(i64, i64)>,
    by_hour: bool,
}

impl Cover {
    fn of(filter: &Filter, cuts: &[i64], stale: &BTreeSet<i64>, whole: &BTreeSet<i64>, by_hour: bool) -> Self {
        let first = filter.since.map_or(i64::MIN / HOUR, |since| since.0.div_euclid(HOUR));
        let last = filter.until.map_or(i64::MAX / HOUR, |until| until.0.saturating_sub(1).div_euclid(HOUR));
        let bounds = [filter.since, filter.until].into_iter().flatten().map(|time| time.0);
        let cuts: Vec<i64> = bounds.chain(cuts.iter().copied()).collect();
        let in_hour = cuts.iter().filter(|cut| cut.rem_euclid(HOUR) != 0).map(|cut| cut.div_euclid(HOUR));
        let single: BTreeSet<i64> =
            stale.iter().copied().chain(in_hour).filter(|hour| (first..=last).contains(hour)).collect();
        let split: BTreeSet<i64> =
            cuts.iter().filter(|cut| cut.rem_euclid(DAY) != 0).map(|cut| cut.div_euclid(DAY)).collect();
        let days = ranges(whole.iter().copied().filter(|day| {
            let (from, to) = hours_of((*day, *day));
            first <= from && to <= last && !split.contains(day) && single.range(from..=to).next().is_none()
        }));
        let raw = if by_hour { ranges(single.into_iter()) } else { beside(&hours_of_each(&days), first, last) };
        Self { first, last, days, raw, by_hour }
    }

    /// Only numbers and names of ours are written into the text. `None` when reading all calls is the better plan.
    fn union(&self, kept: &Kept) -> Option<String> {
        let Kept { tables: [hourly, daily], condition, columns, raw, raw_condition, calls, .. } = kept;
        let mut parts = Vec::new();
        if self.by_hour {
            let mut elsewhere = hours_of_each(&self.days);
            elsewhere.extend(&self.raw);
            elsewhere.sort_unstable();
            let hours = any_of(&beside(&elsewhere, self.first, self.last), |from, to| match from == to {
                true => format!("hour = {from}"),
                false => format!("hour BETWEEN {from} AND {to}"),
            });
            if !hours.is_empty() {
                parts.push(format!(
                    "SELECT hour * {HOUR} AS start_ns, {columns} FROM {hourly} WHERE {condition} AND ({hours})"
                ));
            }
        }
        if !self.days.is_empty() {
            let days = any_of(&self.days, |from, to| format!("day BETWEEN {from} AND {to}"));
            parts
                .push(format!("SELECT day * {DAY} AS start_ns, {columns} FROM {daily} WHERE {condition} AND ({days})"));
        }
        let hours: i64 = self.raw.iter().map(|(from, to)| to - from + 1).sum();
        let looked_up = self.raw.len() > MOST_RANGES;
        if looked_up && hours > MOST_HOURS {
            return None;
        }
        if looked_up {
            let hours: Vec<String> =
                self.raw.iter().flat_map(|(from, to)| *from..=*to).map(|hour| hour.to_string()).collect();
            parts.push(format!(
                "SELECT start_ns, {raw} FROM {calls} WHERE {raw_condition} AND start_ns // {HOUR} IN \
                 (SELECT unnest([{}]::BIGINT[]))",
                hours.join(", ")
            ));
        }
        if !looked_up && !self.raw.is_empty() {
            let times = any_of(&self.raw, |from, to| {
                format!("start_ns >= {} AND start_ns < {}", from.saturating_mul(HOUR), (to + 1).saturating_mul(HOUR))
            });
            parts.push(format!("SELECT start_ns, {raw} FROM {calls} WHERE {raw_condition} AND ({times})"));
        }
        if parts.is_empty() {
            // No time at all.
            parts.push(format!("SELECT start_ns, {raw} FROM {calls} WHERE false"));
        }
        Some(format!("({})", parts.join(" UNION ALL ")))
    }
}

/// A condition that holds within any of `runs`.
fn any_of(runs: &[(i64, i64)], within: impl Fn(i64, i64) -> String) -> String {
    runs.iter().map(|(from, to)| within(*from, *to)).collect::<Vec<_>>().join(" OR ")
}

fn hours_of_each(days: &[(i64, i64)]) -> Vec<(i64, i64)> {
    days.iter().copied().map(hours_of).collect()
}

/// First hour of the first and last hour of the last day.
fn hours_of((from, to): (i64, i64)) -> (i64, i64) {
    (from * HOURS_A_DAY, to * HOURS_A_DAY + HOURS_A_DAY - 1)
}

/// The runs of hours between `first` and `last` that lie outside of `runs`, which are in order and do not overlap.
fn beside(runs: &[(i64, i64)], first: i64, last: i64) -> Vec<(i64, i64)> {
    let mut gaps = Vec::new();
    let mut next = first;
    for (from, to) in runs.iter().copied() {
        if next < from {
            gaps.push((next, from - 1));
        }
        next = to + 1;
    }
    if next <= last {
        gaps.push((next, last));
    }
    gaps
}
