//! Not ahead of the loader of the analytics, where what is sent depends on them.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::journal::Cursor;

/// How long the loader may stand still. It is seldom a second behind, and requests are turned away when it is ten.
const PATIENCE: Duration = Duration::from_secs(10);

/// After it stood still nothing waits for it for so long.
const WITHOUT: Duration = Duration::from_secs(60);

/// How far may be read.
#[derive(Debug)]
pub(super) struct Loader {
    /// `None` where nothing depends on it.
    loaded: Option<watch::Receiver<Cursor>>,
    /// Since when everything that is loaded has been read.
    waiting: Option<Instant>,
    /// When it had stood still for too long.
    gave_up: Option<Instant>,
}

impl Loader {
    pub(super) fn new(loaded: Option<watch::Receiver<Cursor>>) -> Self {
        Self { loaded, waiting: None, gave_up: None }
    }

    /// Up to where may be read of what goes to `head` and was read to `read_to`; nothing where that is not behind it.
    pub(super) fn reach(&mut self, read_to: Cursor, head: Cursor, now: Instant) -> Cursor {
        let Some(loaded) = self.loaded.as_mut().map(|loaded| *loaded.borrow_and_update()) else { return head };
        if loaded >= head || self.gave_up.is_some_and(|at| now - at < WITHOUT) {
            self.waiting = None;
            return head;
        }
        if loaded > read_to {
            self.waiting = None;
            return loaded;
        }
        if now - *self.waiting.get_or_insert(now) < PATIENCE {
            return read_to;
        }
        tracing::warn!("the analytics are behind: whether calls count is judged by what is sent at once");
        (self.waiting, self.gave_up) = (None, Some(now));
        head
    }

    /// Returns when the loader has come further.
    pub(super) async fn comes_on(&mut self) {
        let moved = match &mut self.loaded {
            Some(loaded) => loaded.changed().await.is_ok(),
            None => false,
        };
        if !moved {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Day;

    fn at(chunk: i64) -> Cursor {
        Cursor { day: Day(1), chunk }
    }

    #[tokio::test]
    async fn what_is_not_loaded_waits_as_long_as_the_loader_comes_on() {
        let (loader, loaded) = watch::channel(at(3));
        let mut pace = Loader::new(Some(loaded));
        let begin = Instant::now();
        assert_eq!(pace.reach(at(0), at(9), begin), at(3));
        assert_eq!(pace.reach(at(3), at(9), begin), at(3), "everything loaded was read");
        assert_eq!(pace.reach(at(3), at(9), begin + PATIENCE / 2), at(3));
        loader.send_replace(at(5));
        pace.comes_on().await;
        assert_eq!(pace.reach(at(3), at(9), begin + PATIENCE / 2), at(5));
        let second = begin + PATIENCE;
        assert_eq!(pace.reach(at(5), at(9), second), at(5), "patience begins anew with each step");
        assert_eq!(pace.reach(at(5), at(9), second + PATIENCE / 2), at(5));
        let third = second + PATIENCE;
        assert_eq!(pace.reach(at(5), at(9), third), at(9), "it stands still");
        assert_eq!(pace.reach(at(9), at(12), third + WITHOUT / 2), at(12), "and nobody waits again at once");
        assert_eq!(pace.reach(at(12), at(13), third + WITHOUT), at(12));
        assert_eq!(Loader::new(None).reach(at(0), at(9), begin), at(9));
    }
}
