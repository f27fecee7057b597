//! Whose work a span is: the dimensions by which cost and errors are grouped.

/// Every field is `None` when no attribute of the span or its resource tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attribution {
    pub environment: Option<String>,
    pub feature: Option<String>,
    pub team: Option<String>,
    pub prompt_name: Option<String>,
    pub prompt_version: Option<String>,
    pub session: Option<String>,
    pub user: Option<String>,
    /// The workflow of n8n, Dify, LangFlow or a framework's own.
    pub workflow: Option<String>,
    /// The node or step inside the workflow.
    pub node: Option<String>,
    pub agent: Option<String>,
    pub tags: Vec<String>,
}
