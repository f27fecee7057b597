//! What to do about a call without an amount, from the reason that was kept with it.

/// What helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// A price of one's own: `prices.toml`, `tracemeter prices set`, or the form on the page.
    SetPrice,
    /// The client must send how many tokens were used.
    SendUsage,
    /// The client must name the model.
    NameModel,
    /// Nothing is wrong: a call that failed before it used tokens is not billed.
    Nothing,
}

impl Remedy {
    /// For a reason as [`crate::model::CostBasis::Unknown`] holds it.
    pub fn for_reason(reason: &str) -> Self {
        match reason {
            "no token counts" => Self::SendUsage,
            "the call failed" => Self::Nothing,
            "no model name" => Self::NameModel,
            _ => Self::SetPrice,
        }
    }

    /// One sentence for the user.
    pub fn text(self) -> &'static str {
        match self {
            Self::SetPrice => "set a price: on the Cost tab of such a call, or with `tracemeter prices set`",
            Self::SendUsage => {
                "let the client send token counts; OpenAI streams need stream_options = {\"include_usage\": true}"
            }
            Self::NameModel => "let the client send gen_ai.request.model or gen_ai.response.model",
            Self::Nothing => "nothing is to be done: a call that failed is mostly not billed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_lead_to_remedies() {
        for (reason, remedy) in [
            ("no token counts", Remedy::SendUsage),
            ("no model name", Remedy::NameModel),
            ("the call failed", Remedy::Nothing),
            ("unknown model \"x\" (no provider told)", Remedy::SetPrice),
            ("the price table has no output price for \"x\" of y", Remedy::SetPrice),
        ] {
            assert_eq!(Remedy::for_reason(reason), remedy, "{reason}");
        }
    }
}
