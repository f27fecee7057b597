//! A provider's bill beside what we know: reads the CSV exports of OpenAI and Anthropic, and compares them by day and
//! model. Pure.
//!
//! Column names are those that the exports of the consoles had in 2026 (`forms.rs` names the source of each). Columns may
//! stand in any order, unknown ones are passed over, and every line that cannot be read is told by its number.

mod compare;
mod csv;
mod forms;
mod names;

use crate::model::{Day, NanoUsd, UnixNanos};

pub use compare::{Compared, Ours, Report, Standing, Totals, compare};
pub use names::key;

/// Lines of a file at most.
const MOST_LINES: usize = 200_000;

/// Faults that are told one by one.
const MOST_FAULTS: usize = 100;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    #[error("the file is empty: export it again from the provider's usage or cost page")]
    Empty,
    #[error("the file is not UTF-8 text: export it as CSV, not as a spreadsheet")]
    NotText,
    #[error("the columns {0} are of no export that is known: take the cost or usage CSV of OpenAI or Anthropic")]
    Unknown(String),
    #[error("the file has more than {MOST_LINES} lines: export a shorter time")]
    TooLong,
    #[error("none of the {lines} lines could be read; line {first}: {why}")]
    Unreadable { lines: usize, first: usize, why: String },
}

/// Which export a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    OpenAiCost,
    OpenAiUsage,
    AnthropicCost,
    AnthropicUsage,
}

impl Form {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiCost => "OpenAI cost export",
            Self::OpenAiUsage => "OpenAI usage export",
            Self::AnthropicCost => "Anthropic cost export",
            Self::AnthropicUsage => "Anthropic usage export",
        }
    }

    /// As calls name it.
    pub fn provider(self) -> &'static str {
        match self {
            Self::OpenAiCost | Self::OpenAiUsage => "openai",
            Self::AnthropicCost | Self::AnthropicUsage => "anthropic",
        }
    }
}

/// Tokens in disjoint kinds, as far as bills tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Neither read from nor written to a cache.
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// Reasoning included.
    pub output: u64,
}

impl Tokens {
    pub fn total(&self) -> u64 {
        [self.input, self.cache_read, self.cache_write, self.output].into_iter().fold(0, u64::saturating_add)
    }

    pub(crate) fn add(&mut self, more: &Self) {
        self.input = self.input.saturating_add(more.input);
        self.cache_read = self.cache_read.saturating_add(more.cache_read);
        self.cache_write = self.cache_write.saturating_add(more.cache_write);
        self.output = self.output.saturating_add(more.output);
    }
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub day: Day,
    /// `None` where the export is not split by model, or the charge is for something else.
    pub model: Option<String>,
    pub requests: Option<u64>,
    pub tokens: Option<Tokens>,
    pub cost: Option<NanoUsd>,
    /// How far off the amount may be because it was rounded.
    pub rounding: NanoUsd,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1, the head being the first.
    pub line: usize,
    pub why: String,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoice {
    pub form: Form,
    pub lines: Vec<Line>,
    /// The first hundred.
    pub faults: Vec<Fault>,
    pub fault_count: usize,
    /// Columns that were passed over.
    pub unused_columns: Vec<String>,
}

impl Invoice {
    /// # Errors
    /// When it is none of the exports we know, or nothing of it can be read.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(|_| Error::NotText)?;
        let mut records = csv::Records::of(text.trim_start_matches('\u{feff}'));
        let (_, head) = records.next().ok_or(Error::Empty)?;
        let columns: Vec<String> = head.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        let reader = forms::Reader::of(&columns).ok_or_else(|| Error::Unknown(columns.join(", ")))?;
        let mut invoice = Self {
            form: reader.form,
            lines: Vec::new(),
            faults: Vec::new(),
            fault_count: 0,
            unused_columns: reader.unused(&columns),
        };
        let mut count = 0;
        for (line, record) in records {
            count += 1;
            if count > MOST_LINES {
                return Err(Error::TooLong);
            }
            match reader.line(&record) {
                Ok(Some(read)) => invoice.lines.push(read),
                Ok(None) => {}
                Err(why) => invoice.note(Fault { line, why }),
            }
        }
        match invoice.faults.first().filter(|_| invoice.lines.is_empty()) {
            Some(Fault { line, why }) => Err(Error::Unreadable { lines: count, first: *line, why: why.clone() }),
            None => Ok(invoice),
        }
    }

    /// From the start of its first day to the end of its last one; `None` when it has no line.
    pub fn range(&self) -> Option<(UnixNanos, UnixNanos)> {
        let days = || self.lines.iter().map(|line| line.day);
        Some((days().min()?.start(), days().max()?.end()))
    }

    fn note(&mut self, fault: Fault) {
        self.fault_count += 1;
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }
}

#[cfg(test)]
mod tests;
