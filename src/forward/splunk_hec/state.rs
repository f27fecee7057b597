//! What one destination has learned about its Splunk while the process runs.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use crate::forward::{Answer, Refused};

/// Events refused in a row, for nothing but their index, after which it is the index that is wrong.
const REFUSED_IN_A_ROW: u32 = 3;

/// How long an index made from what clients say counts as refused before it is tried again.
const REFUSED_FOR: Duration = Duration::from_secs(300);

/// Requests that broke off in a row after which a single large event counts as too large.
const BREAKS_OF_ONE: u32 = 6;

/// Below this a body is not what breaks a connection: servers and proxies take that much.
const LARGE: usize = 1_000_000;

#[derive(Debug)]
pub struct State {
    pub gzip: Cell<bool>,
    /// The token has no acknowledgement although answers carry ids.
    pub no_acks: Cell<bool>,
    /// As a load balancer set them: questions about an acknowledgement must reach the same indexer.
    cookies: RefCell<BTreeMap<String, String>>,
    /// Requests in a row that broke off without an answer.
    breaks: Cell<u32>,
    refusals: RefCell<HashMap<String, Refusal>>,
    /// Groups whose index the configuration names.
    fixed: Vec<String>,
}

#[derive(Debug, Default)]
struct Refusal {
    in_a_row: u32,
    last: Option<(Instant, Refused)>,
}

impl State {
    pub fn new(gzip: bool, fixed: Vec<String>) -> Self {
        Self {
            gzip: Cell::new(gzip),
            no_acks: Cell::new(false),
            cookies: RefCell::default(),
            breaks: Cell::new(0),
            refusals: RefCell::default(),
            fixed,
        }
    }

    /// The answer to a request of `items` events and `bytes` that broke off. The body may have been too large, so every
    /// other time it is halved; a server that merely goes up and down then gets its events all the same.
    pub fn broke_off(&self, items: usize, bytes: usize, why: &str) -> Answer {
        let breaks = self.breaks.get() + 1;
        self.breaks.set(breaks);
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
        self.breaks.set(0);
    }

    /// What follows from an answer to events of `group`; `index_refused`: the first one is refused for its index.
    /// One of them may be odd; where every one is, the index is: dead letters would only bury what is wrong.
    pub fn judge(&self, group: &str, answer: Answer, index_refused: bool) -> Answer {
        let mut refusals = self.refusals.borrow_mut();
        let Answer::Bad { at: 0, why } = &answer else {
            refusals.remove(group);
            return answer;
        };
        if !index_refused {
            return answer;
        }
        let refusal = refusals.entry(group.to_owned()).or_default();
        refusal.in_a_row += 1;
        if refusal.in_a_row < REFUSED_IN_A_ROW {
            return answer;
        }
        if self.fixed.iter().any(|fixed| fixed == group) {
            return Answer::Hold(why.clone());
        }
        refusal.last = Some((Instant::now(), why.clone()));
        answer
    }

    /// What there is to say to events of `group` without sending them: their index was refused a moment ago.
    pub fn refused_before(&self, group: &str) -> Option<Answer> {
        let refusals = self.refusals.borrow();
        let (at, why) = refusals.get(group)?.last.as_ref()?;
        (at.elapsed() < REFUSED_FOR).then(|| Answer::Bad { at: 0, why: why.clone() })
    }

    pub fn keep_cookies<'a>(&self, set: impl Iterator<Item = &'a str>) {
        let mut cookies = self.cookies.borrow_mut();
        for cookie in set {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    /// For the header `cookie`; `None` where there are none.
    pub fn cookies(&self) -> Option<String> {
        let cookies = self.cookies.borrow();
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Answer {
        Answer::Bad { at: 0, why: Refused { reason: "index".into(), response: String::new() } }
    }

    #[test]
    fn an_index_of_the_configuration_that_is_refused_holds_and_one_of_clients_does_not() {
        let state = State::new(true, vec!["events of llm".into()]);
        let three = |group: &str| (0..3).map(|_| state.judge(group, refused(), true)).collect::<Vec<_>>();
        let fixed = three("events of llm");
        assert_eq!(fixed[..2], [refused(), refused()]);
        assert!(matches!(&fixed[2], Answer::Hold(why) if why.reason == "index"));
        assert_eq!(state.refused_before("events of llm"), None, "it is asked again");
        assert_eq!(three("events of odd")[2], refused());
        assert_eq!(state.refused_before("events of odd"), Some(refused()));
        assert_eq!(state.refused_before("events of fine"), None);
    }

    #[test]
    fn one_odd_event_among_others_is_only_that() {
        let state = State::new(true, vec!["events of llm".into()]);
        for _ in 0..10 {
            assert_eq!(state.judge("events of llm", refused(), true), refused());
            assert_eq!(state.judge("events of llm", Answer::Delivered, false), Answer::Delivered);
        }
    }

    #[test]
    fn what_breaks_off_is_halved_every_other_time() {
        let state = State::new(true, Vec::new());
        let halved = |items, bytes| matches!(state.broke_off(items, bytes, "reset"), Answer::TooLarge(_));
        assert!(halved(9, 100) && !halved(4, 50) && halved(4, 50));
        state.answered();
        assert!((0..20).all(|_| !halved(1, 1000)), "one small event is never too large");
        state.answered();
        assert_eq!((0..12).filter(|_| halved(1, 4 << 20)).count(), 2);
    }

    #[test]
    fn cookies_come_back() {
        let state = State::new(true, Vec::new());
        assert_eq!(state.cookies(), None);
        state.keep_cookies(["AWSALB=a; Path=/", "b=1"].into_iter());
        state.keep_cookies(["AWSALB=c; Path=/"].into_iter());
        assert_eq!(state.cookies().as_deref(), Some("AWSALB=c; b=1"));
    }
}
