//! Writes JSON straight into bytes: no tree in between, nothing allocated per value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::NanoUsd;
use crate::model::otlp::{AnyValue, KeyValue, any_value};

/// From here on twice the same key is looked for in a table instead of one by one.
const MANY: usize = 64;

/// Writing into memory cannot fail, and none of the types written here refuses.
fn write(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    let before = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(before);
        out.extend_from_slice(b"null");
    }
}

pub fn string(out: &mut Vec<u8>, text: &str) {
    write(out, text);
}

pub fn int(out: &mut Vec<u8>, number: i64) {
    write(out, &number);
}

pub fn uint(out: &mut Vec<u8>, number: u64) {
    write(out, &number);
}

/// A number, or its name where JSON has none for it.
pub fn double(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() { write(out, &number) } else { string(out, &number.to_string()) }
}

/// `"key":`, after a comma where one is needed.
pub fn key(out: &mut Vec<u8>, key: &str) {
    comma(out);
    string(out, key);
    out.push(b':');
}

/// A comma unless an object or array begins here.
pub fn comma(out: &mut Vec<u8>) {
    if !matches!(out.last(), Some(b'{' | b'[') | None) {
        out.push(b',');
    }
}

/// Dollars with all their digits.
pub fn usd(out: &mut Vec<u8>, amount: NanoUsd) {
    decimal(out, &amount.to_string());
}

/// Nanoseconds as milliseconds with all their digits.
pub fn milliseconds(out: &mut Vec<u8>, nanos: i64) {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    decimal(out, &format!("{sign}{}.{:06}", nanos / 1_000_000, nanos % 1_000_000));
}

/// `text` without zeros at its end.
fn decimal(out: &mut Vec<u8>, text: &str) {
    let text = text.trim_end_matches('0');
    out.extend_from_slice(text.strip_suffix('.').unwrap_or(text).as_bytes());
}

/// Lower-case hex in quotes.
pub fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in bytes {
        out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    out.push(b'"');
}

/// Bytes become base64 text, NaN and infinities their names.
pub fn value(out: &mut Vec<u8>, value: &any_value::Value) {
    match value {
        any_value::Value::StringValue(text) => string(out, text),
        any_value::Value::BoolValue(flag) => write(out, flag),
        any_value::Value::IntValue(number) => int(out, *number),
        any_value::Value::DoubleValue(number) => double(out, *number),
        any_value::Value::BytesValue(bytes) => string(out, &STANDARD.encode(bytes)),
        any_value::Value::KvlistValue(list) => attributes(out, &list.values),
        any_value::Value::ArrayValue(list) => {
            out.push(b'[');
            for item in &list.values {
                comma(out);
                any(out, item);
            }
            out.push(b']');
        }
    }
}

pub fn any(out: &mut Vec<u8>, any: &AnyValue) {
    match &any.value {
        Some(inner) => value(out, inner),
        None => out.extend_from_slice(b"null"),
    }
}

/// An object; of a key that stands twice the last one counts.
pub fn attributes(out: &mut Vec<u8>, list: &[KeyValue]) {
    out.push(b'{');
    for pair in last_of_each(list, |pair| pair.key.as_str()) {
        key(out, &pair.key);
        match &pair.value {
            Some(inner) => any(out, inner),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
}

/// The items of `list`, in order, whose key does not come again behind them.
pub fn last_of_each<'a, T>(list: &'a [T], key: impl Fn(&'a T) -> &'a str) -> impl Iterator<Item = &'a T> {
    let table: Option<std::collections::HashMap<&str, usize>> =
        (list.len() > MANY).then(|| list.iter().enumerate().map(|(at, item)| (key(item), at)).collect());
    list.iter().enumerate().filter_map(move |(at, item)| {
        let own = key(item);
        let again = match &table {
            Some(table) => table.get(own).is_some_and(|last| *last != at),
            None => list[at + 1..].iter().any(|other| key(other) == own),
        };
        (!again).then_some(item)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::otlp::ArrayValue;

    fn text(text: &str) -> AnyValue {
        AnyValue { value: Some(any_value::Value::StringValue(text.into())) }
    }

    fn pair(key: &str, value: any_value::Value) -> KeyValue {
        KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
    }

    #[test]
    fn values_of_every_kind() {
        let list = [
            pair("twice", any_value::Value::IntValue(1)),
            pair("say \"hi\"\n", any_value::Value::BoolValue(true)),
            pair("nan", any_value::Value::DoubleValue(f64::NAN)),
            pair("bytes", any_value::Value::BytesValue(vec![1, 2].into())),
            pair("list", any_value::Value::ArrayValue(ArrayValue { values: vec![text("a"), AnyValue::default()] })),
            pair("twice", any_value::Value::IntValue(2)),
        ];
        let mut out = Vec::new();
        attributes(&mut out, &list);
        let expected = r#"{"say \"hi\"\n":true,"nan":"NaN","bytes":"AQI=","list":["a",null],"twice":2}"#;
        assert_eq!(String::from_utf8(out).expect("UTF-8"), expected);
    }

    #[test]
    fn many_keys_are_told_apart_as_few_are() {
        let list: Vec<KeyValue> =
            (0..200).map(|n| pair(&format!("k{}", n % 100), any_value::Value::IntValue(n))).collect();
        let mut out = Vec::new();
        attributes(&mut out, &list);
        let read: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(read.len(), 100);
        assert_eq!(read["k7"], 107);
        assert_eq!(out.iter().filter(|byte| **byte == b':').count(), 100, "every key stands once");
    }

    #[test]
    fn decimals_keep_their_digits() {
        let written = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            write(&mut out);
            String::from_utf8(out).expect("UTF-8")
        };
        assert_eq!(written(&|out| usd(out, NanoUsd(4_200_000))), "0.0042");
        assert_eq!(written(&|out| usd(out, NanoUsd(0))), "0");
        assert_eq!(written(&|out| usd(out, NanoUsd(20_000_000_000))), "20");
        assert_eq!(written(&|out| usd(out, NanoUsd(-1))), "-0.000000001");
        assert_eq!(written(&|out| milliseconds(out, 1_500_000)), "1.5");
        assert_eq!(written(&|out| milliseconds(out, 100_000_000)), "100");
        assert_eq!(written(&|out| hex(out, &[0xab, 1])), "\"ab01\"");
    }
}
