//! What changes the files: always the whole file at once, and only when the result is good.

use std::io::Write as _;
use std::path::Path;

use super::{Error, OWN, Prices, REFRESHED, edit};
use crate::config::{PriceEntry, PricesFile};
use crate::interpret::price::Table;

impl Prices {
    /// Puts `entry` into `prices.toml`, in place of the one about the same calls from the same day on.
    ///
    /// # Errors
    /// When the file has a fault or cannot be written.
    pub fn set(&self, entry: &PriceEntry) -> Result<(), Error> {
        self.change(|text| edit::with(text, entry).ok_or_else(|| Error::Form { path: self.path(OWN) }))
    }

    /// Takes the entry out that is about the same calls as `like` from the same day on.
    ///
    /// # Errors
    /// When there is none, the file has a fault or cannot be written.
    pub fn remove(&self, like: &PriceEntry) -> Result<(), Error> {
        let path = self.path(OWN);
        self.change(|text| {
            let file = parse(&path, text)?;
            let place = file.entries.iter().position(|entry| like.replaces(entry));
            let place = place.ok_or_else(|| Error::Missing { path: path.clone() })?;
            edit::without(text, place).ok_or_else(|| Error::Form { path: path.clone() })
        })
    }

    /// Adds every entry of another file, each in place of the one about the same calls; answers how many.
    ///
    /// # Errors
    /// When either file has a fault or ours cannot be written; then nothing has changed.
    pub fn import(&self, from: &Path) -> Result<usize, Error> {
        let text = std::fs::read_to_string(from).map_err(|error| Error::File { path: from.to_owned(), error })?;
        let new = parse(from, &text)?.entries;
        self.change(|text| {
            let form = || Error::Form { path: self.path(OWN) };
            new.iter().try_fold(text.to_owned(), |text, entry| edit::with(&text, entry).ok_or_else(form))
        })?;
        Ok(new.len())
    }

    /// Puts `text` in place of the first table.
    ///
    /// # Errors
    /// When it is no table or cannot be written.
    pub fn refresh(&self, text: &str) -> Result<(), Error> {
        let path = self.path(REFRESHED);
        Table::parse(text).map_err(|fault| Error::Table { path: path.clone(), fault: fault.to_string() })?;
        write(&path, text)?;
        self.check();
        Ok(())
    }

    /// Goes back to the table that comes with the program.
    ///
    /// # Errors
    /// When the refreshed one cannot be removed.
    pub fn forget_refreshed(&self) -> Result<(), Error> {
        let path = self.path(REFRESHED);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::File { path, error }),
            _ => {
                self.check();
                Ok(())
            }
        }
    }

    fn change(&self, edit: impl FnOnce(&str) -> Result<String, Error>) -> Result<(), Error> {
        let path = self.path(OWN);
        {
            // Held, so that of two changes at once none is lost.
            let _state = self.state();
            let text = match std::fs::read_to_string(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
                other => other.map_err(|error| Error::File { path: path.clone(), error })?,
            };
            parse(&path, &text)?;
            write(&path, &edit(&text)?)?;
        }
        self.check();
        Ok(())
    }
}

fn parse(path: &Path, text: &str) -> Result<PricesFile, Error> {
    PricesFile::parse(text).map_err(|fault| Error::Own { path: path.to_owned(), fault })
}

/// Whole or not at all, also when the power fails.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let written = std::fs::File::create(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, path)?;
        path.parent().map_or(Ok(()), |dir| std::fs::File::open(dir)?.sync_all())
    });
    written.map_err(|error| Error::File { path: path.to_owned(), error })
}
