//! Values of a result as JSON. Whole numbers that JSON's readers would round come as text, and so does what has no
//! form of its own there.

use duckdb::arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Decimal128Array, FixedSizeListArray, IntervalMonthDayNanoArray,
    ListArray, MapArray, StructArray,
};
use duckdb::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use jiff::{Span, Timestamp, civil};
use serde_json::{Map, Number, Value as Json};

use super::Kind;
use crate::model::time::NANOS_PER_SECOND;

/// The largest whole number up to which JSON's readers know every one.
const EXACT: i128 = 1 << 53;

/// What a column holds, or `None` for what cannot be shown.
pub(super) fn kind(data: &DataType) -> Option<Kind> {
    Some(match data {
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Dictionary(..) => Kind::Text,
        DataType::Boolean => Kind::Boolean,
        data if data.is_integer() => Kind::Integer,
        DataType::Decimal128(_, 0) => Kind::Integer,
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => Kind::Number,
        DataType::Timestamp(..) => Kind::Timestamp,
        DataType::Date32 => Kind::Date,
        DataType::Time64(TimeUnit::Microsecond) | DataType::Interval(IntervalUnit::MonthDayNano) => Kind::Text,
        DataType::Binary | DataType::LargeBinary => Kind::Binary,
        DataType::List(inner) | DataType::FixedSizeList(inner, _) => kind(inner.data_type()).map(|_| Kind::List)?,
        DataType::Struct(fields) => {
            fields.iter().try_for_each(|field| kind(field.data_type()).map(drop))?;
            Kind::Object
        }
        DataType::Map(entries, _) => kind(entries.data_type()).map(|_| Kind::Object)?,
        _ => return None,
    })
}

/// The value at `row`.
pub(super) fn value(column: &ArrayRef, row: usize) -> Json {
    if column.is_null(row) {
        return Json::Null;
    }
    match column.data_type() {
        DataType::Boolean => {
            column.as_any().downcast_ref::<BooleanArray>().map_or(Json::Null, |flags| flags.value(row).into())
        }
        DataType::Int8 => whole(of::<Int8Type>(column, row).into()),
        DataType::Int16 => whole(of::<Int16Type>(column, row).into()),
        DataType::Int32 => whole(of::<Int32Type>(column, row).into()),
        DataType::Int64 => whole(of::<Int64Type>(column, row).into()),
        DataType::UInt8 => whole(of::<UInt8Type>(column, row).into()),
        DataType::UInt16 => whole(of::<UInt16Type>(column, row).into()),
        DataType::UInt32 => whole(of::<UInt32Type>(column, row).into()),
        DataType::UInt64 => whole(of::<UInt64Type>(column, row).into()),
        DataType::Float32 => real(of::<Float32Type>(column, row).into()),
        DataType::Float64 => real(of::<Float64Type>(column, row)),
        DataType::Decimal128(_, 0) => {
            whole(column.as_any().downcast_ref::<Decimal128Array>().map_or(0, |numbers| numbers.value(row)))
        }
        DataType::Decimal128(..) => decimal(column, row),
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::LargeUtf8 => column.as_string::<i64>().value(row).into(),
        DataType::Binary => hex::encode(column.as_binary::<i32>().value(row)).into(),
        DataType::LargeBinary => hex::encode(column.as_binary::<i64>().value(row)).into(),
        DataType::Timestamp(unit, _) => timestamp(column, row, unit),
        DataType::Date32 => date(of::<Date32Type>(column, row)),
        DataType::Time64(_) => time_of_day(of::<Time64MicrosecondType>(column, row)),
        _ => compound(column, row),
    }
}

fn compound(column: &ArrayRef, row: usize) -> Json {
    let any = column.as_any();
    if let Some(lists) = any.downcast_ref::<ListArray>() {
        return list(&lists.value(row));
    }
    if let Some(lists) = any.downcast_ref::<FixedSizeListArray>() {
        return list(&lists.value(row));
    }
    if let Some(structs) = any.downcast_ref::<StructArray>() {
        return object(structs, row);
    }
    if let Some(maps) = any.downcast_ref::<MapArray>() {
        let entries = maps.value(row);
        let (keys, values) = (entries.column(0), entries.column(1));
        let pair = |at| (text(&value(keys, at)), value(values, at));
        return Json::Object((0..entries.len()).map(pair).collect());
    }
    if let Some(spans) = any.downcast_ref::<IntervalMonthDayNanoArray>() {
        let span = spans.value(row);
        let seconds = span.nanoseconds as f64 / NANOS_PER_SECOND as f64;
        return format!("{} months {} days {seconds} s", span.months, span.days).into();
    }
    // A dictionary: the members of an ENUM.
    match column.as_any_dictionary_opt() {
        Some(dictionary) => value(dictionary.values(), dictionary.normalized_keys()[row]),
        None => Json::Null,
    }
}

fn of<T: ArrowPrimitiveType>(column: &ArrayRef, row: usize) -> T::Native {
    column.as_primitive::<T>().value(row)
}

fn list(items: &ArrayRef) -> Json {
    (0..items.len()).map(|at| value(items, at)).collect()
}

fn object(structs: &StructArray, row: usize) -> Json {
    let names = structs.column_names().into_iter();
    let fields: Map<String, Json> =
        names.zip(structs.columns()).map(|(name, column)| (name.to_owned(), value(column, row))).collect();
    Json::Object(fields)
}

fn whole(number: i128) -> Json {
    match i64::try_from(number) {
        Ok(small) if number.abs() <= EXACT => small.into(),
        _ => number.to_string().into(),
    }
}

fn real(number: f64) -> Json {
    Number::from_f64(number).map_or_else(|| number.to_string().into(), Json::Number)
}

/// As a number where that says the same digits.
fn decimal(column: &ArrayRef, row: usize) -> Json {
    let Some(numbers) = column.as_any().downcast_ref::<Decimal128Array>() else { return Json::Null };
    let text = numbers.value_as_string(row);
    match text.parse() {
        Ok(number) if numbers.value(row).unsigned_abs() < 1_000_000_000_000_000 => real(number),
        _ => text.into(),
    }
}

/// RFC 3339 in UTC; a time outside of what that can write comes as the number it is stored as.
fn timestamp(column: &ArrayRef, row: usize, unit: &TimeUnit) -> Json {
    let (number, time) = match unit {
        TimeUnit::Second => {
            let number = of::<TimestampSecondType>(column, row);
            (number, Timestamp::from_second(number))
        }
        TimeUnit::Millisecond => {
            let number = of::<TimestampMillisecondType>(column, row);
            (number, Timestamp::from_millisecond(number))
        }
        TimeUnit::Microsecond => {
            let number = of::<TimestampMicrosecondType>(column, row);
            (number, Timestamp::from_microsecond(number))
        }
        TimeUnit::Nanosecond => {
            let number = of::<TimestampNanosecondType>(column, row);
            (number, Timestamp::from_nanosecond(number.into()))
        }
    };
    time.map_or_else(|_| number.to_string(), |time| time.to_string()).into()
}

/// Likewise, of a day.
fn date(days: i32) -> Json {
    let day = Span::new().try_days(days).and_then(|span| civil::date(1970, 1, 1).checked_add(span));
    day.map_or_else(|_| days.to_string(), |day| day.to_string()).into()
}

fn time_of_day(micros: i64) -> Json {
    let seconds = micros / 1_000_000;
    let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match micros % 1_000_000 {
        0 => time.into(),
        rest => format!("{time}.{rest:06}").into(),
    }
}

/// A value as text, as CSV has it and as the key of a map.
pub(super) fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
