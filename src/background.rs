//! Threads whose work nobody waits for: they give way to those that receive, answer and pass on.

use std::io;
use std::thread::{Builder, JoinHandle};

/// How far they stand back, as `nice` counts: a thread with 10 gets a ninth of what one with 0 gets where both want the
/// processor (weights 110 and 1024 in `kernel/sched/core.c` of Linux), and all of it where nobody else wants it.
const NICE: i32 = 10;

/// Starts a thread that gives way, and with it all that it starts.
///
/// # Errors
/// When the system has no thread left.
pub fn spawn<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> io::Result<JoinHandle<T>> {
    Builder::new().name(name.into()).spawn(move || {
        give_way();
        work()
    })
}

/// Does `work` on a thread that gives way, and waits for it: the threads that it starts inherit that.
///
/// # Errors
/// When the system has no thread left.
pub fn through<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let thread = Builder::new().spawn_scoped(scope, move || {
            give_way();
            work()
        })?;
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// On Linux a thread has a priority of its own; elsewhere this would be that of the whole process.
#[cfg(target_os = "linux")]
fn give_way() {
    let own = rustix::process::getpriority_process(None).unwrap_or_default();
    if let Err(error) = rustix::process::setpriority_process(None, own.max(NICE)) {
        tracing::debug!(%error, "background work has the priority of everything else: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn own() -> i32 {
        rustix::process::getpriority_process(None).expect("a priority")
    }

    #[test]
    fn only_what_is_started_here_gives_way() {
        let before = own();
        let inherited = || std::thread::spawn(own).join().expect("no panic");
        let found = spawn("a test", move || (own(), inherited())).expect("a thread").join().expect("no panic");
        assert_eq!(found, (before.max(NICE), before.max(NICE)));
        assert_eq!(through(own).expect("a thread"), before.max(NICE));
        assert_eq!(own(), before);
    }
}
