//! Text that compresses like prose: words of an invented language, used as often as Zipf's law says.

/// Words of the language. With this many, zstd level 1 shrinks a page about as it shrinks a page of English.
const WORDS: usize = 4_000;

const SYLLABLES: [&str; 40] = [
    "an", "ber", "cor", "da", "el", "fi", "gra", "hol", "in", "ju", "ka", "lo", "mar", "ne", "or", "pe", "qui", "ra",
    "ser", "ta", "un", "ver", "wi", "xo", "ya", "zel", "tion", "ment", "al", "ing", "er", "ly", "ous", "est", "re",
    "con", "pro", "de", "sub", "ter",
];

/// A small generator of numbers (SplitMix64): the same seed gives the same traffic on every machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// From 0 up to, not including, 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[derive(Debug)]
pub struct Language {
    words: Vec<String>,
}

impl Language {
    pub fn new() -> Self {
        let mut dice = Dice::new(7);
        let words = (0..WORDS).map(|rank| {
            // Frequent words are short.
            let syllables = 1 + usize::from(rank > 60) + usize::from(rank > 900) + dice.below(2);
            (0..syllables).map(|_| SYLLABLES[dice.below(SYLLABLES.len())]).collect()
        });
        Self { words: words.collect() }
    }

    /// About `bytes` bytes of sentences.
    pub fn prose(&self, dice: &mut Dice, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 16);
        let mut left_in_sentence = 0;
        while text.len() < bytes {
            // Inverse of the distribution 1/rank: ranks spread evenly on a logarithmic scale.
            let rank = (WORDS as f64).powf(dice.share()) as usize - 1;
            let word = &self.words[rank.min(WORDS - 1)];
            if left_in_sentence == 0 {
                left_in_sentence = 6 + dice.below(14);
                text.push_str(if text.is_empty() { "" } else { ". " });
                text.push_str(&word[..1].to_ascii_uppercase());
                text.push_str(&word[1..]);
            } else {
                text.push(' ');
                text.push_str(word);
            }
            left_in_sentence -= 1;
        }
        text.push('.');
        text
    }
}
