//! Models at home: which calls they answered, and what such a call costs by the rules of `[[local]]`.
//!
//! A price per token is known with the call. What goes by time (energy, amortisation by hours) is shared among the
//! calls that overlap on the same machine, which may be told later and in any order: the interpreter marks such a
//! call, and [`Rules::bill`] says what it costs among all others of its time.

pub mod place;
mod power;
mod rule;
mod share;
mod tariff;

pub use power::{REACH_NS, Reading};
pub use rule::{Asked, Decision, Rule, Rules};
pub use share::{LONGEST_NS, Work};

#[cfg(test)]
mod tests;
