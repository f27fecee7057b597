//! Whose work a span is: precedence lists per dimension, the configured keys first.
//!
//! Each key is looked up on the span, then on its resource. `service.name` is no substitute for a feature:
//! the service is a dimension of its own.

use std::borrow::Cow;

use super::{Dialect, RawSpan};
use crate::config::AttributionConfig;
use crate::interpret::Subject;
use crate::interpret::attributes::{Attributes, scalar_text};
use crate::model::otlp::{KeyValue, any_value};
use crate::model::{Attribution, SpanKind};

const ENVIRONMENT: &[&str] = &[
    "langfuse.environment",
    "deployment.environment.name",
    "deployment.environment",
    "gen_ai.environment",
    "langsmith.metadata.environment",
];
/// Where somebody named the feature.
const FEATURE: &[&str] = &[
    "ai.feature",
    "traceloop.association.properties.feature",
    "ai.telemetry.metadata.feature",
    "langfuse.trace.metadata.feature",
    "langsmith.metadata.feature",
    // Dify's app.
    "langfuse.trace.metadata.app_name",
];
/// Names of the part of the program at work, the next best thing.
const FEATURE_IMPLIED: &[&str] = &[
    "ai.telemetry.functionId",
    "gen_ai.agent.name",
    "gen_ai.workflow.name",
    "traceloop.workflow.name",
    // Dify calls all its traces `message` or `workflow`.
    "langfuse.trace.metadata.app_id",
    "langfuse.trace.name",
    "n8n.workflow.name",
    "langflow.flow_name",
    "flow_name",
    "workflow_name",
    "dify.app_id",
    "gen_ai.application_name",
];
const TEAM: &[&str] = &[
    "ai.team",
    "litellm.team.alias",
    "litellm.team.id",
    "metadata.user_api_key_team_alias",
    "metadata.user_api_key_team_id",
    "traceloop.association.properties.team",
    "traceloop.association.properties.customer_id",
    "traceloop.association.properties.tenant_id",
    "langsmith.metadata.team",
    "langfuse.trace.metadata.team",
    "dify.tenant_id",
    "service.tenant.id",
    "n8n.project.id",
    "ai.telemetry.metadata.project_id",
    "langfuse.trace.metadata.tenant_id",
    "openinference.project.name",
    "service.namespace",
    "langfuse.project.id",
];
const PROMPT_NAME: &[&str] = &[
    "gen_ai.prompt.name",
    "langfuse.observation.prompt.name",
    "langfuse.prompt.name",
    "traceloop.prompt.key",
    "prompt.id",
    "langwatch.prompt.handle",
    "langsmith.metadata.lc_hub_repo",
];
const PROMPT_VERSION: &[&str] = &[
    "ai.prompt_version",
    "gen_ai.prompt.version",
    "langfuse.observation.prompt.version",
    "langfuse.prompt.version",
    "traceloop.prompt.version",
    "traceloop.prompt.version_name",
    "traceloop.prompt.version_hash",
    "llm.prompt_template.version",
    "langwatch.prompt.version.number",
    "ai.telemetry.metadata.promptVersion",
    "langsmith.metadata.lc_hub_commit_hash",
];
const SESSION: &[&str] = &[
    "langfuse.session.id",
    "session.id",
    "gen_ai.conversation.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.conversation_id",
    "traceloop.association.properties.chat_id",
    "ai.telemetry.metadata.sessionId",
    "ai.telemetry.metadata.thread_id",
    "langsmith.metadata.session_id",
    "langsmith.metadata.thread_id",
    "langsmith.metadata.conversation_id",
    "langsmith.trace.session_id",
    "langwatch.thread.id",
    "gcp.vertex.agent.session_id",
    "langflow.session_id",
    "conversation.id",
    "thread_id",
    "metadata.requester_metadata.session_id",
];
const USER: &[&str] = &[
    "langfuse.user.id",
    "user.id",
    "enduser.id",
    "gen_ai.user",
    "gen_ai.user.id",
    "gen_ai.request.user",
    "llm.user",
    "traceloop.association.properties.user_id",
    "ai.telemetry.metadata.userId",
    "ai.telemetry.metadata.user_id",
    "litellm.end_user.id",
    "metadata.user_api_key_end_user_id",
    "metadata.user_api_key_user_id",
    "langsmith.metadata.user_id",
    "langwatch.customer.id",
    "user.email",
    "user.account_id",
];
const WORKFLOW: &[&str] = &[
    "n8n.workflow.name",
    "n8n.workflow.id",
    "dify.workflow_id",
    "langflow.flow_name",
    "flow_name",
    "workflow_name",
    "langsmith.metadata.workflow",
    "traceloop.workflow.name",
    "gen_ai.workflow.name",
    "crewai.crew.name",
    "ai.telemetry.metadata.workflow_id",
    "langfuse.trace.metadata.workflow_id",
    "langfuse.trace.metadata.flow_name",
];
const NODE: &[&str] = &[
    "n8n.node.name",
    "n8n.node.id",
    "dify.node.title",
    "node.id",
    "vertex_id",
    "langsmith.metadata.node",
    "langsmith.metadata.langgraph_node",
    "graph.node.name",
    "graph.node.id",
    "gen_ai.task.name",
    "ai.telemetry.metadata.node_id",
    "langfuse.observation.metadata.component_id",
];
const AGENT: &[&str] =
    &["gen_ai.agent.name", "agent.name", "agent_name", "crewai.agent.role", "langsmith.metadata.lc_agent_name"];
const TAGS: &[&str] = &[
    "langfuse.trace.tags",
    "langfuse.tags",
    "tag.tags",
    "ai.telemetry.metadata.tags",
    "langsmith.span.tags",
    "metadata.tags",
];

/// The lists of the dimensions; what is asked for first stands first.
const BUILT_IN: [(Dimension, &[&str]); 11] = [
    (Dimension::Environment, ENVIRONMENT),
    (Dimension::Feature, FEATURE),
    (Dimension::FeatureImplied, FEATURE_IMPLIED),
    (Dimension::Team, TEAM),
    (Dimension::PromptName, PROMPT_NAME),
    (Dimension::PromptVersion, PROMPT_VERSION),
    (Dimension::Session, SESSION),
    (Dimension::User, USER),
    (Dimension::Workflow, WORKFLOW),
    (Dimension::Node, NODE),
    (Dimension::Agent, AGENT),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Dimension {
    Environment,
    Feature,
    FeatureImplied,
    Team,
    PromptName,
    PromptVersion,
    Session,
    User,
    Workflow,
    Node,
    Agent,
}

/// All lists turned round: from a key to the dimensions it may tell. A span has a dozen keys and the lists have a
/// hundred, and most spans have none of them.
pub struct Sources {
    /// Sorted by key; the number is the place in the dimension's list.
    by_key: Vec<(String, Dimension, usize)>,
}

impl Sources {
    pub fn new(config: &AttributionConfig) -> Self {
        let configured = [
            (Dimension::Environment, &config.environment),
            (Dimension::Feature, &config.feature),
            (Dimension::Team, &config.team),
            (Dimension::PromptName, &config.prompt_name),
            (Dimension::PromptVersion, &config.prompt_version),
            (Dimension::Session, &config.session),
            (Dimension::User, &config.user),
            (Dimension::Workflow, &config.workflow),
            (Dimension::Node, &config.node),
            (Dimension::Agent, &config.agent),
        ];
        let own = configured
            .iter()
            .flat_map(|(dimension, keys)| keys.iter().enumerate().map(|(place, key)| (key.clone(), *dimension, place)));
        let after = configured.iter().map(|(_, keys)| keys.len()).max().unwrap_or(0);
        let built_in = BUILT_IN.iter().flat_map(|(dimension, keys)| {
            keys.iter().enumerate().map(move |(place, key)| ((*key).to_owned(), *dimension, after + place))
        });
        let mut by_key: Vec<_> = own.chain(built_in).collect();
        by_key.sort_by(|left, right| left.0.cmp(&right.0));
        Self { by_key }
    }

    /// Whether one of `attributes` gives `value` for the session or the user, whichever of the names it uses.
    pub fn tell(&self, subject: &Subject, attributes: &[KeyValue]) -> bool {
        let (dimension, embedded) = match subject {
            Subject::Session(_) => (Dimension::Session, "langfuse_session_id"),
            Subject::User(_) => (Dimension::User, "langfuse_user_id"),
        };
        let wanted = subject.name();
        attributes.iter().any(|pair| {
            let Some(value) = pair.value.as_ref().and_then(|value| value.value.as_ref()) else { return false };
            if pair.key == "metadata"
                && let any_value::Value::StringValue(text) = value
            {
                return in_json(text, embedded).is_some_and(|found| found == wanted);
            }
            // As LangFlow's dialect reads it.
            if matches!(subject, Subject::Session(_))
                && matches!(pair.key.as_str(), "inputs" | "input.value" | "langfuse.observation.input")
                && let any_value::Value::StringValue(text) = value
                && in_json(text, "session_id").is_some_and(|found| found == wanted)
            {
                return true;
            }
            self.keys(dimension).any(|key| key == pair.key)
                && scalar_text(value).is_some_and(|text| unquoted(text) == wanted)
        })
    }

    /// The names that the session or the user has in attributes.
    pub fn names(&self, subject: &Subject) -> Vec<String> {
        let dimension = match subject {
            Subject::Session(_) => Dimension::Session,
            Subject::User(_) => Dimension::User,
        };
        self.keys(dimension).map(str::to_owned).collect()
    }

    fn keys(&self, wanted: Dimension) -> impl Iterator<Item = &str> {
        self.by_key.iter().filter(move |(_, dimension, _)| *dimension == wanted).map(|(key, ..)| key.as_str())
    }

    pub fn read(&self, raw: &RawSpan<'_>, dialect: Option<&Dialect>, kind: SpanKind) -> Attribution {
        let mut found = Found::default();
        self.collect(&mut found, raw.resource, 1);
        self.collect(&mut found, &raw.attributes, 0);
        // OpenLLMetry names tasks and agents by their entity, and only on their own spans.
        let entity = |of: SpanKind| {
            if kind == of { raw.attributes.text("traceloop.entity.name").map(Cow::into_owned) } else { None }
        };
        Attribution {
            environment: found.take(Dimension::Environment),
            feature: found
                .take(Dimension::Feature)
                .or_else(|| in_metadata(raw, "feature"))
                .or_else(|| found.take(Dimension::FeatureImplied)),
            team: found.take(Dimension::Team),
            prompt_name: found.take(Dimension::PromptName),
            prompt_version: found.take(Dimension::PromptVersion),
            session: found
                .take(Dimension::Session)
                .filter(|id| !is_of_a_run(raw, dialect, id))
                .or_else(|| in_metadata(raw, "langfuse_session_id"))
                .or_else(|| (dialect?.session)(raw)),
            user: found.take(Dimension::User).or_else(|| in_metadata(raw, "langfuse_user_id")),
            workflow: found.take(Dimension::Workflow),
            node: found.take(Dimension::Node).or_else(|| entity(SpanKind::Task)).or_else(|| titled_node(raw)),
            agent: found.take(Dimension::Agent).or_else(|| entity(SpanKind::Agent)),
            tags: TAGS.iter().map(|key| tags(raw, key)).find(|tags| !tags.is_empty()).unwrap_or_default(),
        }
    }

    /// `away`: 0 for the span itself, 1 for its resource, which only tells what the span does not under the same key.
    fn collect<'a>(&self, found: &mut Found<'a>, attributes: &Attributes<'a>, away: usize) {
        for (key, value) in attributes.under("") {
            let start = self.by_key.partition_point(|(known, _, _)| known.as_str() < key);
            let told = self.by_key[start..].iter().take_while(|(known, _, _)| known == key);
            for (_, dimension, place) in told {
                found.offer(*dimension, place * 2 + away, value);
            }
        }
    }
}

/// Dify calls the observation of a node by its title.
fn titled_node(raw: &RawSpan<'_>) -> Option<String> {
    let is_node = raw.attributes.has("langfuse.observation.metadata.node_type") && !raw.span.name.is_empty();
    is_node.then(|| raw.span.name.clone())
}

fn tags(raw: &RawSpan<'_>, key: &str) -> Vec<String> {
    let told = raw.attributes.texts(key);
    if key != "langsmith.span.tags" {
        return told;
    }
    // One text with commas.
    told.iter()
        .flat_map(|tags| tags.split(','))
        .map(|tag| tag.trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .collect()
}

/// Whether the client made `session` up for one run.
fn is_of_a_run(raw: &RawSpan<'_>, dialect: Option<&Dialect>, session: &str) -> bool {
    if dialect.is_some_and(|dialect| (dialect.is_no_session)(raw, session)) {
        return true;
    }
    let is_uuid = || session.len() == 36 && session.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    dialect.is_some_and(|dialect| dialect.runs_are_conversations)
        && is_uuid()
        && raw.attributes.string("gen_ai.conversation.id") == Some(session)
}

/// The best value of each dimension so far.
#[derive(Default)]
struct Found<'a> {
    best: [Option<(usize, Cow<'a, str>)>; BUILT_IN.len()],
}

impl<'a> Found<'a> {
    fn offer(&mut self, dimension: Dimension, place: usize, value: &'a any_value::Value) {
        let best = &mut self.best[dimension as usize];
        // Not less but less or equal: of a key that stands twice the last one wins.
        if best.as_ref().is_none_or(|(known, _)| place <= *known)
            && let Some(text) = scalar_text(value)
        {
            *best = Some((place, text));
        }
    }

    fn take(&mut self, dimension: Dimension) -> Option<String> {
        self.best[dimension as usize].take().map(|(_, text)| unquoted(text))
    }
}

/// OpenInference, Pydantic AI and LangChain callers of Langfuse put what the application says into one JSON attribute.
fn in_metadata(raw: &RawSpan<'_>, key: &str) -> Option<String> {
    in_json(raw.attributes.string("metadata")?, key)
}

fn in_json(text: &str, key: &str) -> Option<String> {
    if !text.contains(key) {
        return None;
    }
    let metadata: serde_json::Value = serde_json::from_str(text).ok()?;
    metadata.get(key)?.as_str().map(str::to_owned)
}

/// Langfuse 5 encodes every metadata value as JSON, so that a plain word arrives in quotes.
fn unquoted(text: Cow<'_, str>) -> String {
    if text.starts_with('"')
        && text.ends_with('"')
        && let Ok(inner) = serde_json::from_str(&text)
    {
        return inner;
    }
    text.into_owned()
}
