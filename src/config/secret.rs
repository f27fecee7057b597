//! A text that must not be shown, and where it may stand instead of the configuration.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A password or token. Neither printing nor serializing it tells anything.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

/// As which a secret is written, whatever it is.
const UNTOLD: &str = "(set, not shown)";

/// So that no way of showing the configuration shows it.
impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(UNTOLD)
    }
}

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for who hands it to where it belongs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Where a secret stands: in the configuration itself, or better in a file, a variable or a systemd credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a text, or one of { file = \"PATH\" }, { env = \"VARIABLE\" }, { credential = \"NAME\" }"
)]
pub enum SecretSource {
    Here(Secret),
    Elsewhere(Elsewhere),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum Elsewhere {
    /// A file that holds it; white space around it does not count.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// The name of a systemd credential, a file in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
}

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("cannot read the secret in {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the environment variable {0} is not set")]
    Variable(String),
    #[error("there is no credential {0:?}: add LoadCredential={0}:PATH to the unit, or name a file")]
    NoCredentials(String),
    #[error("the secret in {0} is empty")]
    Empty(String),
}

impl SecretSource {
    /// The secret as it is now: files are read anew every time, so that they can be replaced.
    ///
    /// # Errors
    /// When it is not where it should be, or empty.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let (place, text) = match self {
            Self::Here(secret) => ("the configuration".to_owned(), secret.reveal().to_owned()),
            Self::Elsewhere(Elsewhere::File(path)) => (path.display().to_string(), read_file(path)?),
            Self::Elsewhere(Elsewhere::Env(name)) => {
                (name.clone(), std::env::var(name).map_err(|_| SecretError::Variable(name.clone()))?)
            }
            Self::Elsewhere(Elsewhere::Credential(name)) => {
                let folder = std::env::var_os("CREDENTIALS_DIRECTORY")
                    .ok_or_else(|| SecretError::NoCredentials(name.clone()))?;
                (format!("credential {name}"), read_file(&Path::new(&folder).join(name))?)
            }
        };
        match text.trim() {
            "" => Err(SecretError::Empty(place)),
            text => Ok(Secret::new(text)),
        }
    }
}

fn read_file(path: &Path) -> Result<String, SecretError> {
    std::fs::read_to_string(path).map_err(|source| SecretError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_where_it_stands_or_missed_by_name() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("token");
        std::fs::write(&path, " s3cret\n").expect("written");
        let file = SecretSource::Elsewhere(Elsewhere::File(path.clone()));
        assert_eq!(file.read().expect("there"), Secret::new("s3cret"));
        std::fs::write(&path, "\n").expect("written");
        assert!(matches!(file.read(), Err(SecretError::Empty(_))));
        std::fs::remove_file(&path).expect("removed");
        let error = file.read().expect_err("gone").to_string();
        assert!(error.contains("token") && !error.contains("s3cret"), "{error}");
        let variable = SecretSource::Elsewhere(Elsewhere::Env("TRACEMETER_NEVER_SET".into()));
        assert!(matches!(variable.read(), Err(SecretError::Variable(_))));
        assert_eq!(format!("{:?}", SecretSource::Here(Secret::new("x"))), "Here(Secret)");
        let written = serde_json::to_string(&SecretSource::Here(Secret::new("s3cret"))).expect("is JSON");
        assert_eq!(written, format!("{UNTOLD:?}"));
    }
}
