//! `[cost]`: which amount counts when there are two, and the currency in which amounts are shown.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CostConfig {
    pub prefer: CostPreference,
    /// Other preferences for some clients; the first that fits counts.
    pub client: Vec<ClientCost>,
    /// In which amounts are shown, an ISO 4217 code. What is kept and exported stays in US dollars. Default `USD`.
    pub currency: String,
    /// How many units of the currency one US dollar is. Default 1.
    pub rate: f64,
    /// What a calendar month may cost in US dollars: the overview says how much of it is used. None when absent.
    pub budget_usd_per_month: Option<f64>,
    /// From where `tracemeter prices refresh` takes a newer table when it is not told. Nothing else fetches it.
    pub prices_url: Option<String>,
}

impl Default for CostConfig {
    fn default() -> Self {
        Self {
            prefer: CostPreference::default(),
            client: Vec::new(),
            currency: "USD".to_owned(),
            rate: 1.0,
            budget_usd_per_month: None,
            prices_url: None,
        }
    }
}

/// A client may report a cost of its own; both are kept, this one enters totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CostPreference {
    /// Ours from tokens and prices; the client's only where we have none. Default.
    #[default]
    Computed,
    /// The client's; ours where it sent none.
    Reported,
}

/// `[[cost.client]]`: a preference for the calls of some clients.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCost {
    /// `service.name` of the client; `*` at the end stands for anything.
    pub service: Option<String>,
    /// The dialect as a span's page names it, e.g. `litellm`, `claude_code_log`.
    pub dialect: Option<String>,
    pub prefer: CostPreference,
}

impl ClientCost {
    fn fits(&self, service: &str, dialect: &str) -> bool {
        let named = |wanted: &str| match wanted.strip_suffix('*') {
            Some(begin) => service.starts_with(begin),
            None => service == wanted,
        };
        self.service.as_deref().is_none_or(named) && self.dialect.as_deref().is_none_or(|wanted| wanted == dialect)
    }
}

impl CostConfig {
    /// Which amount counts for calls of this client.
    pub fn preference(&self, service: &str, dialect: &str) -> CostPreference {
        self.client.iter().find(|client| client.fits(service, dialect)).map_or(self.prefer, |client| client.prefer)
    }

    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        if !(self.currency.len() == 3 && self.currency.bytes().all(|byte| byte.is_ascii_uppercase())) {
            faults.push(("cost.currency", format!("{:?} must be three capital letters such as EUR", self.currency)));
        }
        if !(self.rate.is_finite() && self.rate > 0.0) {
            faults.push(("cost.rate", format!("{} must be above 0: how many units one US dollar is", self.rate)));
        } else if self.currency != "USD" && self.rate == 1.0 {
            let text = format!("say how many {} one US dollar is, such as 0.92", self.currency);
            faults.push(("cost.rate", text));
        } else if self.currency == "USD" && self.rate != 1.0 {
            faults.push(("cost.currency", "name the currency that cost.rate leads to, such as EUR".to_owned()));
        }
        if let Some(budget) = self.budget_usd_per_month.filter(|budget| !(budget.is_finite() && *budget > 0.0)) {
            let text = format!("{budget} must be above 0: US dollars for a month, or leave it out");
            faults.push(("cost.budget_usd_per_month", text));
        }
        if self.client.iter().any(|client| client.service.is_none() && client.dialect.is_none()) {
            faults.push(("cost.client", "each needs service or dialect; for all clients set cost.prefer".to_owned()));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_client_that_fits_decides() {
        let client = |service: Option<&str>, dialect: Option<&str>, prefer| ClientCost {
            service: service.map(Into::into),
            dialect: dialect.map(Into::into),
            prefer,
        };
        let (computed, reported) = (CostPreference::Computed, CostPreference::Reported);
        let clients = vec![
            client(Some("proxy-test"), None, computed),
            client(Some("proxy*"), Some("litellm"), reported),
            client(None, Some("openlit"), reported),
        ];
        let config = CostConfig { client: clients, ..CostConfig::default() };
        assert!(config.faults().is_empty());
        assert_eq!(config.preference("proxy-test", "litellm"), computed);
        assert_eq!(config.preference("proxy-2", "litellm"), reported);
        assert_eq!(config.preference("proxy-2", "otel_genai"), computed);
        assert_eq!(config.preference("x", "openlit"), reported);
    }

    #[test]
    fn currency_and_rate_belong_together() {
        let keys = |currency: &str, rate| {
            let config = CostConfig { currency: currency.into(), rate, ..CostConfig::default() };
            config.faults().into_iter().map(|(key, _)| key).collect::<Vec<_>>()
        };
        assert!(keys("EUR", 0.92).is_empty() && keys("USD", 1.0).is_empty());
        assert_eq!(keys("EUR", 1.0), ["cost.rate"]);
        assert_eq!(keys("USD", 0.92), ["cost.currency"]);
        assert_eq!(keys("euro", -1.0), ["cost.currency", "cost.rate"]);
    }

    #[test]
    fn a_budget_is_an_amount_or_absent() {
        let faults = |budget| CostConfig { budget_usd_per_month: budget, ..CostConfig::default() }.faults().len();
        assert_eq!([None, Some(50.0), Some(0.0), Some(-1.0), Some(f64::NAN)].map(faults), [0, 0, 1, 1, 1]);
    }
}
