//! A call under way: what is known of it, and the one way in which it ends.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::capture::Kept;
use super::headers::{Context, Told};
use super::read::Reader;
use super::record::Recorder;
use super::speech::Speech;
use crate::access::Pass;
use crate::model::{SpanId, TraceId, UnixNanos};

/// What will be a span.
pub(super) struct Call {
    /// Place in the list of upstreams.
    pub upstream: usize,
    pub speech: Speech,
    pub began: UnixNanos,
    pub clock: Instant,
    pub place: Place,
    pub told: Told,
    pub client: IpAddr,
    /// With which it was let in.
    pub pass: Pass,
    pub request: Arc<Mutex<Kept>>,
    /// `content-encoding` of the request.
    pub encoding: String,
    pub status: Option<u16>,
    /// The provider's own name for the request, in its headers.
    pub request_id: Option<String>,
    pub answer: Option<Reader>,
    pub end: End,
    /// From beginning to end.
    pub took: Duration,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The answer went to the client whole, whatever its status.
    Whole,
    ClientLeft,
    /// The answer broke off.
    Broke(String),
    /// There was no answer.
    NoAnswer(String),
}

/// Where a call stands in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub here: Context,
    pub parent: Option<SpanId>,
    /// `tracestate`, as it came.
    pub state: String,
}

/// Draws ids. Unlike any others that were drawn before, because the key is random at every start.
#[derive(Debug)]
pub(super) struct Ids {
    key: [u8; 32],
    next: AtomicU64,
}

impl Ids {
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, next: AtomicU64::new(0) }
    }

    /// Below `parent`, or a trace of its own that is sampled.
    pub fn place(&self, parent: Option<Context>, state: String) -> Place {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let drawn = *blake3::keyed_hash(&self.key, &number.to_le_bytes()).as_bytes();
        let (mut trace, mut span) = ([0; 16], [0; 8]);
        trace.copy_from_slice(&drawn[..16]);
        span.copy_from_slice(&drawn[16..24]);
        // All zero is no id; 2^-64 of the time it would be drawn.
        span[7] |= u8::from(span == [0; 8]);
        trace[15] |= u8::from(trace == [0; 16]);
        let (trace_id, flags) = parent.map_or((TraceId(trace), 1), |parent| (parent.trace_id, parent.flags));
        Place {
            here: Context { trace_id, span_id: SpanId(span), flags },
            parent: parent.map(|parent| parent.span_id),
            state: if parent.is_some() { state } else { String::new() },
        }
    }
}

/// Sees to it that a call is recorded once, also when whoever works on it is dropped because its client has left.
pub(super) struct Watch {
    call: Option<Box<Call>>,
    recorder: Recorder,
}

impl Watch {
    pub fn new(call: Call, recorder: Recorder) -> Self {
        recorder.opened();
        Self { call: Some(Box::new(call)), recorder }
    }

    pub fn call(&mut self) -> Option<&mut Call> {
        self.call.as_deref_mut()
    }

    /// Whether the client has left before its request was whole.
    pub fn client_broke_off(&self) -> bool {
        self.call.as_ref().is_some_and(|call| lock(&call.request).broken)
    }

    /// Only the first end counts.
    pub fn end(&mut self, end: End) {
        if let Some(mut call) = self.call.take() {
            call.took = call.clock.elapsed();
            call.end = end;
            self.recorder.ended(call);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end(End::ClientLeft);
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_below_who_asked_or_a_trace_of_its_own() {
        let ids = Ids::new([7; 32]);
        let own = ids.place(None, "a=b".into());
        assert_eq!((own.parent, own.here.flags, own.state.as_str()), (None, 1, ""));
        let below = ids.place(Some(Context { flags: 0, ..own.here }), "a=b".into());
        assert_eq!((below.here.trace_id, below.parent), (own.here.trace_id, Some(own.here.span_id)));
        assert_ne!(below.here.span_id, own.here.span_id);
        assert_eq!((below.here.flags, below.state.as_str()), (0, "a=b"));
        assert_ne!(Ids::new([8; 32]).place(None, String::new()).here, own.here);
    }
}
