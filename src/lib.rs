//! Tracemeter: if a model was called, there is a trace, and you can see what it cost.
//!
//! One process receives OpenTelemetry, keeps it durably, says what each model call cost and why, and shows it.
//! This page is the map of the house; the modules stand in the order in which a span passes them.
//!
//! ```text
//!  program --> relay --> provider
//!                |  (what was said, afterwards)
//!  SDK --OTLP--> receive --> redact --> journal --+--> interpret --> analytics --> api --> ui
//!                (limits,   | (pure)    (SQLite,  |    (pure:         (DuckDB)
//!                 answers)  |            fsync,   |     normalise,
//!                           |            answer)  |     price)
//!                           +--> media: images and sounds become files, references stay; forward puts them back
//!                                                 +--> interpret --> search (SQLite FTS5) --> api
//!                                                 +--> interpret --> forward --> Splunk HEC, OTLP, webhooks
//!                                                 +--> a trace page reads its content by trace id
//! ```
//!
//! # Invariants
//!
//! 1. The journal keeps what was said; everything else is an interpretation of it and can be made again.
//! 2. Acknowledged means durable: a client gets its answer after the commit is synced to the disk.
//! 3. Nothing unredacted touches a disk: the redactor stands before the journal, and there is no other way in.
//! 4. Every queue is bounded; who comes while we are behind is told to come back, never forgotten.
//! 5. Every number explains itself: attributes, token buckets, price row, amount.
//! 6. `interpret` and `redact` are pure: no I/O, no clock, no async. Only `clock` reads the time.
//! 7. Nothing is fetched at run time: prices and pages are in the binary. `power` asks meters at home that the
//!    configuration names, and nobody else; `relay` passes on what clients send to the providers that it names;
//!    `prices refresh` fetches when it is told to.
//!
//! # Who may import whom
//!
//! Held by `tests/it/architecture.rs`, which has the table, and which crate may be named where.

#![forbid(unsafe_code)]

// The words and the ground everything stands on.
pub mod access;
pub mod arrivals;
pub mod background;
pub mod clock;
pub mod config;
pub mod connect;
pub mod lock;
pub mod meter;
pub mod model;
pub mod sqlite;

// The way of a span.
pub mod media;
pub mod receive;
pub mod redact;

// Model calls that are passed on to their provider and recorded on the way.
pub mod relay;

pub mod journal;

pub mod interpret;
pub mod prices;

pub mod analytics;
pub mod search;

pub mod forward;

// What machines at home draw, into the journal.
pub mod power;

pub mod retain;

// A provider's bill beside what was seen.
pub mod invoice;

pub mod api;
pub mod ui;

// Around it: small state, wiring, life and death, the command line.
pub mod registry;

pub mod app;
pub mod backup;
pub mod cli;
pub mod lifecycle;
pub mod logging;
pub mod upgrade;
