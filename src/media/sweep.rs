//! Deletes files that nothing refers to: marks what the journal names, sweeps the rest.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::files::FRESH;
use super::{Media, Totals};
use crate::journal;

/// After the start: it reads a little of every day, which can wait.
const FIRST: Duration = Duration::from_secs(600);
/// Crashes leave files without a request; nothing else does, so this is often enough.
const EVERY: Duration = Duration::from_secs(24 * 3600);
/// Requests in work are not older.
const MOMENT: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot ask the journal which media it refers to: {0}")]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Files(#[from] super::Error),
}

/// A minute ago; `None` when the machine has not run for as long.
pub(super) fn moment_ago() -> Option<Instant> {
    Instant::now().checked_sub(MOMENT)
}

pub(super) async fn run(media: Media, mut stop: watch::Receiver<bool>) {
    let mut forgotten = media.shared.journal.forgotten();
    let mut pause = FIRST;
    loop {
        let called = tokio::select! {
            // An error means that the sender is gone, which is the end as well.
            _ = stop.wait_for(|stop| *stop) => return,
            changed = forgotten.changed() => if changed.is_err() { return } else { true },
            () = media.shared.wake.notified() => true,
            () = tokio::time::sleep(pause) => false,
        };
        // What was deleted may have left files whose requests are too young to be sure.
        pause = if called { FRESH + MOMENT } else { EVERY };
        let sweeper = media.clone();
        match tokio::task::spawn_blocking(move || sweeper.sweep()).await {
            Ok(Ok(gone)) if gone.files > 0 => tracing::info!(
                files = gone.files,
                bytes = gone.bytes,
                "deleted {} media files ({} bytes) that nothing refers to any more",
                gone.files,
                gone.bytes
            ),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "media files could not be cleared up: {error}"),
            Err(error) => tracing::error!(%error, "clearing up media files had panicked"),
        }
    }
}

pub(super) fn sweep(media: &Media) -> Result<Totals, Error> {
    let shared = &media.shared;
    let mut gone = Totals::default();
    // Listed first: what is written from now on is not in the list.
    let files = shared.files.list();
    if files.is_empty() {
        return Ok(gone);
    }
    // Requests that came before the marks were read and are committed after it are not among the marks.
    let since = Instant::now().checked_sub(FRESH);
    let marks = shared.journal.media()?;
    for file in files.iter().filter(|file| !marks.contains(&file.hash)) {
        media.delete(file, since, &mut gone)?;
    }
    Ok(gone)
}
