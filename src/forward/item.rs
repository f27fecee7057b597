//! What goes to a destination, and what it answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::facts::Known;
use crate::journal::{Cursor, Payload};
use crate::model::{SpanId, TraceId, UnixNanos};

/// What of a chunk goes to one destination: filtered, sampled, and under its content policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// Where it stands in the journal.
    pub cursor: Cursor,
    pub received: UnixNanos,
    pub project: String,
    pub payload: Payload,
    /// For each span, log record or metric of `payload`, in order, which of the chunk it is, from 0.
    pub ordinals: Vec<u32>,
    /// What is known of each record, where [`Kind::prepare`] has found out.
    pub known: Option<Known>,
}

/// The smallest thing a destination takes or refuses by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which item of its chunk, from 0, as [`Kind::pack`] made them. What takes its place has the same.
    pub index: u32,
    /// The first record of the chunk that is in it.
    pub ordinal: u32,
    /// How many records are in it, at least in part.
    pub records: u32,
    /// Items of different groups never share a request: signals, or indexes of Splunk.
    pub group: Arc<str>,
    /// As it is sent, before compression, but for what is put back at the last moment.
    pub body: Bytes,
    /// Bytes of images and sounds that are put back when it is sent; see `inline.rs`.
    pub grows: usize,
    /// The span or log record, where it is one.
    pub span: Option<(TraceId, SpanId)>,
}

impl Item {
    /// Bytes of it on the way, before compression.
    pub fn size(&self) -> usize {
        self.body.len() + self.grows
    }
}

/// What a destination said to a request with some items of one group, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has all of them, for good.
    Delivered,
    /// It has taken the request, but for so many records that it will never take; it does not say which.
    DeliveredWithout { records: u64, why: Refused },
    /// It has all of them and asks to go easy for so long.
    DeliveredSlowDown(Duration),
    /// It has the items before `delivered` and is busy, away or restarting: the rest is to be sent again, not before
    /// `after` if it said so.
    Later { delivered: usize, after: Option<Duration>, why: String },
    /// It has the items before `at`; that one it will never take; those behind it are to be sent again.
    Bad { at: usize, why: Refused },
    /// It took none because of one or some of them and does not say which.
    BadWithin(Refused),
    /// Too many bytes at once; it took none.
    TooLarge(Refused),
    /// Nothing will be taken until somebody changes a setting here or there: a wrong token, a wrong address.
    Hold(Refused),
}

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// In a few words, with what to do where we know.
    pub reason: String,
    /// What the destination answered, shortened; empty where it said nothing.
    pub response: String,
}

impl Refused {
    /// Reason and answer in one line.
    pub fn told(&self) -> String {
        if self.response.is_empty() { self.reason.clone() } else { format!("{}: {}", self.reason, self.response) }
    }
}

/// What is wrong with an item that was refused alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    TooLarge,
    Bad,
}

/// What one kind of destination does with records and requests.
///
/// Lives on the thread of its destination: futures need not be `Send`.
pub trait Kind {
    /// Finds out what [`Self::pack`] needs to know beyond the records themselves, of some chunks at once; what is not
    /// known is left out.
    fn prepare(&self, _selected: &mut [Selected]) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    /// How far the analytics are, where what is sent depends on them: nothing is read ahead of that while they come on.
    fn loaded(&self) -> Option<watch::Receiver<Cursor>> {
        None
    }

    /// Makes items of records. Pure: the same records give the same items, in the same order.
    fn pack(&self, selected: &Selected) -> Vec<Item>;

    /// What to send instead of an item that was refused alone: several with some of its records each, or, too large,
    /// one with long attributes shortened and marked. Empty: nothing can be done.
    fn smaller(&self, item: &Item, fault: Fault) -> Vec<Item>;

    /// Sends items of one group in one request and waits until the destination has them for good, or not.
    fn send(&self, items: &[Item]) -> impl Future<Output = Answer>;

    /// Asks whether it would take anything, without sending any telemetry.
    fn probe(&self) -> impl Future<Output = Result<(), Refused>>;

    /// What somebody should know about how it is sent, e.g. that nothing confirms what was indexed.
    fn note(&self) -> Option<String> {
        None
    }

    /// Sends one record that says it is a test.
    fn test(&self) -> impl Future<Output = Answer>;
}
