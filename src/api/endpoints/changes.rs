//! Addresses that change something.

use super::{
    BULK, INVOICE, OVERRIDE, OVERRIDES, Param, REDACTION_DRY_RUN, REDACTION_TASK, REDACTION_TEST, REINDEX,
    REINDEX_TASK, SESSION, SQL_RUN, TRACE, VIEW, VIEWS, access, destinations,
};

/// An address that changes something. The request must have the header `x-tracemeter`.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct Change {
    pub(in crate::api) method: &'static str,
    pub(in crate::api) path: &'static str,
    pub(in crate::api) summary: &'static str,
    pub(in crate::api) params: &'static [&'static [Param]],
    pub(in crate::api) answer: &'static str,
}

pub(super) const fn change(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    answer: &'static str,
) -> Change {
    Change { method, path, summary, params: &[], answer }
}

pub(in crate::api) const PIN: &str = "/api/v1/traces/{trace_id}/pin";
pub(in crate::api) const USER: &str = "/api/v1/users/{user}";

pub(in crate::api) const CHANGES: [Change; 27] = [
    access::SIGN_IN,
    access::SIGN_OUT,
    access::SET_UP,
    access::SET_PASSWORD,
    access::END_LOGINS,
    access::MAKE_KEY,
    access::ROTATE_KEY,
    access::REVOKE_KEY,
    SQL_RUN,
    destinations::STEER,
    destinations::REPLAY,
    destinations::DISCARD,
    change(
        "put",
        OVERRIDES.path,
        "Set one price: a JSON object with the keys of an entry of prices.toml; it replaces the one about the same calls",
        "OverrideList",
    ),
    Change {
        method: "delete",
        path: OVERRIDES.path,
        summary: "Remove one price of the user's own",
        params: OVERRIDE.params,
        answer: "OverrideList",
    },
    change("put", PIN, "Keep the trace whole, also when content of healthy traces of its age is left out", "Pinned"),
    change("delete", PIN, "Keep the trace no better than others", "Pinned"),
    change("delete", TRACE.path, "Delete a trace everywhere; 202 when it takes longer", "Receipt"),
    change("delete", SESSION.path, "Delete every trace and record of a session; 202 when it takes longer", "Receipt"),
    change("delete", USER, "Delete every trace and record of a user; 202 when it takes longer", "Receipt"),
    change(
        "post",
        BULK,
        "Pin, unpin or delete many traces: JSON with action (pin, unpin, delete) and trace_ids, 1000 at most; 202 when a \
         deletion takes longer",
        "BulkResult",
    ),
    change(
        "put",
        VIEWS.path,
        "Save a view: JSON with page, name and query; it replaces the one of the same page and name",
        "ViewList",
    ),
    Change {
        method: "delete",
        path: VIEWS.path,
        summary: "Remove a saved view",
        params: VIEW.params,
        answer: "ViewList",
    },
    Change {
        method: "post",
        path: REINDEX.path,
        summary: "Read the journal anew; 202, and GET says how it goes",
        params: REINDEX_TASK.params,
        answer: REINDEX.answer,
    },
    Change {
        method: "post",
        path: REDACTION_TEST.path,
        summary: REDACTION_TEST.summary,
        params: &[],
        answer: REDACTION_TEST.answer,
    },
    Change {
        method: "post",
        path: REDACTION_DRY_RUN.path,
        summary: "Count what rules, sent as JSON with redact, would change of what is stored; 202, and GET says how it goes",
        params: REDACTION_TASK.params,
        answer: REDACTION_DRY_RUN.answer,
    },
    change("delete", REDACTION_DRY_RUN.path, "End the dry run that is under way", "RedactionDryRun"),
    Change {
        method: "post",
        path: INVOICE.path,
        summary: INVOICE.summary,
        params: INVOICE.params,
        answer: INVOICE.answer,
    },
];
