//! Reads answers while they are passed on: a copy of each piece goes in, and at the end stands what the provider said.
//!
//! A streamed answer is read event by event, some of them at a time, and only its text is kept; one that is not streamed is
//! kept as it is, within bounds, and read when it is complete. However the pieces are cut, the result is the same.

mod decoder;
mod document;
mod frames;
mod gather;
mod unread;

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::capture::{Budget, Kept, Loss, Room};
use super::speech::Speech;
use decoder::Decoder;
use frames::Frames;
use gather::{Blocks, Choices, Gathered, Items};
use unread::Unread;

pub(super) use decoder::decompress;
pub(super) use document::Document;
pub(super) use frames::Framing;

/// One answer.
pub(super) struct Reader {
    speech: Speech,
    encoding: String,
    most: usize,
    mode: Mode,
}

enum Mode {
    Stream(Box<Stream>),
    Whole(Kept),
}

struct Stream {
    decoder: Decoder,
    frames: Frames,
    story: Story,
    unread: Unread,
    /// Why reading ended before the answer did.
    loss: Option<Loss>,
}

/// What a reader has made out.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub document: Document,
    /// Why the document is not complete.
    pub loss: Option<Loss>,
    /// From the beginning of the call to the first piece that the model has said.
    pub first_token: Option<Duration>,
    /// The provider has said that this is all, though the connection might have said more.
    pub complete: bool,
}

impl Reader {
    /// For an answer with these headers; `most` bytes are kept of it at most.
    pub fn new(speech: Speech, content_type: &str, encoding: &str, budget: &Budget, most: usize) -> Self {
        let mode = match framing(content_type) {
            None => Mode::Whole(Kept::new(budget, most)),
            Some(framing) => Mode::Stream(Box::new(Stream::new(speech, framing, encoding, budget, most))),
        };
        Self { speech, encoding: encoding.to_owned(), most, mode }
    }

    /// A piece that came `after` the beginning of the call. Mostly it is only put by.
    pub fn feed(&mut self, piece: &Bytes, after: Duration) {
        match &mut self.mode {
            Mode::Stream(stream) => stream.put_by(piece, after),
            Mode::Whole(kept) => kept.push(piece),
        }
    }

    pub fn is_stream(&self) -> bool {
        matches!(&self.mode, Mode::Stream(_))
    }

    /// What was said; takes as long as parsing it does.
    pub fn finish(self) -> Heard {
        let kept = match self.mode {
            Mode::Stream(stream) => return stream.finish(),
            Mode::Whole(kept) => kept,
        };
        if let Some(loss) = kept.loss.clone() {
            return Heard { loss: Some(loss), ..Heard::default() };
        }
        let text = match decompress(&self.encoding, kept.whole(), self.most.saturating_mul(4)) {
            Ok(text) => text,
            Err(loss) => return Heard { loss: Some(loss), ..Heard::default() },
        };
        match Document::parse(&text) {
            Some(document) => Heard { document, ..Heard::default() },
            None if text.is_empty() => Heard::default(),
            None => unnamed_stream(self.speech, &text),
        }
    }
}

/// By the content type; `None` for what is no stream.
fn framing(content_type: &str) -> Option<Framing> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/event-stream" => Some(Framing::Events),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Framing::Lines),
        _ => None,
    }
}

/// Some servers stream under another content type, or the line of an error is no JSON at all.
fn unnamed_stream(speech: Speech, text: &[u8]) -> Heard {
    let framing = match text.first() {
        Some(b'{') => Framing::Lines,
        _ if text.starts_with(b"data:") || text.starts_with(b"event:") => Framing::Events,
        _ => return Heard { loss: Some(Loss::Unreadable), ..Heard::default() },
    };
    let budget = Budget::new(text.len());
    let mut stream = Stream::new(speech, framing, "", &budget, text.len());
    stream.feed(text, Duration::ZERO);
    let found = stream.story.events;
    let heard = Box::new(stream).finish();
    if found == 0 {
        return Heard { loss: Some(Loss::Unreadable), ..Heard::default() };
    }
    Heard { first_token: None, ..heard }
}

impl Stream {
    fn new(speech: Speech, framing: Framing, encoding: &str, budget: &Budget, most: usize) -> Self {
        let (decoder, loss) = match Decoder::of(encoding) {
            Ok(decoder) => (decoder, None),
            Err(loss) => (Decoder::Plain, Some(loss)),
        };
        let story = Story::new(speech, Gathered::new(Room::new(budget, most)));
        Self { decoder, frames: Frames::new(framing, most), story, unread: Unread::default(), loss }
    }

    fn put_by(&mut self, piece: &[u8], after: Duration) {
        if self.loss.is_some() {
            return;
        }
        self.unread.push(piece, after);
        if self.unread.is_enough() {
            self.catch_up();
        }
    }

    fn catch_up(&mut self) {
        let mut unread = std::mem::take(&mut self.unread);
        unread.take(|piece, after| self.feed(piece, after));
        // Its memory serves what comes next.
        self.unread = unread;
    }

    fn feed(&mut self, piece: &[u8], after: Duration) {
        if self.loss.is_some() {
            return;
        }
        let Self { decoder, frames, story, loss, .. } = self;
        let read = decoder.feed(piece, |part| {
            frames.feed(part, |message| story.message(message, after));
            Ok(())
        });
        *loss = read.err();
    }

    fn finish(mut self: Box<Self>) -> Heard {
        self.catch_up();
        let story = &mut self.story;
        if self.loss.is_none() {
            // What came last came before now.
            let last = story.last;
            self.frames.finish(|message| story.message(message, last));
        }
        let too_long = if self.frames.too_long { Some(Loss::Unreadable) } else { None };
        let loss = self.loss.or(too_long);
        self.story.finish(loss)
    }
}

/// What the events so far have told.
struct Story {
    speech: Speech,
    head: Document,
    choices: Choices,
    blocks: Blocks,
    items: Items,
    gathered: Gathered,
    first_token: Option<Duration>,
    last: Duration,
    complete: bool,
    events: u64,
}

impl Story {
    fn new(speech: Speech, gathered: Gathered) -> Self {
        Self {
            speech,
            head: Document::default(),
            choices: Choices::default(),
            blocks: Blocks::default(),
            items: Items::default(),
            gathered,
            first_token: None,
            last: Duration::ZERO,
            complete: false,
            events: 0,
        }
    }

    fn message(&mut self, message: &[u8], after: Duration) {
        self.last = after;
        if message == b"[DONE]" {
            self.complete = true;
            return;
        }
        let Some(event) = Document::parse(message) else { return };
        self.events += 1;
        let said = match self.speech {
            Speech::Messages => self.of_anthropic(event),
            Speech::Responses => self.of_responses(event),
            Speech::OllamaChat | Speech::OllamaGenerate => {
                self.head.merge_head(&event);
                self.complete |= event.done == Value::Bool(true);
                self.choices.line(&event, &mut self.gathered)
            }
            Speech::Chat | Speech::Completions | Speech::Embeddings | Speech::Images => {
                self.head.merge_head(&event);
                self.choices.chunk(&event, &mut self.gathered)
            }
        };
        if said && self.first_token.is_none() {
            self.first_token = Some(after);
        }
    }

    fn of_anthropic(&mut self, event: Document) -> bool {
        match event.kind() {
            "message_start" => {
                if let Some(head) = Document::inner(event.message) {
                    self.head.merge_head(&head);
                }
                false
            }
            "message_delta" => {
                self.head.merge_head(&event);
                if let Some(reason) = event.delta.get("stop_reason").filter(|reason| reason.is_string()) {
                    self.head.stop_reason = reason.clone();
                }
                false
            }
            "message_stop" => {
                self.complete = true;
                false
            }
            "error" => {
                self.head.error = event.error;
                false
            }
            _ => self.blocks.event(&event, &mut self.gathered),
        }
    }

    fn of_responses(&mut self, event: Document) -> bool {
        match event.kind() {
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                self.complete = true;
                if let Some(whole) = Document::inner(event.response) {
                    self.head.merge_head(&whole);
                    self.head.status = whole.status;
                    self.head.incomplete_details = whole.incomplete_details;
                    if whole.output.as_array().is_some_and(|output| !output.is_empty()) {
                        // The same once more, and complete.
                        self.items = Items::default();
                        self.head.output = whole.output;
                    }
                }
                false
            }
            "response.created" | "response.in_progress" | "response.queued" => {
                if let Some(head) = Document::inner(event.response) {
                    self.head.merge_head(&head);
                }
                false
            }
            "error" => {
                // Flat in this API, nested in proxies that imitate it.
                self.head.error = if event.error.is_null() { event.message } else { event.error };
                false
            }
            _ => self.items.event(&event, &mut self.gathered),
        }
    }

    fn finish(self, loss: Option<Loss>) -> Heard {
        let mut document = self.head;
        match self.speech {
            Speech::Messages => document.content = self.blocks.into_content(),
            Speech::Responses if document.output.is_null() => document.output = self.items.into_output(),
            Speech::Responses => {}
            _ => document.choices = self.choices.into_choices(),
        }
        Heard { document, loss: loss.or(self.gathered.loss), first_token: self.first_token, complete: self.complete }
    }
}

#[cfg(test)]
mod tests;
