//! A span that its client tells in several pieces: Langfuse's events and LangSmith's runs come as "created" and
//! "updated", in any order and in different requests.
//!
//! The journal keeps every piece as an OTLP span of the same ids. What makes it a piece are the attributes below;
//! `interpret::pieces` puts them together, and nobody behind it sees them.

/// Integer: nanoseconds since 1970 of the piece itself. Of what several pieces say differently the newest is right.
pub const AT: &str = "tracemeter.piece.at";

/// Array of strings: which of [`Field`] the piece does not know. The span has some value there, because OTLP wants one
/// (its time is then that of the piece).
pub const LACKS: &str = "tracemeter.piece.lacks";

/// What OTLP asks of every span, and a piece may not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Name,
    Start,
    End,
    /// The parent, when it is not known whether there is one.
    Parent,
    Status,
}

impl Field {
    pub const ALL: [Self; 5] = [Self::Name, Self::Start, Self::End, Self::Parent, Self::Status];

    /// As it stands in [`LACKS`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Start => "start",
            Self::End => "end",
            Self::Parent => "parent",
            Self::Status => "status",
        }
    }
}

/// Boolean, on a span put together of pieces of which none knows its end: it goes on, or its client is gone. Its end is
/// then the last time that is known of it.
pub const UNFINISHED: &str = "tracemeter.unfinished";

/// Boolean, on a span that a destination has had before in an earlier version, whose usage counts there.
pub const UPDATE: &str = "tracemeter.update";
