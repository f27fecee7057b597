//! What one destination has learned about its Splunk while the process runs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::forward::{Answer, Refused};

/// Requests that broke off in a row after which a single large event counts as too large.
const BREAKS_OF_ONE: u32 = 6;

/// Below this a body is not what breaks a connection: servers and proxies take that much.
const LARGE: usize = 1_000_000;

#[derive(Debug)]
pub struct State {
    gzip: AtomicBool,
    gzip_refused: AtomicBool,
    /// The token has no acknowledgement although answers carry ids.
    no_acks: AtomicBool,
    /// As a load balancer set them: questions about an acknowledgement must reach the same indexer.
    cookies: Mutex<BTreeMap<String, String>>,
    /// Requests in a row that broke off without an answer.
    breaks: AtomicU32,
}

impl State {
    pub fn new(gzip: bool) -> Self {
        Self {
            gzip: AtomicBool::new(gzip),
            gzip_refused: AtomicBool::new(false),
            no_acks: AtomicBool::new(false),
            cookies: Mutex::default(),
            breaks: AtomicU32::new(0),
        }
    }

    pub fn gzip(&self) -> bool {
        self.gzip.load(Ordering::Relaxed)
    }

    pub fn without_gzip(&self) {
        self.gzip.store(false, Ordering::Relaxed);
        self.gzip_refused.store(true, Ordering::Relaxed);
    }

    pub fn gzip_refused(&self) -> bool {
        self.gzip_refused.load(Ordering::Relaxed)
    }

    pub fn acks(&self) -> bool {
        !self.no_acks.load(Ordering::Relaxed)
    }

    pub fn without_acks(&self) {
        self.no_acks.store(true, Ordering::Relaxed);
    }

    /// The answer to a request of `items` events and `bytes` that broke off. The body may have been too large, so every
    /// other time it is halved; a server that merely goes up and down then gets its events all the same.
    pub fn broke_off(&self, items: usize, bytes: usize, why: &str) -> Answer {
        let breaks = self.breaks.fetch_add(1, Ordering::Relaxed) + 1;
        let halve = items > 1 && breaks % 2 == 1;
        let shorten = items == 1 && bytes > LARGE && breaks.is_multiple_of(BREAKS_OF_ONE);
        if halve || shorten {
            let reason = format!("the connection broke while {bytes} bytes were sent: {why}");
            return Answer::TooLarge(Refused { reason, response: String::new() });
        }
        Answer::Later { delivered: 0, after: None, why: format!("the connection broke: {why}") }
    }

    /// It answered.
    pub fn answered(&self) {
        self.breaks.store(0, Ordering::Relaxed);
    }

    pub fn keep_cookies<'a>(&self, set: impl Iterator<Item = &'a str>) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in set {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    /// For the header `cookie`; `None` where there are none.
    pub fn cookies(&self) -> Option<String> {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_off_is_halved_every_other_time() {
        let state = State::new(true);
        let halved = |items, bytes| matches!(state.broke_off(items, bytes, "reset"), Answer::TooLarge(_));
        assert!(halved(9, 100) && !halved(4, 50) && halved(4, 50));
        state.answered();
        assert!((0..20).all(|_| !halved(1, 1000)), "one small event is never too large");
        state.answered();
        assert_eq!((0..12).filter(|_| halved(1, 4 << 20)).count(), 2);
    }

    #[test]
    fn cookies_come_back() {
        let state = State::new(true);
        assert_eq!(state.cookies(), None);
        state.keep_cookies(["AWSALB=a; Path=/", "b=1"].into_iter());
        state.keep_cookies(["AWSALB=c; Path=/"].into_iter());
        assert_eq!(state.cookies().as_deref(), Some("AWSALB=c; b=1"));
    }
}
