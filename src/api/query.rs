//! Query parameters, checked against the table of endpoints: what is unknown or unreadable is named and refused.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::Query as Pairs;
use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::tz::TimeZone;

use super::endpoints::Endpoint;
use super::error::ApiError;
use crate::analytics::{BucketSize, Dimension, Filter, Order, PageKey};
use crate::model::{Day, NanoUsd, SpanKind, Status, TraceId, UnixNanos};

const DEFAULT_LIMIT: usize = 50;
const MOST: usize = 500;
/// Values of one question; more would only make its SQL long.
const MOST_PARAMETERS: usize = 200;

/// The parameters of one request.
#[derive(Debug)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    now: UnixNanos,
}

impl Query {
    /// Reads the query of `uri`; `now` is what relative times count from.
    pub(super) fn read(uri: &Uri, endpoint: &Endpoint, now: UnixNanos) -> Result<Self, ApiError> {
        let Pairs(pairs) = Pairs::<Vec<(String, String)>>::try_from_uri(uri).map_err(|error| {
            ApiError::bad_parameter(
                format!("the query cannot be read: {error}"),
                "write it as name=value&name=value, percent-encoded UTF-8",
            )
        })?;
        if pairs.len() > MOST_PARAMETERS {
            return Err(ApiError::bad_parameter(
                format!("{} parameters are too many", pairs.len()),
                format!("at most {MOST_PARAMETERS} are read"),
            ));
        }
        for (at, (name, _)) in pairs.iter().enumerate() {
            let Some(param) = endpoint.params().find(|param| param.name == name) else {
                let known: Vec<&str> = endpoint.params().map(|param| param.name).collect();
                let hint = if known.is_empty() {
                    format!("{} takes no parameters", endpoint.path)
                } else {
                    format!("{} takes {}", endpoint.path, known.join(", "))
                };
                return Err(ApiError::bad_parameter(format!("unknown parameter {name:?}"), hint));
            };
            if !param.many && pairs[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(ApiError::bad_parameter(format!("{name} stands twice"), "give it once"));
            }
        }
        Ok(Self { pairs, now })
    }

    pub(super) fn now(&self) -> UnixNanos {
        self.now
    }

    /// The value of `name`, unless it is absent or empty.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub(super) fn many(&self, name: &str) -> Vec<String> {
        self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    /// The value of `name` as one of `known`, read by `parse`.
    pub(super) fn choice<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
        known: &[&str],
    ) -> Result<Option<T>, ApiError> {
        self.one(name).map(|text| parse(text).ok_or_else(|| not_one_of(name, text, known))).transpose()
    }

    pub(super) fn number<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, ApiError>
    where
        T::Err: Display,
    {
        self.one(name).map(|text| text.parse().map_err(|error| bad(name, text, &format!("{error}"), what))).transpose()
    }

    pub(super) fn limit(&self) -> Result<usize, ApiError> {
        let what = format!("give a whole number from 1 to {MOST}");
        let limit = self.number("limit", &what)?.unwrap_or(DEFAULT_LIMIT);
        if (1..=MOST).contains(&limit) {
            Ok(limit)
        } else {
            Err(bad("limit", &limit.to_string(), "out of range", &what))
        }
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<UnixNanos>, ApiError> {
        self.one(name)
            .map(|text| {
                moment(text, self.now).ok_or_else(|| {
                    let hint = "give RFC 3339 (2026-11-20T08:00:00Z, with + as %2B), a date, or how long ago: 30m, 24h, 7d, 2w";
                    bad(name, text, "no such time", hint)
                })
            })
            .transpose()
    }

    /// `since` and `until`; without them the last `default_ns` until now.
    pub(super) fn range(&self, default_ns: i64) -> Result<(UnixNanos, UnixNanos), ApiError> {
        let until = self.time("until")?.unwrap_or(self.now);
        let since = self.time("since")?.unwrap_or(UnixNanos(until.0.saturating_sub(default_ns)));
        if since < until {
            return Ok((since, until));
        }
        let hint = "since must lie before until; until is now when absent";
        Err(bad("since", &since.to_string(), &format!("not before {until}"), hint))
    }

    pub(super) fn zone(&self) -> Result<(String, TimeZone), ApiError> {
        let name = self.one("tz").unwrap_or("UTC");
        let zone = TimeZone::get(name).map_err(|_| {
            bad("tz", name, "no such time zone", "give an IANA name such as Europe/Berlin or America/New_York")
        })?;
        Ok((name.to_owned(), zone))
    }

    pub(super) fn bucket(&self) -> Result<Option<BucketSize>, ApiError> {
        self.choice("bucket", BucketSize::from_name, &BucketSize::ALL.map(BucketSize::as_str))
    }

    pub(super) fn dimension(&self, name: &str) -> Result<Option<Dimension>, ApiError> {
        self.choice(name, Dimension::from_name, &dimension_names())
    }

    /// `group_by=a,b` or `group_by=a&group_by=b`, each once.
    pub(super) fn group_by(&self) -> Result<Vec<Dimension>, ApiError> {
        let mut dimensions = Vec::new();
        for text in self.many("group_by").iter().flat_map(|list| list.split(',')).map(str::trim) {
            if text.is_empty() {
                continue;
            }
            let dimension =
                Dimension::from_name(text).ok_or_else(|| not_one_of("group_by", text, &dimension_names()))?;
            if !dimensions.contains(&dimension) {
                dimensions.push(dimension);
            }
        }
        Ok(dimensions)
    }

    /// Values of the form `key=value`.
    pub(super) fn pairs(&self, name: &str) -> Result<Vec<(String, String)>, ApiError> {
        let hint = "give key=value, such as attribute=gen_ai.token.type=input";
        let pair = |text: &String| match text.split_once('=') {
            Some((key, value)) if !key.is_empty() && !key.contains('"') => Ok((key.to_owned(), value.to_owned())),
            _ => Err(bad(name, text, "not of the form key=value", hint)),
        };
        self.many(name).iter().filter(|text| !text.is_empty()).map(pair).collect()
    }

    /// Nanoseconds of a length of time such as `5m`.
    pub(super) fn duration(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.one(name)
            .map(|text| {
                // As long before now as the text says.
                let ago = moment(text, self.now).map(|time| self.now.0.saturating_sub(time.0));
                ago.filter(|nanos| *nanos > 0 && text.ends_with(|last: char| last.is_ascii_lowercase())).ok_or_else(
                    || bad(name, text, "no length of time", "give a number with s, m, h, d or w: 30s, 5m, 1h"),
                )
            })
            .transpose()
    }

    pub(super) fn trace_id(&self) -> Result<Option<TraceId>, ApiError> {
        self.one("trace_id").map(|text| trace_id("trace_id", text)).transpose()
    }

    pub(super) fn order(&self) -> Result<Order, ApiError> {
        let order = self.choice("order", Order::from_name, &Order::ALL.map(Order::as_str))?;
        Ok(order.unwrap_or(Order::Newest))
    }

    /// The filters of traces and calls, without times.
    pub(super) fn filter(&self) -> Result<Filter, ApiError> {
        let mut filter = Filter::default();
        for dimension in Dimension::ALL {
            let values = self.many(dimension.as_str());
            if !values.is_empty() {
                filter.any_of.push((*dimension, values));
            }
        }
        const STATUSES: [Status; 3] = [Status::Ok, Status::Error, Status::Unset];
        filter.status = self.all("status", &STATUSES, Status::as_str)?;
        filter.kind = self.all("kind", &SpanKind::ALL, SpanKind::as_str)?;
        if let Some(usd) = self.number::<f64>("min_cost_usd", "give US dollars such as 0.05")? {
            let cost = NanoUsd::from_usd(usd);
            filter.min_cost =
                Some(cost.ok_or_else(|| {
                    bad("min_cost_usd", &usd.to_string(), "no amount", "give US dollars such as 0.05")
                })?);
        }
        if let Some(ms) = self.number::<f64>("min_duration_ms", "give milliseconds such as 1500")? {
            // A cast of a float saturates, and of NaN gives 0: every value has a meaning.
            filter.min_duration_ns = Some((ms * 1e6) as i64);
        }
        filter.text = self.one("q").map(str::to_owned);
        Ok(filter)
    }

    /// The filters with `since` and `until` where given.
    pub(super) fn filter_in_time(&self) -> Result<Filter, ApiError> {
        let mut filter = self.filter()?;
        filter.since = self.time("since")?;
        filter.until = self.time("until")?;
        Ok(filter)
    }

    fn all<T: Copy>(&self, name: &str, known: &[T], text_of: impl Fn(T) -> &'static str) -> Result<Vec<T>, ApiError> {
        let names: Vec<&str> = known.iter().map(|value| text_of(*value)).collect();
        let wanted = self.many(name);
        let wanted = wanted.iter().filter(|text| !text.is_empty());
        wanted
            .map(|text| {
                let found = known.iter().copied().find(|value| text_of(*value) == text);
                found.ok_or_else(|| not_one_of(name, text, &names))
            })
            .collect()
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.choice(name, |text| text.parse().ok(), &["true", "false"])
    }

    /// The place to go on at; it must come from a list in the same order.
    pub(super) fn after(&self, list: &str) -> Result<Option<PageKey>, ApiError> {
        self.one("cursor")
            .map(|text| {
                read_cursor(text, list).ok_or_else(|| {
                    bad("cursor", text, "not of this list", "hand back next_cursor as it came, with the same order")
                })
            })
            .transpose()
    }
}

impl Query {
    /// A page of a list that was read whole, because it is short: it goes on behind a number of items.
    pub(super) fn page_of<T>(&self, list: &str, all: Vec<T>) -> Result<(Vec<T>, Option<String>), ApiError> {
        let limit = self.limit()?;
        let skip = self.after(list)?.map_or(0, |place| usize::try_from(place.id).unwrap_or(usize::MAX));
        let next = skip.saturating_add(limit);
        let more = (next < all.len()).then(|| cursor(list, PageKey { key: 0, id: next as u128, sub: 0 }));
        Ok((all.into_iter().skip(skip).take(limit).collect(), more))
    }
}

/// Text that stands for a place in a list: opaque to clients, who hand it back.
pub(super) fn cursor(list: &str, key: PageKey) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}:{}:{:x}:{:x}", key.key, key.id, key.sub))
}

fn read_cursor(text: &str, list: &str) -> Option<PageKey> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let mut fields = text.split(':');
    if fields.next()? != list {
        return None;
    }
    let key = fields.next()?.parse().ok()?;
    let id = u128::from_str_radix(fields.next()?, 16).ok()?;
    let sub = u64::from_str_radix(fields.next()?, 16).ok()?;
    fields.next().is_none().then_some(PageKey { key, id, sub })
}

/// A trace id in hex.
pub(super) fn trace_id(name: &str, text: &str) -> Result<TraceId, ApiError> {
    text.parse().map_err(|error| ApiError::bad_parameter(format!("{name}: {error}"), "copy it from a list of traces"))
}

/// The trace that a path names: by its id, or by the name that its client gave it.
pub(super) fn named_trace(text: &str) -> Result<TraceId, ApiError> {
    let id = text.parse().ok().or_else(|| TraceId::from_foreign(text));
    id.ok_or_else(|| ApiError::bad_parameter("trace_id: there is no name", "copy it from a list of traces"))
}

fn dimension_names() -> Vec<&'static str> {
    Dimension::ALL.iter().map(|dimension| dimension.as_str()).collect()
}

fn bad(name: &str, text: &str, why: &str, hint: &str) -> ApiError {
    let shown: String = text.chars().take(100).collect();
    ApiError::bad_parameter(format!("{name}={shown:?}: {why}"), hint)
}

fn not_one_of(name: &str, text: &str, known: &[&str]) -> ApiError {
    bad(name, text, "not known", &format!("give one of {}", known.join(", ")))
}

/// RFC 3339, a date (UTC), or so long before `now`.
fn moment(text: &str, now: UnixNanos) -> Option<UnixNanos> {
    if let Ok(time) = text.parse::<UnixNanos>() {
        return Some(time);
    }
    if let Ok(day) = text.parse::<Day>() {
        return Some(day.start());
    }
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds: i64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    let count: i64 = count.parse::<u32>().ok()?.into();
    let ago = count.checked_mul(seconds)?.checked_mul(crate::model::time::NANOS_PER_SECOND)?;
    Some(UnixNanos(now.0.saturating_sub(ago)))
}

#[cfg(test)]
mod tests;
