//! From the figures a client reports to disjoint token buckets.
//!
//! Clients disagree on one thing above all: whether the input figure already holds cached tokens, and the output
//! figure reasoning tokens. Each dialect says it in its table; a figure that contradicts the table (a part
//! larger than its whole) shows that the client means the other thing, and is read so.

use crate::interpret::attributes::Attributes;
use crate::model::TokenUsage;

/// How a part (cached, reasoning) relates to the whole (input, output).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Share {
    /// The whole includes the part.
    #[default]
    Inside,
    /// The part comes on top of the whole.
    Beside,
}

/// What one call's client said, before it is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reported {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub cache_read: Option<u64>,
    /// All that was written, whatever its lifetime.
    pub cache_write: Option<u64>,
    /// The part of it that lives an hour.
    pub cache_write_1h: Option<u64>,
    pub reasoning: Option<u64>,
    pub audio_input: Option<u64>,
    pub audio_output: Option<u64>,
    pub image_input: Option<u64>,
    pub image_output: Option<u64>,
    pub cache: Share,
    pub reasons: Share,
}

/// More than any call can hold (a million millions): such a figure is a mistake and is taken as not told, and sums of
/// those below it cannot overflow.
const MOST: u64 = 1_000_000_000_000;

impl Reported {
    /// `None` when neither input nor output was told: unknown, not zero.
    pub fn buckets(&self) -> Option<TokenUsage> {
        let told = self.plausible();
        if told.input.is_none() && told.output.is_none() {
            return None;
        }
        let mut usage = TokenUsage::default();
        told.split_input(&mut usage);
        told.split_output(&mut usage);
        Some(usage)
    }

    fn plausible(self) -> Self {
        let checked = |figure: Option<u64>| figure.filter(|tokens| *tokens <= MOST);
        Self {
            input: checked(self.input),
            output: checked(self.output),
            cache_read: checked(self.cache_read),
            cache_write: checked(self.cache_write),
            cache_write_1h: checked(self.cache_write_1h),
            reasoning: checked(self.reasoning),
            audio_input: checked(self.audio_input),
            audio_output: checked(self.audio_output),
            image_input: checked(self.image_input),
            image_output: checked(self.image_output),
            ..self
        }
    }

    fn split_input(&self, usage: &mut TokenUsage) {
        let input = self.input.unwrap_or(0);
        usage.cache_read = self.cache_read.unwrap_or(0);
        usage.cache_write_1h = self.cache_write_1h.unwrap_or(0);
        // Without a lifetime five minutes are assumed, the default of the only provider that has two.
        usage.cache_write_5m = self.cache_write.unwrap_or(0).saturating_sub(usage.cache_write_1h);
        let cached = usage.cache_read + usage.cache_write();
        let mut rest = match self.cache {
            Share::Inside if cached <= input => input - cached,
            _ => input,
        };
        // Providers count sound and images into the input figure. Cached sound would be taken off twice, so it
        // may take no more than is left.
        usage.audio_input = take(&mut rest, self.audio_input);
        usage.image_input = take(&mut rest, self.image_input);
        usage.input = rest;
    }

    fn split_output(&self, usage: &mut TokenUsage) {
        let output = self.output.unwrap_or(0);
        usage.reasoning = self.reasoning.unwrap_or(0);
        let mut rest = match self.reasons {
            Share::Inside if usage.reasoning <= output => output - usage.reasoning,
            _ => output,
        };
        usage.audio_output = take(&mut rest, self.audio_output);
        usage.image_output = take(&mut rest, self.image_output);
        usage.output = rest;
    }
}

fn take(rest: &mut u64, part: Option<u64>) -> u64 {
    let taken = part.unwrap_or(0).min(*rest);
    *rest -= taken;
    taken
}

/// The attribute names of one dialect. Names of one row mean the same figure: the largest is taken, never the sum.
#[derive(Debug)]
pub struct Names {
    pub input: &'static [&'static str],
    pub output: &'static [&'static str],
    pub cache_read: &'static [&'static str],
    pub cache_write: &'static [&'static str],
    pub cache_write_1h: &'static [&'static str],
    pub reasoning: &'static [&'static str],
    pub audio_input: &'static [&'static str],
    pub audio_output: &'static [&'static str],
    pub image_input: &'static [&'static str],
    pub image_output: &'static [&'static str],
}

impl Names {
    pub const NONE: Self = Self {
        input: &[],
        output: &[],
        cache_read: &[],
        cache_write: &[],
        cache_write_1h: &[],
        reasoning: &[],
        audio_input: &[],
        audio_output: &[],
        image_input: &[],
        image_output: &[],
    };

    /// `None` when neither input nor output stands under any of the names.
    pub fn read(&self, attributes: &Attributes<'_>, cache: Share, reasons: Share) -> Option<Reported> {
        let reported = Reported {
            input: attributes.max_uint(self.input),
            output: attributes.max_uint(self.output),
            cache_read: attributes.max_uint(self.cache_read),
            cache_write: attributes.max_uint(self.cache_write),
            cache_write_1h: attributes.max_uint(self.cache_write_1h),
            reasoning: attributes.max_uint(self.reasoning),
            audio_input: attributes.max_uint(self.audio_input),
            audio_output: attributes.max_uint(self.audio_output),
            image_input: attributes.max_uint(self.image_input),
            image_output: attributes.max_uint(self.image_output),
            cache,
            reasons,
        };
        (reported.input.is_some() || reported.output.is_some()).then_some(reported)
    }
}

#[cfg(test)]
mod tests;
