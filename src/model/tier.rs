//! The class of service a provider was asked for: it changes the price, not the answer.

/// What is not one of these costs the standard price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceTier {
    Standard,
    /// Answered within a day, for about half.
    Batch,
    /// Answered when there is room.
    Flex,
    Priority,
    /// The same model at a higher speed (Anthropic's `speed: fast`, OpenAI's `fast`).
    Fast,
}

impl ServiceTier {
    pub const ALL: [Self; 5] = [Self::Standard, Self::Batch, Self::Flex, Self::Priority, Self::Fast];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Batch => "batch",
            Self::Flex => "flex",
            Self::Priority => "priority",
            Self::Fast => "fast",
        }
    }

    /// From the word of a provider: `default`, `standard`, `on_demand` and `scale` (capacity that is paid apart) are
    /// the standard; `auto` leaves the choice to the provider, and unknown words tell nothing.
    pub fn from_name(word: &str) -> Option<Self> {
        let is = |known: &str| word.eq_ignore_ascii_case(known);
        let standard = ["default", "standard", "standard_only", "on_demand", "scale", "normal"];
        if standard.into_iter().any(is) {
            return Some(Self::Standard);
        }
        Self::ALL.into_iter().find(|tier| is(tier.as_str())).or_else(|| is("batches").then_some(Self::Batch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_providers() {
        for (word, tier) in [
            ("default", Some(ServiceTier::Standard)),
            ("Flex", Some(ServiceTier::Flex)),
            ("priority", Some(ServiceTier::Priority)),
            ("batch", Some(ServiceTier::Batch)),
            ("fast", Some(ServiceTier::Fast)),
            ("auto", None),
            ("x", None),
        ] {
            assert_eq!(ServiceTier::from_name(word), tier, "{word}");
        }
    }
}
