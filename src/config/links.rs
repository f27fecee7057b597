//! `[links]`: where other programs at home have their pages, so that a trace leads there.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinksConfig {
    /// Address of n8n's editor as a browser reaches it, e.g. `https://n8n.lan`: a trace leads to its execution there.
    pub n8n: Option<String>,
}

impl LinksConfig {
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let Some(base) = &self.n8n else { return Vec::new() };
        let rest = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let odd = |letter: char| letter.is_whitespace() || letter.is_control() || "\"'<>\\?#@".contains(letter);
        if !host.is_empty() && !base.contains(odd) {
            return Vec::new();
        }
        let fault = format!(
            "{base:?} is no address of a page: write it as a browser shows it, like https://n8n.lan, without anything behind the path"
        );
        vec![("links.n8n", fault)]
    }

    /// The page of an execution in n8n.
    pub fn n8n_execution(&self, workflow: &str, execution: &str) -> Option<String> {
        let plain =
            |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let base = self.n8n.as_deref()?.trim_end_matches('/');
        (plain(workflow) && plain(execution)).then(|| format!("{base}/workflow/{workflow}/executions/{execution}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(base: &str) -> LinksConfig {
        LinksConfig { n8n: Some(base.into()) }
    }

    #[test]
    fn an_execution_has_a_page() {
        let page = links("https://n8n.lan/flows/").n8n_execution("capWf01", "17");
        assert_eq!(page.as_deref(), Some("https://n8n.lan/flows/workflow/capWf01/executions/17"));
        assert_eq!(links("https://n8n.lan").n8n_execution("../x", "17"), None);
        assert_eq!(LinksConfig::default().n8n_execution("w", "17"), None);
    }

    #[test]
    fn only_pages_are_led_to() {
        for base in ["https://n8n.lan", "http://10.0.0.7:5678/n8n"] {
            assert_eq!(links(base).faults(), []);
        }
        for base in
            ["n8n.lan", "javascript:alert(1)", "https://", "https://a b", "https://n8n.lan?x=1", "ftp://n8n.lan"]
        {
            let faults = links(base).faults();
            assert_eq!(faults.len(), 1, "{base}");
            assert!(faults[0].1.contains("https://n8n.lan"), "{faults:?}");
        }
    }
}
