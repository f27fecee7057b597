//! What a key is good for.

use super::Signal;

/// Sending some signals, or asking the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// An ingest key.
    Send(Vec<Signal>),
    /// A token that may ask the API for everything and change nothing.
    Read,
    /// A token that may do what the admin may.
    Admin,
}

impl Grant {
    /// As it is stored: `traces,logs,metrics`, `read` or `admin`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Send(signals) => signals.iter().map(|signal| signal.as_str()).collect::<Vec<_>>().join(","),
            Self::Read => "read".into(),
            Self::Admin => "admin".into(),
        }
    }

    /// The reverse of [`Grant::to_text`]; what this version does not know grants nothing.
    pub fn from_text(text: &str) -> Self {
        match text {
            "read" => Self::Read,
            "admin" => Self::Admin,
            list => {
                Self::Send(Signal::ALL.into_iter().filter(|one| list.split(',').any(|n| n == one.as_str())).collect())
            }
        }
    }

    /// The signals that may be sent, `None` for a token.
    pub fn signals(&self) -> Option<&[Signal]> {
        match self {
            Self::Send(signals) => Some(signals),
            Self::Read | Self::Admin => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_outlives_its_text_and_a_word_of_tomorrow_grants_nothing() {
        for grant in [Grant::Send(Signal::ALL.to_vec()), Grant::Send(vec![Signal::Logs]), Grant::Read, Grant::Admin] {
            assert_eq!(Grant::from_text(&grant.to_text()), grant);
        }
        assert_eq!(Grant::from_text("profiles"), Grant::Send(Vec::new()));
    }
}
