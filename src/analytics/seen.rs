//! Which traces may be in the table already: spares new traces, which are most, the look-up.
//!
//! A Bloom filter: it may say yes for a trace that is not there, never no for one that is.

use duckdb::Connection;

/// Bits per trace and number of probes: 1 % false yes at the size it is made for.
const BITS_PER_TRACE: usize = 10;
const PROBES: u32 = 7;

#[derive(Debug)]
pub(super) struct Seen {
    words: Vec<u64>,
    /// Traces added; beyond `capacity` the filter answers yes too often.
    count: usize,
    capacity: usize,
}

impl Seen {
    /// Smallest size: 64 Ki traces in 80 KiB.
    const LEAST: usize = 1 << 16;

    /// With the traces that are stored, and those that have moved to others.
    pub(super) fn read(connection: &Connection) -> duckdb::Result<Self> {
        let count: u64 = connection.query_row("SELECT count(*) FROM trace", [], |row| row.get(0))?;
        let mut seen = Self::for_traces(usize::try_from(count).unwrap_or(usize::MAX / 2));
        let mut statement = connection.prepare("SELECT trace_id FROM trace UNION ALL SELECT trace_id FROM joined")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            seen.add(row.get(0)?);
        }
        tracing::debug!(traces = seen.count(), "the loader knows the traces stored so far");
        Ok(seen)
    }

    /// For `count` traces and as many again.
    pub(super) fn for_traces(count: usize) -> Self {
        let capacity = (2 * count).max(Self::LEAST);
        Self { words: vec![0; (capacity * BITS_PER_TRACE).div_ceil(64)], count: 0, capacity }
    }

    /// Whether it should be made again with more room.
    pub(super) fn is_full(&self) -> bool {
        self.count > self.capacity
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn add(&mut self, trace: u128) {
        if self.may_contain(trace) {
            return;
        }
        for bit in self.bits(trace) {
            self.words[bit / 64] |= 1 << (bit % 64);
        }
        self.count += 1;
    }

    pub(super) fn may_contain(&self, trace: u128) -> bool {
        self.bits(trace).all(|bit| self.words[bit / 64] >> (bit % 64) & 1 == 1)
    }

    /// Trace ids are random as a rule, but a client that counts up must not hurt: both halves are mixed
    /// (finaliser of SplitMix64) and probed by double hashing.
    fn bits(&self, trace: u128) -> impl Iterator<Item = usize> + use<> {
        let total = self.words.len() as u64 * 64;
        let first = mix(trace as u64);
        let second = mix((trace >> 64) as u64 ^ first) | 1;
        (0..PROBES).map(move |probe| (first.wrapping_add(second.wrapping_mul(u64::from(probe))) % total) as usize)
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_forgets_and_seldom_imagines() {
        let mut seen = Seen::for_traces(0);
        (0..50_000_u128).for_each(|trace| seen.add(trace));
        assert!((0..50_000_u128).all(|trace| seen.may_contain(trace)));
        let imagined = (1_000_000..1_010_000_u128).filter(|trace| seen.may_contain(*trace)).count();
        assert!(imagined < 300, "{imagined} of 10000 unknown traces were taken for known");
        assert!(!seen.is_full());
    }
}
