//! How a destination is doing: what the page shows and what `/metrics` counts.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use super::ledger::Account;
use super::sampling::SamplingReport;
use crate::config::{Behind, DestinationConfig, DestinationKind};
use crate::journal::Cursor;
use crate::meter::Meter;
use crate::model::UnixNanos;

/// What a destination is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It has everything, or is getting it.
    Sending,
    /// The last attempt failed; it is tried again by itself.
    Retrying,
    /// Nothing will be taken until a setting is changed here or there; it is tried once a minute.
    Held,
    Paused,
}

impl State {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Retrying => "retrying",
            Self::Held => "held",
            Self::Paused => "paused",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub name: String,
    pub kind: DestinationKind,
    pub url: String,
    pub state: State,
    /// Everything up to here is there, dead, or not for it.
    pub cursor: Cursor,
    /// Something up to here may have been sent.
    pub reached: Cursor,
    /// When the oldest record arrived that is not there yet; `None` when nothing waits.
    pub waiting_since: Option<UnixNanos>,
    /// About how many bytes of the journal wait.
    pub lag_bytes: u64,
    /// Since it is known here.
    pub sent_records: u64,
    /// Before compression.
    pub sent_bytes: u64,
    /// Requests that were made again since the start.
    pub retries: u64,
    pub dead_letters: u64,
    /// Left out by the destination of what it took, since the start; it does not say which they are.
    pub refused_records: u64,
    /// Deleted by retention before they were sent.
    pub lost_records: u64,
    pub last_sent: Option<UnixNanos>,
    /// The last thing that went wrong, and when.
    pub last_error: Option<(UnixNanos, String)>,
    /// What somebody should know about how it is sent.
    pub note: Option<String>,
    /// What retention wants to delete waits for it.
    pub behind: Behind,
    /// Of one that gets a sample.
    pub sampling: Option<SamplingReport>,
}

impl Report {
    pub(super) fn new(config: &DestinationConfig, account: &Account) -> Self {
        Self {
            name: config.name.clone(),
            kind: config.kind,
            url: config.url.clone(),
            state: if account.paused { State::Paused } else { State::Sending },
            cursor: account.cursor,
            reached: account.cursor,
            waiting_since: None,
            lag_bytes: 0,
            sent_records: account.sent_records,
            sent_bytes: account.sent_bytes,
            retries: 0,
            dead_letters: 0,
            refused_records: 0,
            lost_records: account.lost_records,
            last_sent: None,
            last_error: None,
            note: None,
            behind: config.behind,
            sampling: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    destination: String,
}

type Counts = Family<Label, Counter>;
type Gauges = Family<Label, Gauge>;

/// Of all destinations.
pub(super) struct Counters {
    sent: Counts,
    bytes: Counts,
    retries: Counts,
    dead: Counts,
    refused: Counts,
    lost: Counts,
    lag_seconds: Gauges,
    lag_bytes: Gauges,
    held: Gauges,
}

/// Of one.
#[derive(Debug)]
pub(super) struct Counted {
    pub sent: Counter,
    pub bytes: Counter,
    pub retries: Counter,
    pub dead: Counter,
    pub refused: Counter,
    pub lost: Counter,
    pub lag_seconds: Gauge,
    pub lag_bytes: Gauge,
    pub held: Gauge,
}

impl Counters {
    pub(super) fn register(meter: &Meter) -> Self {
        let counts = |name: &str, help: &str| meter.register(name, help, Counts::default());
        let gauges = |name: &str, help: &str| meter.register(name, help, Gauges::default());
        Self {
            sent: counts("forward_sent_records", "Records that destinations have confirmed"),
            bytes: counts("forward_sent_bytes", "Bytes that destinations have confirmed, before compression"),
            retries: counts("forward_retries", "Requests that were made again"),
            dead: counts("forward_dead_letters", "Records that destinations will not take"),
            refused: counts("forward_refused_records", "Records that destinations left out of requests they took"),
            lost: counts("forward_lost_records", "Records deleted by retention before they were sent"),
            lag_seconds: gauges("forward_lag_seconds", "Age of the oldest record that is not sent"),
            lag_bytes: gauges("forward_lag_bytes", "Bytes of the journal that are not sent, about"),
            held: gauges("forward_held", "1 while a setting must be changed before anything is taken"),
        }
    }

    pub(super) fn of(&self, name: &str) -> Counted {
        let label = Label { destination: name.to_owned() };
        let count = |family: &Counts| family.get_or_create(&label).clone();
        let gauge = |family: &Gauges| family.get_or_create(&label).clone();
        Counted {
            sent: count(&self.sent),
            bytes: count(&self.bytes),
            retries: count(&self.retries),
            dead: count(&self.dead),
            refused: count(&self.refused),
            lost: count(&self.lost),
            lag_seconds: gauge(&self.lag_seconds),
            lag_bytes: gauge(&self.lag_bytes),
            held: gauge(&self.held),
        }
    }
}
