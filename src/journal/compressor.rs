//! Compresses chunks before they are committed: thoroughly while little comes, quickly while much does.
//!
//! Every frame has its content size and a checksum, so that a damaged chunk is recognised.

use std::time::{Duration, Instant};

use zstd::bulk;

use crate::config::JournalConfig;

/// The packing thread is calm when it waited for a group so many times as long as it compressed the one before. Thoroughness
/// then takes a fourth of its time at most, and who compresses without a pause finds the quicker level.
const CALM: u32 = 3;

/// Compresses for one thread.
pub(super) struct Compressor {
    hurried: i32,
    calm: i32,
    level: i32,
    /// Spent on the group at hand.
    took: Duration,
    /// Made for the first chunk, and anew after a failure.
    context: Option<bulk::Compressor<'static>>,
}

impl Compressor {
    pub(super) fn new(config: &JournalConfig) -> Self {
        let hurried = config.compression_level;
        // Who asks for more under load wants no less at rest.
        let calm = config.calm_compression_level.max(hurried);
        Self { hurried, calm, level: calm, took: Duration::ZERO, context: None }
    }

    /// A group begins, for which the thread waited so long.
    pub(super) fn begin(&mut self, waited: Duration) {
        self.level = if waited >= self.took * CALM { self.calm } else { self.hurried };
        self.took = Duration::ZERO;
    }

    /// # Errors
    /// What zstd says: there was no memory, as a rule.
    pub(super) fn compress(&mut self, body: &[u8]) -> std::io::Result<Vec<u8>> {
        let began = Instant::now();
        let mut context = match self.context.take() {
            Some(mut context) => {
                context.set_compression_level(self.level)?;
                context
            }
            None => context(self.level)?,
        };
        let compressed = context.compress(body)?;
        self.context = Some(context);
        self.took += began.elapsed();
        Ok(compressed)
    }
}

/// One chunk alone, in a hurry.
///
/// # Errors
/// What zstd says.
pub(super) fn compress_one(body: &[u8]) -> std::io::Result<Vec<u8>> {
    context(1)?.compress(body)
}

fn context(level: i32) -> std::io::Result<bulk::Compressor<'static>> {
    let mut context = bulk::Compressor::new(level)?;
    context.include_checksum(true)?;
    context.include_contentsize(true)?;
    Ok(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn frame(level: i32, body: &[u8]) -> Vec<u8> {
        context(level).and_then(|mut context| context.compress(body)).expect("compresses")
    }

    #[test]
    fn is_thorough_after_a_rest_and_quick_without_one() {
        // Words in an order that repeats late: levels differ in what they find.
        let words: Vec<String> = (0..40_000_u64).map(|n| format!("word{} ", n.pow(3) % 1009)).collect();
        let body = words.concat().into_bytes();
        let (quick, thorough) = (frame(3, &body), frame(6, &body));
        assert!(thorough.len() < quick.len(), "{} {}", thorough.len(), quick.len());
        let mut compressor = Compressor::new(&JournalConfig::default());
        for (waited, expected) in
            [(Duration::ZERO, &thorough), (Duration::ZERO, &quick), (LONG, &thorough), (Duration::ZERO, &quick)]
        {
            // Nothing was compressed before the first group, so nothing is a rest.
            compressor.begin(waited);
            let compressed = compressor.compress(&body).expect("compresses");
            assert!(compressed == *expected, "after {waited:?}");
            assert_eq!(zstd::decode_all(&*compressed).expect("reads back"), body);
        }
    }

    #[test]
    fn a_level_for_loads_that_is_higher_holds_at_rest_too() {
        let config = JournalConfig { compression_level: 9, calm_compression_level: 2, ..JournalConfig::default() };
        let mut compressor = Compressor::new(&config);
        compressor.begin(LONG);
        let body = b"a chunk ".repeat(3000);
        assert_eq!(compressor.compress(&body).expect("compresses"), frame(9, &body));
    }
}
