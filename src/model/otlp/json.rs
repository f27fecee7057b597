//! OTLP/JSON: the JSON mapping of protobuf with OTLP's exceptions, read straight into the generated types.
//!
//! Ids are hex in any case (base64 too: exporters before 1.0 sent it), enums numbers or names, 64-bit
//! integers numbers or strings, keys camelCase or snake_case, unknown keys ignored, `null` the default.
//! `build.rs` generates one [`Object`] per message from `proto/otlp.proto`; this file holds the rules.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

use crate::model::otlp;

include!(concat!(env!("OUT_DIR"), "/otlp_json.rs"));

/// Why a text is not the OTLP message it should be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{message}")]
pub struct Error {
    /// Where: `resourceSpans[0].scopeSpans[0].spans[3].kind`, or `.` for the document itself.
    pub path: String,
    /// What, with line and column.
    pub message: String,
}

/// Reads one document, e.g. a `TracesData`.
///
/// # Errors
/// Names the path of the first value that does not fit.
pub fn from_slice<T: Object>(text: &[u8]) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let read = Seed::<Message<T>>::default().deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    match read {
        Ok(value) => Ok(value.unwrap_or_default()),
        // Following the path costs an allocation per key, so it is done only when there is a fault to name.
        Err(error) => Err(locate::<T>(text, &error)),
    }
}

fn locate<T: Object>(text: &[u8], first: &serde_json::Error) -> Error {
    let mut json = serde_json::Deserializer::from_slice(text);
    let mut track = serde_path_to_error::Track::new();
    let traced = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let error = Seed::<Message<T>>::default().deserialize(traced).err();
    let path = if error.is_some() { track.path().to_string() } else { ".".to_owned() };
    Error { path, message: error.as_ref().unwrap_or(first).to_string() }
}

/// The top-level keys of a JSON object, for telling what was sent in place of what was expected.
pub fn top_level_keys(text: &[u8]) -> Vec<String> {
    let keys: Result<std::collections::BTreeMap<String, IgnoredAny>, _> = serde_json::from_slice(text);
    keys.map(|keys| keys.into_keys().collect()).unwrap_or_default()
}

/// A message whose fields are set key by key.
pub trait Object: Default {
    /// The message's name, for errors.
    const NAME: &'static str;

    /// Reads the value of `key` into its field; `false` when there is no such field and nothing was read.
    ///
    /// # Errors
    /// When the value does not fit the field.
    fn set<'de, A: MapAccess<'de>>(&mut self, key: &str, from: &mut A) -> Result<bool, A::Error>;
}

/// An enum whose values have names in the `.proto` file.
trait Named {
    fn number(name: &str) -> Option<i32>;
}

/// How one kind of value is read; `null` has been dealt with.
trait Reader {
    type Target;

    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<Self::Target, D::Error>;
}

/// Reads the value of the current key; `None` for `null`.
fn value<'de, R: Reader, A: MapAccess<'de>>(from: &mut A) -> Result<Option<R::Target>, A::Error> {
    from.next_value_seed(Seed::<R>::default())
}

/// Reads a member of a oneof; `null` leaves the oneof as it is.
fn one_of<'de, R: Reader, O, A: MapAccess<'de>>(
    from: &mut A,
    field: &mut Option<O>,
    variant: fn(R::Target) -> O,
) -> Result<(), A::Error> {
    if let Some(value) = value::<R, A>(from)? {
        *field = Some(variant(value));
    }
    Ok(())
}

struct Seed<R>(PhantomData<R>);

impl<R> Default for Seed<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<'de, R: Reader> DeserializeSeed<'de> for Seed<R> {
    type Value = Option<R::Target>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_option(self)
    }
}

impl<'de, R: Reader> Visitor<'de> for Seed<R> {
    type Value = Option<R::Target>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        R::read(json).map(Some)
    }
}

/// A nested message.
struct Message<T>(PhantomData<T>);

impl<T: Object> Reader for Message<T> {
    type Target = T;

    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<T, D::Error> {
        json.deserialize_map(Self(PhantomData))
    }
}

impl<'de, T: Object> Visitor<'de> for Message<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a JSON object ({})", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut object = T::default();
        while let Some(key) = map.next_key_seed(Key)? {
            if !object.set(&key, &mut map)? {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(object)
    }
}

/// A key of an object, borrowed from the text unless it has escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A repeated field.
struct List<R>(PhantomData<R>);

impl<R: Reader> Reader for List<R> {
    type Target = Vec<R::Target>;

    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<Self::Target, D::Error> {
        json.deserialize_seq(Self(PhantomData))
    }
}

impl<'de, R: Reader> Visitor<'de> for List<R> {
    type Value = Vec<R::Target>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element_seed(Item::<R>(PhantomData))? {
            list.push(item);
        }
        Ok(list)
    }
}

/// One item of a repeated field, where `null` means nothing and is refused.
struct Item<R>(PhantomData<R>);

impl<'de, R: Reader> DeserializeSeed<'de> for Item<R> {
    type Value = R::Target;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<R::Target, D::Error> {
        R::read(json)
    }
}

/// A string.
struct Text;

impl Reader for Text {
    type Target = String;

    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<String, D::Error> {
        serde::Deserialize::deserialize(json)
    }
}

/// `true` or `false`.
struct Flag;

impl Reader for Flag {
    type Target = bool;

    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<bool, D::Error> {
        serde::Deserialize::deserialize(json)
    }
}

/// A whole number: `5`, `"5"`, `5.0`.
struct Integer<T>(PhantomData<T>);

impl<T: TryFrom<i128>> Reader for Integer<T> {
    type Target = T;

    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<T, D::Error> {
        json.deserialize_any(Self(PhantomData))
    }
}

impl<T: TryFrom<i128>> Visitor<'_> for Integer<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number of {} bits, as a number or a string", size_of::<T>() * 8)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<T, E> {
        T::try_from(number.into()).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
        T::try_from(number.into()).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<T, E> {
        // A float up to 2^64 fits an i128; the cast of a larger one saturates and try_from refuses it.
        let whole = (number.fract() == 0.0).then_some(number as i128);
        whole
            .and_then(|whole| T::try_from(whole).ok())
            .ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        if let Ok(number) = text.parse::<i128>() {
            return T::try_from(number).map_err(|_| E::invalid_value(Unexpected::Str(text), &self));
        }
        let number = text.parse::<f64>().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))?;
        self.visit_f64(number)
    }
}

/// A number, or one of the names JSON has no number for.
struct Double;

impl Reader for Double {
    type Target = f64;

    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<f64, D::Error> {
        json.deserialize_any(Self)
    }
}

impl Visitor<'_> for Double {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a number, "NaN", "Infinity" or "-Infinity""#)
    }

    fn visit_f64<E>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }

    fn visit_u64<E>(self, number: u64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_i64<E>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<f64, E> {
        match text {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            // Rust also parses "inf" and "nan", which the mapping does not know.
            _ => text
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

/// A number or a name; a number without a name is kept, as in protobuf.
struct Enumeration<E>(PhantomData<E>);

impl<N: Named> Reader for Enumeration<N> {
    type Target = i32;

    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<i32, D::Error> {
        json.deserialize_any(Self(PhantomData))
    }
}

impl<N: Named> Visitor<'_> for Enumeration<N> {
    type Value = i32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an enum value, by number or name")
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<i32, E> {
        Integer(PhantomData).visit_u64(number)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<i32, E> {
        Integer(PhantomData).visit_i64(number)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<i32, E> {
        Integer(PhantomData).visit_f64(number)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<i32, E> {
        N::number(text).or_else(|| text.parse().ok()).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// A trace or span id of `N` bytes.
struct Id<const N: usize>;

impl<const N: usize> Reader for Id<N> {
    type Target = Bytes;

    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<Bytes, D::Error> {
        json.deserialize_str(Self)
    }
}

impl<const N: usize> Visitor<'_> for Id<N> {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} hex digits", 2 * N)
    }

    fn visit_str<E>(self, text: &str) -> Result<Bytes, E> {
        let mut id = [0; N];
        if hex::decode_to_slice(text, &mut id).is_ok() {
            return Ok(Bytes::copy_from_slice(&id));
        }
        if let Ok(bytes) = hex::decode(text) {
            return Ok(bytes.into());
        }
        match base64_decode(text) {
            Some(bytes) if bytes.len() == N => Ok(bytes.into()),
            _ => Ok(not_an_id::<N>(text)),
        }
    }
}

/// Stands for a text that is no id at all. It is no error here, because the other items of the request are
/// to be kept: the bytes have a length no valid id has, so that whoever checks ids refuses this one alone.
fn not_an_id<const N: usize>(text: &str) -> Bytes {
    let mut bytes = text.as_bytes()[..text.len().min(64)].to_vec();
    if bytes.len() == N {
        bytes.push(b'?');
    }
    bytes.into()
}

/// Bytes in base64, standard or URL-safe, padded or not.
struct Base64;

impl Reader for Base64 {
    type Target = Bytes;

    fn read<'de, D: Deserializer<'de>>(json: D) -> Result<Bytes, D::Error> {
        json.deserialize_str(Self)
    }
}

impl Visitor<'_> for Base64 {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes in base64")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Bytes, E> {
        base64_decode(text).map(Bytes::from).ok_or_else(|| E::invalid_value(Unexpected::Other("other text"), &self))
    }
}

fn base64_decode(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

#[cfg(test)]
mod tests;
