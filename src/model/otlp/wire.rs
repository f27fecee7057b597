//! Protobuf as it travels: finds the fields of OTLP messages that this version does not know, and puts them back.
//!
//! A decoder drops what it does not know, and OTLP grows every few months. What is forwarded must be what was sent.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use prost::Message as _;
use prost::encoding::{WireType, decode_varint, encode_key, encode_varint};

use super::{Unknown, UnknownPart, UnknownStep};

include!(concat!(env!("OUT_DIR"), "/otlp_shapes.rs"));

/// The field in which unknown fields are kept: `unknown` in `proto/otlp.proto`.
pub const CARRIED: u32 = 20_151;

/// In messages: groups of the whole, and the way to what repeats them.
const UP: u32 = 0;

/// Numbers of known fields are below this.
const KNOWN_NUMBERS: usize = 32;

/// prost decodes no deeper either.
const DEPTH: usize = 100;

/// Bytes of a body for which one step of a way may be kept: a span with three steps is no shorter than 48 bytes.
const STEP_BYTES: usize = 16;

/// Steps that may be kept of any body.
const STEPS: usize = 16 << 10;

/// What a known field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A number, a text, bytes.
    Plain,
    Message(Shape),
}

/// The bytes are no protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a protobuf message")]
pub struct Broken;

/// One field on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    pub number: u32,
    /// Text, bytes, or a message; empty for numbers and groups.
    pub value: &'a [u8],
    pub is_delimited: bool,
    /// With its tag.
    pub raw: &'a [u8],
}

/// The fields of `message`, in order.
pub fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message }
}

#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = field(&mut self.rest);
        if field.is_none() {
            self.rest = &[];
        }
        Some(field.ok_or(Broken))
    }
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<Field<'a>> {
    let start = *rest;
    let (number, wire_type) = tag(rest)?;
    let (mut value, mut is_delimited) = (&[][..], false);
    match wire_type {
        WireType::Varint => drop(decode_varint(rest).ok()?),
        WireType::SixtyFourBit => drop(take(rest, 8)?),
        WireType::ThirtyTwoBit => drop(take(rest, 4)?),
        WireType::LengthDelimited => {
            let length = usize::try_from(decode_varint(rest).ok()?).ok()?;
            value = take(rest, length)?;
            is_delimited = true;
        }
        WireType::StartGroup => skip_group(rest, number, 0)?,
        WireType::EndGroup => return None,
    }
    Some(Field { number, value, is_delimited, raw: &start[..start.len() - rest.len()] })
}

fn tag(rest: &mut &[u8]) -> Option<(u32, WireType)> {
    let key = u32::try_from(decode_varint(rest).ok()?).ok()?;
    let wire_type = WireType::try_from(u64::from(key & 7)).ok()?;
    (key >> 3 != 0).then_some((key >> 3, wire_type))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(taken)
}

fn skip_group(rest: &mut &[u8], number: u32, depth: usize) -> Option<()> {
    loop {
        let mut ahead = *rest;
        match tag(&mut ahead)? {
            (end, WireType::EndGroup) => {
                *rest = ahead;
                return (end == number).then_some(());
            }
            (inner, WireType::StartGroup) if depth < DEPTH => {
                *rest = ahead;
                skip_group(rest, inner, depth + 1)?;
            }
            (_, WireType::StartGroup) => return None,
            _ => drop(field(rest)?),
        }
    }
}

/// Unknown fields of one message, and the way to it from the top: numbers and places of fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: Vec<UnknownStep>,
    pub fields: Vec<u8>,
}

/// Every field in `body`, a message of shape `top`, that this version does not know. What stands in the field that is
/// ours is left out. A body made to have more ways than content has what comes last left out.
///
/// # Errors
/// When it is no such message.
pub fn find(top: Shape, body: &[u8]) -> Result<Vec<Found>, Broken> {
    let mut search = Search { path: Vec::new(), found: Vec::new(), steps: STEPS + body.len() / STEP_BYTES };
    search.message(top, body)?;
    Ok(search.found)
}

struct Search {
    path: Vec<UnknownStep>,
    found: Vec<Found>,
    /// How many steps may still be kept.
    steps: usize,
}

impl Search {
    fn message(&mut self, shape: Shape, body: &[u8]) -> Result<(), Broken> {
        if self.path.len() > DEPTH {
            return Err(Broken);
        }
        let mut unknown = Vec::new();
        let mut places = [0_u32; KNOWN_NUMBERS];
        for field in fields(body) {
            let field = field?;
            match shape.field(field.number) {
                Some(Holds::Message(inner)) if field.is_delimited => {
                    let place = &mut places[field.number as usize % KNOWN_NUMBERS];
                    let index = *place;
                    *place += 1;
                    // The key is read only when there is something to find.
                    let before = self.found.len();
                    self.path.push(UnknownStep { field: field.number, index, key: String::new() });
                    self.message(inner, field.value)?;
                    let at = self.path.len() - 1;
                    self.path.truncate(at);
                    if inner == Shape::KeyValue && self.found.len() > before {
                        let key = key_of(field.value);
                        self.found[before..].iter_mut().for_each(|one| one.path[at].key.clone_from(&key));
                    }
                }
                Some(_) => {}
                None if field.number == CARRIED => {}
                None => unknown.extend_from_slice(field.raw),
            }
        }
        if !unknown.is_empty() && self.steps >= self.path.len() {
            self.steps -= self.path.len();
            self.found.push(Found { path: self.path.clone(), fields: unknown });
        }
        Ok(())
    }
}

/// The key of an encoded `KeyValue`.
fn key_of(pair: &[u8]) -> String {
    let keys = fields(pair).filter_map(Result::ok).filter(|field| field.number == 1);
    keys.last().map(|field| String::from_utf8_lossy(field.value).into_owned()).unwrap_or_default()
}

/// Unknown fields on their way down to the message they belong to.
struct Pending {
    /// The next step last.
    way: Vec<UnknownStep>,
    fields: Bytes,
}

/// What waits for the messages in a message, by where they stand in it.
#[derive(Default)]
struct Waiting {
    placed: HashMap<(u32, u32), Vec<Pending>>,
    /// Of those that have a key, by the place they had: of attributes with the same key the first gets what the first had.
    keyed: HashMap<(u32, String), BTreeMap<u32, Vec<Pending>>>,
}

impl Waiting {
    fn add(&mut self, mut pending: Pending) {
        let Some(step) = pending.way.pop() else { return };
        let list = if step.key.is_empty() {
            self.placed.entry((step.field, step.index)).or_default()
        } else {
            self.keyed.entry((step.field, step.key)).or_default().entry(step.index).or_default()
        };
        list.push(pending);
    }

    fn of(&mut self, field: &Field<'_>, index: u32, inner: Shape) -> Vec<Pending> {
        let mut all = self.placed.remove(&(field.number, index)).unwrap_or_default();
        if inner == Shape::KeyValue && !self.keyed.is_empty() {
            let of_key = self.keyed.get_mut(&(field.number, key_of(field.value)));
            all.extend(of_key.and_then(BTreeMap::pop_first).map(|(_, first)| first).unwrap_or_default());
        }
        all
    }
}

/// `body`, a message of shape `top`, with the unknown fields that it carries at the end of the messages they came in.
/// What belonged to a message that is there no more is gone with it.
///
/// # Errors
/// When it is no such message.
pub fn restore(top: Shape, body: &[u8]) -> Result<Vec<u8>, Broken> {
    let mut restored = Vec::with_capacity(body.len());
    put_back(top, body, Vec::new(), &mut Vec::new(), &mut restored)?;
    Ok(restored)
}

fn put_back(
    shape: Shape,
    body: &[u8],
    mut pending: Vec<Pending>,
    above: &mut Vec<Bytes>,
    into: &mut Vec<u8>,
) -> Result<(), Broken> {
    if shape.carries() {
        for field in fields(body) {
            let field = field?;
            if field.number == CARRIED && field.is_delimited {
                let carried = Unknown::decode(field.value).map_err(|_| Broken)?;
                let (up, down): (Vec<_>, Vec<_>) =
                    carried.parts.into_iter().partition(|part| part.path.first().is_some_and(|step| step.field == UP));
                above.extend(up.into_iter().map(|part| part.fields));
                let reversed = |part: UnknownPart| part.path.into_iter().rev().collect();
                pending
                    .extend(down.into_iter().map(|part| Pending { fields: part.fields.clone(), way: reversed(part) }));
            }
        }
    }
    let (here, below): (Vec<_>, Vec<_>) = pending.into_iter().partition(|one| one.way.is_empty());
    let mut waiting = Waiting::default();
    below.into_iter().for_each(|one| waiting.add(one));
    let mut places = [0_u32; KNOWN_NUMBERS];
    let mut from_below = Vec::new();
    for field in fields(body) {
        let field = field?;
        match shape.field(field.number) {
            _ if field.number == CARRIED => {}
            Some(Holds::Message(inner)) if field.is_delimited => {
                let place = &mut places[field.number as usize % KNOWN_NUMBERS];
                let down = waiting.of(&field, *place, inner);
                *place += 1;
                put_back_into(&field, inner, down, &mut from_below, into)?;
            }
            _ => into.extend_from_slice(field.raw),
        }
    }
    here.iter().for_each(|one| into.extend_from_slice(&one.fields));
    from_below.iter().for_each(|fields| into.extend_from_slice(fields));
    Ok(())
}

fn put_back_into(
    field: &Field<'_>,
    inner: Shape,
    pending: Vec<Pending>,
    above: &mut Vec<Bytes>,
    into: &mut Vec<u8>,
) -> Result<(), Broken> {
    if pending.is_empty() && !inner.carries() && !inner.leads_to_carriers() {
        into.extend_from_slice(field.raw);
        return Ok(());
    }
    let mut message = Vec::with_capacity(field.value.len());
    put_back(inner, field.value, pending, above, &mut message)?;
    put_delimited(field.number, &message, into);
    Ok(())
}

/// Appends a field that holds text, bytes or a message.
pub fn put_delimited(number: u32, value: &[u8], into: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, into);
    encode_varint(value.len() as u64, into);
    into.extend_from_slice(value);
}

impl Shape {
    /// Carriers that stand in no carrier themselves, or in one that is none.
    fn leads_to_carriers(self) -> bool {
        matches!(
            self,
            Self::TracesData
                | Self::LogsData
                | Self::MetricsData
                | Self::Gauge
                | Self::Sum
                | Self::Histogram
                | Self::ExponentialHistogram
                | Self::Summary
        )
    }
}

#[cfg(test)]
mod tests;
