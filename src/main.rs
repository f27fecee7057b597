//! The `tracemeter` program: see [`tracemeter::cli`].

use std::process::ExitCode;

use clap::Parser as _;
use tracemeter::cli::Cli;

/// Gives memory back after a burst of ingest; glibc's arenas keep it, and the budget is a container of 512 MB.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tracemeter: {error:#}");
            ExitCode::FAILURE
        }
    }
}
