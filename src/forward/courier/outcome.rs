//! What an answer means for the window, the dead letters and the pace.

use std::time::Duration;

use tokio::time::Instant;

use super::{Courier, Event};
use crate::forward::item::{Answer, Fault, Kind, Refused};
use crate::forward::ledger::DeadLetter;
use crate::forward::lock;
use crate::forward::window::Pending;

/// So many records in a row that are refused for good are no accident of theirs: a setting is wrong.
const MOST_REFUSED_IN_A_ROW: u32 = 200;

/// Longest answer that is kept with a dead letter.
const MOST_RESPONSE: usize = 2000;

impl<K: Kind + Send + Sync + 'static> Courier<K> {
    pub(super) fn happened(&mut self, event: Event) {
        match event {
            Event::Tested => {}
            Event::Probed(Ok(())) => {
                self.requests -= 1;
                self.probed = true;
            }
            Event::Probed(Err(refused)) => {
                self.requests -= 1;
                // The next attempt shows whether that holds for data: an answer to them says more.
                self.probed = true;
                self.again(None, &refused.told());
            }
            Event::Answered(request, answer) => {
                self.requests -= 1;
                self.answered(request, answer);
                self.save();
            }
        }
    }

    fn answered(&mut self, mut request: Vec<Pending>, answer: Answer) {
        match answer {
            Answer::Delivered => self.delivered(&request),
            Answer::DeliveredWithout { records, why } => {
                self.delivered(&request);
                self.counted.refused.inc_by(records);
                let mut report = lock(&self.report);
                report.refused_records += records;
                report.last_error = Some((self.clock.now(), why.told()));
            }
            Answer::DeliveredSlowDown(time) => {
                self.delivered(&request);
                self.not_before = Some(Instant::now() + time);
            }
            Answer::Later { delivered, after, why } => {
                let rest = request.split_off(delivered.min(request.len()));
                self.delivered(&request);
                self.window.give_back(rest);
                self.again(after, &why);
            }
            Answer::Bad { at, why } if at < request.len() => {
                let rest = request.split_off(at + 1);
                let bad = request.pop();
                self.delivered(&request);
                match bad {
                    Some(bad) if self.may_bury(&why) => {
                        self.window.give_back(rest);
                        self.bury(&bad, &why);
                    }
                    bad => self.window.give_back(bad.into_iter().chain(rest).collect()),
                }
            }
            // It names something that was not in the request: nobody knows what it has.
            Answer::Bad { why, .. } | Answer::BadWithin(why) => self.halve(request, Fault::Bad, &why),
            Answer::TooLarge(why) => self.halve(request, Fault::TooLarge, &why),
            Answer::Hold(why) => {
                self.window.give_back(request);
                self.hold(&why);
            }
        }
    }

    fn delivered(&mut self, request: &[Pending]) {
        if request.is_empty() {
            return;
        }
        self.backoff.succeeded();
        (self.held, self.refused_in_a_row) = (false, 0);
        let (mut records, mut bytes) = (0, 0);
        for pending in request {
            records += u64::from(pending.item.records);
            bytes += pending.item.size() as u64;
            if let Some(letter) = self.window.settle(pending) {
                self.forget(letter);
            }
        }
        self.account.sent_records += records;
        self.account.sent_bytes += bytes;
        self.counted.sent.inc_by(records);
        self.counted.bytes.inc_by(bytes);
        lock(&self.report).last_sent = Some(self.clock.now());
    }

    /// A dead letter was sent after all.
    fn forget(&mut self, letter: i64) {
        match self.ledger.discard(&self.config.name, Some(letter)) {
            Ok(_) => {
                let mut report = lock(&self.report);
                report.dead_letters = report.dead_letters.saturating_sub(1);
            }
            Err(error) => self.failed(&error),
        }
    }

    /// Two halves, or something smaller instead of the one.
    fn halve(&mut self, mut request: Vec<Pending>, fault: Fault, why: &Refused) {
        if request.len() > 1 {
            let second = request.split_off(request.len() / 2);
            self.window.give_back(second);
            self.window.give_back(request);
            return;
        }
        let Some(pending) = request.pop() else { return };
        let smaller = self.kind.smaller(&pending.item, fault);
        // One that did not become smaller would come back for ever.
        let shrinks = smaller.iter().all(|item| item.size() < pending.item.size());
        if !smaller.is_empty() && shrinks {
            self.window.replace(&pending, smaller);
        } else if self.may_bury(why) {
            self.bury(&pending, why);
        } else {
            self.window.give_back(vec![pending]);
        }
    }

    /// False, and everything is held, when so much was refused that a setting must be wrong.
    fn may_bury(&mut self, why: &Refused) -> bool {
        self.refused_in_a_row += 1;
        if self.refused_in_a_row <= MOST_REFUSED_IN_A_ROW {
            return true;
        }
        let reason = format!(
            "{MOST_REFUSED_IN_A_ROW} records in a row were refused, so a setting must be wrong; the last: {}",
            why.reason
        );
        self.hold(&Refused { reason, response: why.response.clone() });
        false
    }

    fn bury(&mut self, pending: &Pending, why: &Refused) {
        let (now, name) = (self.clock.now(), self.config.name.clone());
        let response: String = why.response.chars().take(MOST_RESPONSE).collect();
        let noted = match self.window.letter_of(pending) {
            Some(letter) => self.ledger.refused_again(letter, &why.reason, &response, now),
            None => self.ledger.bury(&DeadLetter {
                id: 0,
                destination: name.clone(),
                at: now,
                cursor: pending.cursor,
                ordinal: pending.item.ordinal,
                records: pending.item.records,
                signal: pending.signal,
                span: pending.item.span,
                reason: why.reason.clone(),
                response,
                replay: false,
            }),
        };
        if let Err(error) = noted {
            // Neither there nor noted: it is sent again rather than forgotten.
            self.window.give_back(vec![pending.clone()]);
            self.not_before = Some(Instant::now() + super::OWN_FAILURE);
            return self.failed(&error);
        }
        tracing::warn!(destination = %name, reason = why.reason, "{name} will not take a record: {}", why.reason);
        if self.window.letter_of(pending).is_none() {
            self.counted.dead.inc();
            lock(&self.report).dead_letters += 1;
        }
        lock(&self.report).last_error = Some((now, why.told()));
        self.window.settle(pending);
        self.backoff.succeeded();
    }

    /// It failed and may be well a moment later.
    fn again(&mut self, after: Option<Duration>, why: &str) {
        let wait = self.backoff.failed(after);
        self.held = false;
        self.pause_for(wait, why);
    }

    /// Somebody has to change something first. Not a loop: once a minute.
    fn hold(&mut self, why: &Refused) {
        let wait = self.backoff.held();
        if !std::mem::replace(&mut self.held, true) {
            let name = &self.config.name;
            tracing::error!(destination = %name, reason = why.reason, "{name} takes nothing until a setting is changed: {}", why.told());
        }
        self.pause_for(wait, &why.told());
    }

    fn pause_for(&mut self, wait: Duration, why: &str) {
        self.counted.retries.inc();
        self.not_before = Some(Instant::now() + wait);
        let mut report = lock(&self.report);
        report.retries += 1;
        report.last_error = Some((self.clock.now(), why.to_owned()));
        tracing::debug!(destination = %self.config.name, ?wait, "tried again later: {why}");
    }
}
