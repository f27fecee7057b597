//! The one integration binary: the real app on port 0, a temporary data directory, a clock that stands still.

mod analytics;
mod api;
mod architecture;
mod backup;
mod crash;
mod crash_tending;
mod dialects;
mod erase;
mod faults;
mod flow;
mod golden;
mod limits;
mod media;
mod metrics;
mod prices;
mod receive_grpc;
mod receive_http;
mod reindex;
mod retention;
mod search;
mod slow_disk;
mod support;
mod tending;
mod told;
mod upgrade;
mod wire;
