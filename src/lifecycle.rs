//! Signals, and what the service manager is told: ready, still alive, stopping.

use std::time::Duration;

use anyhow::Context as _;
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;

/// How long requests in flight may take to end once we were told to stop. systemd's default patience is 90 s.
pub const DRAIN: Duration = Duration::from_secs(20);

/// Listens for SIGTERM and SIGINT from now on; the future ends with the name of the first that comes.
///
/// # Errors
/// When the handlers cannot be set.
pub fn stop_signal() -> anyhow::Result<impl Future<Output = &'static str>> {
    let mut terminate = signal(SignalKind::terminate()).context("while listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("while listening for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// Tells systemd that we are ready and, if it watches us, keeps telling it that we live while the app says so.
pub fn ready(app: &App) {
    notify(&[NotifyState::Ready]);
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    let alive = app.alive();
    tokio::spawn(async move {
        let mut beat = tokio::time::interval(patience / 3);
        loop {
            beat.tick().await;
            if alive() {
                notify(&[NotifyState::Watchdog]);
            }
        }
    });
}

pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Without a service manager this does nothing.
fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told our state: {error}");
    }
}
