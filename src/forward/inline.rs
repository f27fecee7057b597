//! Images and sounds go out where they stood, from the files they are kept in.
//!
//! What waits to be sent has references; the bytes are put back when a request is made of it, so that memory holds those
//! of requests on the way alone.

use std::collections::HashMap;

use bytes::Bytes;

use super::item::Item;
use crate::config::DestinationConfig;
use crate::journal::Payload;
use crate::media::{self, Media};
use crate::model::MediaHash;
use crate::model::media::Reference;

/// Of one item no more is put back. Collectors take requests of 20 MiB over HTTP, most others less.
const MOST: usize = 16 << 20;

/// For a destination that gets them.
#[derive(Debug)]
pub struct Inline {
    media: Media,
}

impl Inline {
    /// `None` for one that gets references.
    pub fn of(config: &DestinationConfig, media: &Media) -> Option<Self> {
        config.gets_media().then(|| Self { media: media.clone() })
    }

    /// `payload`, of an item that grows, with the bytes in it. What is no longer there, or too much, stays a reference.
    pub fn fill(&self, payload: &mut Payload) {
        media::into_payload(payload, self.files());
    }

    /// The same with a text.
    pub fn fill_text(&self, item: &Item) -> Bytes {
        let text = std::str::from_utf8(&item.body).ok().and_then(|text| media::into_text(text, self.files()));
        text.map_or_else(|| item.body.clone(), Bytes::from)
    }

    fn files(&self) -> impl FnMut(MediaHash) -> Option<Bytes> {
        let mut read: HashMap<MediaHash, Option<Bytes>> = HashMap::new();
        let mut left = MOST;
        move |hash| {
            let bytes = read.entry(hash).or_insert_with(|| self.read(hash)).clone()?;
            left = left.checked_sub(written(bytes.len() as u64))?;
            Some(bytes)
        }
    }

    fn read(&self, hash: MediaHash) -> Option<Bytes> {
        match self.media.read(hash) {
            Ok(found) => Some(found?.0),
            Err(error) => {
                tracing::warn!(%error, "an image or a sound goes as a reference: {error}");
                None
            }
        }
    }
}

/// By how many bytes `record`, as protobuf or JSON, grows when everything is put back.
pub fn growth(record: &[u8]) -> usize {
    written(Reference::bytes_in(record)).min(MOST)
}

/// The length of base64.
fn written(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(3).saturating_mul(4)).unwrap_or(usize::MAX)
}
