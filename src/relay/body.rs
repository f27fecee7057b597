//! Bodies that are passed on piece by piece as they come, while a copy is kept or read.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use super::call::{End, Watch, lock};
use super::capture::Kept;

/// A request on its way to the provider.
pub(super) struct Tee {
    /// In a mutex only because the HTTP client wants a body that threads could share; nobody ever waits for it.
    inner: Mutex<Body>,
    /// Where a copy goes, if the call is recorded.
    kept: Option<Arc<Mutex<Kept>>>,
}

impl Tee {
    pub fn new(inner: Body, kept: Option<Arc<Mutex<Kept>>>) -> Self {
        Self { inner: Mutex::new(inner), kept }
    }

    fn inner(&mut self) -> &mut Body {
        self.inner.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl HttpBody for Tee {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(self.inner()).poll_frame(context);
        let Some(kept) = &self.kept else { return polled };
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(piece) = frame.data_ref() {
                    lock(kept).push(piece);
                }
            }
            Poll::Ready(Some(Err(_))) => lock(kept).broken = true,
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.inner).size_hint()
    }
}

/// An answer on its way to the client. A piece is read after it was handed on: while the provider has nothing more to
/// say, or at the latest when its next piece is there.
pub(super) struct Tap {
    inner: reqwest::Body,
    watch: Watch,
    unread: Option<(Bytes, Duration)>,
}

impl Tap {
    pub fn new(inner: reqwest::Body, watch: Watch) -> Self {
        Self { inner, watch, unread: None }
    }

    fn read(&mut self) {
        let Some((piece, after)) = self.unread.take() else { return };
        if let Some(reader) = self.watch.call().and_then(|call| call.answer.as_mut()) {
            reader.feed(&piece, after);
        }
    }
}

impl HttpBody for Tap {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match &polled {
            Poll::Pending => self.read(),
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(piece) = frame.data_ref() {
                    self.read();
                    let after = self.watch.call().map(|call| call.clock.elapsed());
                    self.unread = after.map(|after| (piece.clone(), after));
                }
            }
            Poll::Ready(Some(Err(error))) => {
                self.read();
                let why = super::root(error);
                self.watch.end(End::Broke(why));
            }
            Poll::Ready(None) => {
                self.read();
                self.watch.end(End::Whole);
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Of a body whose length is known nobody asks for the end, and clients hang up when the provider has said that it has
/// finished: both are a whole answer.
impl Drop for Tap {
    fn drop(&mut self) {
        self.read();
        let said_all = |reader: &super::read::Reader| reader.is_complete();
        let complete = self.watch.call().and_then(|call| call.answer.as_ref()).is_some_and(said_all);
        let whole = complete || self.inner.is_end_stream();
        self.watch.end(if whole { End::Whole } else { End::ClientLeft });
    }
}
