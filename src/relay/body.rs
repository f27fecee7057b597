//! Bodies that are passed on piece by piece as they come, while a copy is kept or read.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

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

/// An answer on its way to the client. Of each piece a copy is put by, to be read when there is time for it.
pub(super) struct Tap {
    inner: reqwest::Body,
    watch: Watch,
}

impl Tap {
    pub fn new(inner: reqwest::Body, watch: Watch) -> Self {
        Self { inner, watch }
    }

    fn put_by(&mut self, piece: &Bytes) {
        if let Some(call) = self.watch.call() {
            let after = call.clock.elapsed();
            if let Some(reader) = &mut call.answer {
                reader.feed(piece, after);
            }
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
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(piece) = frame.data_ref() {
                    self.put_by(piece);
                }
            }
            Poll::Ready(Some(Err(error))) => {
                let why = super::root(error);
                self.watch.end(End::Broke(why));
            }
            Poll::Ready(None) => self.watch.end(End::Whole),
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

/// Of a body whose length is known nobody asks for the end.
impl Drop for Tap {
    fn drop(&mut self) {
        self.watch.end(if self.inner.is_end_stream() { End::Whole } else { End::ClientLeft });
    }
}
