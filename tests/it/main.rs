//! The one integration binary: the real app on port 0, a temporary data directory, a clock that stands still.

mod analytics;
mod api;
mod architecture;
mod backup;
mod crash;
mod dialects;
mod faults;
mod flow;
mod limits;
mod metrics;
mod receive_grpc;
mod receive_http;
mod retention;
mod search;
mod support;
mod told;
mod wire;
