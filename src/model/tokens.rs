//! Token counts in disjoint buckets, so that cost is a plain sum over buckets.

/// What one call consumed. No token is in two buckets; a client's inclusive figures are split on arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct TokenUsage {
    /// Prompt tokens that were not read from or written to a cache, without audio and image tokens.
    pub input: u64,
    pub cache_read: u64,
    /// Written to a cache that lives 5 minutes, or whose lifetime was not told.
    pub cache_write_5m: u64,
    pub cache_write_1h: u64,
    /// Completion tokens without reasoning, audio and images.
    pub output: u64,
    pub reasoning: u64,
    pub audio_input: u64,
    pub audio_output: u64,
    pub image_input: u64,
    pub image_output: u64,
}

impl TokenUsage {
    pub fn cache_write(&self) -> u64 {
        self.cache_write_5m + self.cache_write_1h
    }

    /// Everything that went in, cached or not.
    pub fn input_total(&self) -> u64 {
        self.input + self.cache_read + self.cache_write() + self.audio_input + self.image_input
    }

    /// Everything that came out, reasoning included.
    pub fn output_total(&self) -> u64 {
        self.output + self.reasoning + self.audio_output + self.image_output
    }

    pub fn total(&self) -> u64 {
        self.input_total() + self.output_total()
    }
}

impl std::ops::AddAssign for TokenUsage {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.cache_read += other.cache_read;
        self.cache_write_5m += other.cache_write_5m;
        self.cache_write_1h += other.cache_write_1h;
        self.output += other.output;
        self.reasoning += other.reasoning;
        self.audio_input += other.audio_input;
        self.audio_output += other.audio_output;
        self.image_input += other.image_input;
        self.image_output += other.image_output;
    }
}
