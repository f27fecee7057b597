//! Addresses about models, workflows, agents and tools, and what failed.

use super::{DIMENSIONS, Endpoint, MORE_FILTERS, NAME, PAGE, Param, TIME, one};

pub(in crate::api) const MODELS: Endpoint = Endpoint {
    path: "/api/v1/models",
    summary: "Models with cost, errors, speed, prices and when they were used, most expensive first; the last 30 days when \
              since is absent",
    params: &[TIME, PAGE, DIMENSIONS, MORE_FILTERS],
    answer: "ModelList",
};

const ONE_WORKFLOW: &[Param] = &[one("name", "The workflow as its list names it")];

pub(in crate::api) const WORKFLOWS: Endpoint = Endpoint {
    path: "/api/v1/workflows",
    summary: "Workflows with their runs, failures, durations and costs; the last 30 days when since is absent",
    params: &[TIME, PAGE, ONE_WORKFLOW, DIMENSIONS, MORE_FILTERS],
    answer: "WorkflowList",
};

pub(in crate::api) const WORKFLOW_NODES: Endpoint = Endpoint {
    path: "/api/v1/workflows/nodes",
    summary: "The steps of a workflow in its newest runs, those that take most time first; the last 30 days when since is \
              absent",
    params: &[TIME, ONE_WORKFLOW, DIMENSIONS, MORE_FILTERS],
    answer: "WorkflowNodeList",
};

pub(in crate::api) const AGENTS: Endpoint = Endpoint {
    path: "/api/v1/agents",
    summary: "Agents with their runs, failures, durations, costs and tools; filters are those of their traces; the last 30 \
              days when since is absent",
    params: &[TIME, PAGE, &[one("name", "One agent")], DIMENSIONS, MORE_FILTERS],
    answer: "AgentList",
};

pub(in crate::api) const TOOLS: Endpoint = Endpoint {
    path: "/api/v1/tools",
    summary: "Tools with their uses, failures, durations and who uses them; filters are those of their traces; the last 30 \
              days when since is absent",
    params: &[TIME, PAGE, &[one("name", "One tool")], DIMENSIONS, MORE_FILTERS],
    answer: "ToolList",
};

pub(in crate::api) const ERRORS: Endpoint = Endpoint {
    path: "/api/v1/errors",
    summary: "The newest traces with an error, each with the span in which it began; status does not matter",
    params: &[TIME, PAGE, DIMENSIONS, MORE_FILTERS, NAME],
    answer: "FailureList",
};
