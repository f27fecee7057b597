//! Redacts fields of OTLP that this version does not know. What they mean is not known either, so every part of them
//! that is text is read as text, at every depth at which it could be a message.

use crate::config::KeyAction;
use crate::model::otlp::Unknown;
use crate::model::otlp::wire::{self, Field};

use super::Redactor;
use super::note::{By, Ledger};

/// Messages in messages; what is deeper is read as text alone.
const DEPTH: usize = 16;

/// Redacts what a message carries.
pub(super) fn redact(redactor: &Redactor, unknown: &mut Unknown, ledger: &mut Ledger<'_>) {
    for part in &mut unknown.parts {
        for step in &mut part.path {
            // The same as was done to the attribute's own key, so that it is found again.
            if let Some(rewritten) = redactor.rewrite(&step.key, 0, ledger) {
                step.key = rewritten;
            }
        }
        if let Some(rewritten) = bytes(redactor, &part.fields, 0, ledger) {
            part.fields = rewritten.into();
        }
    }
}

/// What to put in place of `bytes`, a message or a text or neither; `None` when they may stay.
fn bytes(redactor: &Redactor, bytes: &[u8], depth: usize, ledger: &mut Ledger<'_>) -> Option<Vec<u8>> {
    let rewritten = if depth < DEPTH { message(redactor, bytes, depth, ledger) } else { None };
    // A text may look like a message by chance, and then its parts were looked at but not the whole.
    let again = texts(redactor, rewritten.as_deref().unwrap_or(bytes), ledger);
    again.or(rewritten)
}

fn message(redactor: &Redactor, bytes: &[u8], depth: usize, ledger: &mut Ledger<'_>) -> Option<Vec<u8>> {
    let fields: Vec<Field<'_>> = wire::fields(bytes).collect::<Result<_, _>>().ok()?;
    if is_ruled_out(redactor, &fields, ledger) {
        return Some(Vec::new());
    }
    let mut rewritten = Vec::new();
    let mut at = 0;
    let mut done = 0;
    for field in fields {
        let start = at;
        at += field.raw.len();
        if !field.is_delimited {
            continue;
        }
        let Some(value) = self::bytes(redactor, field.value, depth + 1, ledger) else { continue };
        rewritten.extend_from_slice(&bytes[done..start]);
        wire::put_delimited(field.number, &value, &mut rewritten);
        done = at;
    }
    if done == 0 {
        return None;
    }
    rewritten.extend_from_slice(&bytes[done..]);
    Some(rewritten)
}

/// A text and something else, the form of an attribute: the rule for that key holds, and whatever it is, the pair goes.
fn is_ruled_out(redactor: &Redactor, fields: &[Field<'_>], ledger: &mut Ledger<'_>) -> bool {
    let [key, value] = fields else { return false };
    let named = key.number == 1 && key.is_delimited && value.number == 2;
    let Some(key) = str::from_utf8(key.value).ok().filter(|_| named) else { return false };
    let goes = match redactor.rules.find(key) {
        Some(rule) => rule.action != KeyAction::Keep,
        None => redactor.detectors.hides_credentials() && super::walk::holds_credential(key),
    };
    if goes {
        ledger.note(By::Rule, key, KeyAction::Drop, "", None);
    }
    goes
}

/// The stretches that are text, redacted.
fn texts(redactor: &Redactor, bytes: &[u8], ledger: &mut Ledger<'_>) -> Option<Vec<u8>> {
    let mut rewritten = Vec::new();
    let mut at = 0;
    let mut done = 0;
    for chunk in bytes.utf8_chunks() {
        let end = at + chunk.valid().len();
        if let Some(text) = redactor.rewrite(chunk.valid(), 0, ledger) {
            rewritten.extend_from_slice(&bytes[done..at]);
            rewritten.extend_from_slice(text.as_bytes());
            done = end;
        }
        at = end + chunk.invalid().len();
    }
    if done == 0 {
        return None;
    }
    rewritten.extend_from_slice(&bytes[done..]);
    Some(rewritten)
}

#[cfg(test)]
mod tests;
