//! Times and ids as runs write them.

use serde_json::Value;

use crate::model::UnixNanos;

/// A time as text (RFC 3339; without an offset it is UTC) or as a number since 1970, whose size tells its unit:
/// JavaScript writes milliseconds.
pub(super) fn time(value: &Value) -> Option<UnixNanos> {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(whole) => scaled(whole),
            // Seconds or milliseconds with a fraction.
            None => number.as_f64().filter(|time| *time > 0.0 && *time < 1e14).and_then(|time| {
                let unit = if time < 1e11 { 1e9 } else { 1e6 };
                positive((time * unit).round() as i64)
            }),
        },
        Value::String(text) => {
            let text = text.trim();
            let zoned = || text.parse().ok();
            let in_utc = || format!("{text}Z").parse().ok();
            let digits = || text.parse().ok().and_then(scaled);
            zoned().or_else(in_utc).or_else(digits).filter(|time: &UnixNanos| time.0 > 0)
        }
        _ => None,
    }
}

fn scaled(time: i64) -> Option<UnixNanos> {
    // Seconds, milliseconds and microseconds up to the year 5138, each a thousandth of the next.
    const LAST_SECOND: i64 = 100_000_000_000;
    let units = [(LAST_SECOND, 1_000_000_000), (LAST_SECOND * 1_000, 1_000_000), (LAST_SECOND * 1_000_000, 1_000)];
    let unit = units.iter().find(|(last, _)| time < *last).map_or(1, |(_, unit)| *unit);
    positive(time.checked_mul(unit)?)
}

fn positive(nanos: i64) -> Option<UnixNanos> {
    (nanos > 0).then_some(UnixNanos(nanos))
}

/// Where a run stands in its trace, as `dotted_order` says it: `20261120T164220620001Z<run id>` of the root, of every run
/// between and of the run itself, with dots between them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order<'a> {
    pub root: Option<&'a str>,
    pub parent: Option<&'a str>,
    pub start: Option<UnixNanos>,
}

impl<'a> Order<'a> {
    /// `None` of a text that is none.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let steps: Option<Vec<(&str, &str)>> = text.split('.').map(|step| step.split_once('Z')).collect();
        let steps = steps?;
        let (time, own) = steps.last()?;
        let id = |step: &(&'a str, &'a str)| Some(step.1).filter(|id| !id.is_empty());
        Some(Self {
            root: steps.first().and_then(id),
            parent: steps.len().checked_sub(2).and_then(|at| id(&steps[at])),
            start: compact(time),
        })
        .filter(|_| !own.is_empty())
    }
}

/// `20261120T164220620001`: date, time, microseconds.
fn compact(text: &str) -> Option<UnixNanos> {
    if text.len() < 15 || !text.is_ascii() {
        return None;
    }
    let (whole, fraction) = text.split_at(15);
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    let spelled = format!(
        "{}-{}-{}T{}:{}:{}.{fraction}Z",
        &whole[..4],
        &whole[4..6],
        &whole[6..8],
        &whole[9..11],
        &whole[11..13],
        &whole[13..]
    );
    spelled.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_of_both_languages() {
        let expected: UnixNanos = "2026-11-20T16:42:20.632Z".parse().expect("a time");
        for told in [
            json!(1_795_192_940_632_i64),
            json!("1795192940632"),
            json!("2026-11-20T16:42:20.632"),
            json!("2026-11-20T16:42:20.632000+00:00"),
            json!("2026-11-20T17:42:20.632+01:00"),
            json!(1_795_192_940_632_000_i64),
            json!(1_795_192_940.632),
        ] {
            assert_eq!(time(&told), Some(expected), "{told}");
        }
        assert_eq!((time(&json!(null)), time(&json!("soon")), time(&json!(-1))), (None, None, None));
    }

    #[test]
    fn a_dotted_order_tells_root_parent_and_start() {
        let order =
            Order::read("20261120T164220620001Za.20261120T164220630002Zb.20261120T164220634003Zc").expect("an order");
        assert_eq!((order.root, order.parent), (Some("a"), Some("b")));
        assert_eq!(order.start.map(|start| start.to_string()).as_deref(), Some("2026-11-20T16:42:20.634003Z"));
        let root = Order::read("20261120T164220620001Za").expect("an order");
        assert_eq!((root.root, root.parent), (Some("a"), None));
        assert_eq!(Order::read("nothing"), None);
    }
}
