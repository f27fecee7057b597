//! What to do about a call without an amount, from the reason that was kept with it.

/// What helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// A price of one's own: `prices.toml`, `tracemeter prices set`, or the form on the page.
    SetPrice,
    /// A rule of `[[local]]`, or a price of one's own.
    Rule,
    /// A machine at home could not be metered, or its share of time is still to be worked out.
    Machine,
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
            _ if reason.starts_with("runs locally") => Self::Rule,
            _ if reason.starts_with("no reading") || reason.starts_with("its share of the machine") => Self::Machine,
            _ => Self::SetPrice,
        }
    }

    /// One sentence for the user.
    pub fn text(self) -> &'static str {
        match self {
            Self::SetPrice => "set a price: on the Cost tab of such a call, or with `tracemeter prices set`",
            Self::Rule => {
                "say what it costs in a [[local]] rule of the configuration (docs/local-models.md), or set a price"
            }
            Self::Machine => "the Health page says whether the machine's meter answers; `watts` in its rule stands in",
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
            ("runs locally at gpu.lan; no [[local]] rule for model \"x\"", Remedy::Rule),
            ("no reading of the watts of machine \"box\"", Remedy::Machine),
            ("unknown model \"x\" (no provider told)", Remedy::SetPrice),
            ("the price table has no output price for \"x\" of y", Remedy::SetPrice),
        ] {
            assert_eq!(Remedy::for_reason(reason), remedy, "{reason}");
        }
    }
}
