//! A key that is made once and kept by whoever sets a machine up: its text lies in a file of theirs, its hash here, and
//! both have to agree.

use rusqlite::params;

use super::keys::{Key, NewKey, hash_of, is_text};
use super::{Error, Registry};
use crate::model::UnixNanos;

/// What has become of a key that was to be there. Texts are told this once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// File and registry agree.
    Same,
    /// They agree; what it is good for, or its project, is another one from now on.
    Changed,
    /// There was no such key.
    Made(String),
    /// The registry did not know the text: it is one of another data directory, or was lost with it.
    Taken,
    /// Another text; the one before, which nobody had at hand, is good until then.
    Renewed(String, UnixNanos),
}

/// What is to be done for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    Change(i64),
    Make,
    Take,
    Renew(i64),
}

impl Registry {
    /// Sees that there is a key as it is wanted, of which `text` is kept. Without `until` a key is never given another
    /// text; with it one whose text is not at hand is, and one that was revoked is made again. `dry`: only tells what
    /// would be done, with an empty text where one would be made.
    ///
    /// # Errors
    /// When text and registry do not agree and `until` is absent, the text is that of another key or none, or the file
    /// cannot be written.
    pub fn keep_key(
        &self,
        wanted: &NewKey,
        text: Option<&str>,
        until: Option<UnixNanos>,
        now: UnixNanos,
        dry: bool,
    ) -> Result<Kept, Error> {
        let step = plan(&self.keys()?, wanted, text, until.is_some()).map_err(Error::Key)?;
        let until = until.unwrap_or(now);
        Ok(match step {
            Step::Nothing => Kept::Same,
            Step::Change(_) if dry => Kept::Changed,
            Step::Make if dry => Kept::Made(String::new()),
            Step::Take if dry => Kept::Taken,
            Step::Renew(_) if dry => Kept::Renewed(String::new(), until),
            Step::Change(id) => self.change_key(id, wanted).map(|()| Kept::Changed)?,
            Step::Make => Kept::Made(self.make_key(wanted, now)?.1),
            Step::Take => self.take_key(wanted, text.unwrap_or_default(), now).map(|_| Kept::Taken)?,
            Step::Renew(id) => {
                let gone = || Error::Key(format!("the key {:?} has just been revoked", wanted.name));
                let secret = self.rotate_key(id, until, now)?.ok_or_else(gone)?.1;
                self.change_key(id, wanted)?;
                Kept::Renewed(secret, until)
            }
        })
    }

    /// What it is good for, and its project.
    fn change_key(&self, id: i64, wanted: &NewKey) -> Result<(), Error> {
        wanted.check()?;
        let statement = "UPDATE access_key SET grants = ?, project = ? WHERE id = ? AND revoked_ns IS NULL";
        self.ask(|file| file.execute(statement, params![wanted.grant.to_text(), wanted.project, id]).map(drop))
    }
}

/// Or why nothing may be done, and what to do.
fn plan(keys: &[Key], wanted: &NewKey, text: Option<&str>, renew: bool) -> Result<Step, String> {
    let name = &wanted.name;
    let good = keys.iter().find(|key| key.name == *name && key.revoked.is_none());
    let whose = text.map(hash_of).and_then(|hash| keys.iter().find(|key| key.hash == hash));
    if let Some(other) = whose.filter(|other| other.name != *name) {
        return Err(format!(
            "what is kept as {name:?} is the text of the key {:?}: each has one of its own",
            other.name
        ));
    }
    let sends = |key: &Key| key.grant.signals().is_some();
    if let Some(key) = good.filter(|key| sends(key) != wanted.grant.signals().is_some()) {
        let (is, asked) = if sends(key) { ("an ingest key", "a token") } else { ("a token", "an ingest key") };
        return Err(format!(
            "{name:?} is {is}, and {asked} is wanted: take another name, or revoke it (`tracemeter keys revoke {name}`)"
        ));
    }
    match (good, text, whose) {
        (Some(key), _, Some(own)) if own.id == key.id => {
            let fits = key.grant == wanted.grant && key.project == wanted.project;
            Ok(if fits { Step::Nothing } else { Step::Change(key.id) })
        }
        (Some(key), ..) if renew => Ok(Step::Renew(key.id)),
        (Some(_), None, _) => Err(format!(
            "there is a key {name:?}, and its text is not kept here: put it there, or renew it; then the one before is \
             good for another day"
        )),
        (Some(key), Some(_), _) => {
            let since = key.rotated.map(|at| format!(" (it was rotated at {at})")).unwrap_or_default();
            Err(format!(
                "the text that is kept is not that of the key {name:?}{since}: put the right one there, or renew it; then \
                 that one is good for another day"
            ))
        }
        (None, Some(_), Some(own)) if !renew => {
            let at = own.revoked.map(|at| format!(" at {at}")).unwrap_or_default();
            Err(format!("the key {name:?} was revoked{at}: want it no more, or renew it"))
        }
        (None, Some(_), Some(_)) | (None, None, _) => Ok(Step::Make),
        (None, Some(text), None) if is_text(text, &wanted.grant) => Ok(Step::Take),
        (None, Some(_), None) if renew => Ok(Step::Make),
        (None, Some(_), None) => Err(format!("what is kept as {name:?} is no such key: remove it, or renew it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Grant, Signal};

    const NOW: UnixNanos = UnixNanos(5);

    fn wanted() -> NewKey {
        NewKey { name: "n8n".into(), grant: Grant::Send(Signal::ALL.to_vec()), project: "lab".into() }
    }

    /// A registry with a key `n8n`, and its text.
    fn kept() -> (tempfile::TempDir, Registry, String) {
        let dir = tempfile::tempdir().expect("temporary directory");
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens");
        let Kept::Made(text) = registry.keep_key(&wanted(), None, None, NOW, false).expect("made") else {
            panic!("a first key is made")
        };
        (dir, registry, text)
    }

    fn fault(result: Result<Kept, Error>) -> String {
        result.expect_err("refused").to_string()
    }

    #[test]
    fn a_key_is_made_once_and_what_it_is_good_for_changes_with_the_text_it_has() {
        let (_dir, registry, text) = kept();
        let keep = |wanted: &NewKey, dry| registry.keep_key(wanted, Some(&text), None, NOW, dry).expect("kept");
        assert_eq!((keep(&wanted(), false), registry.keys().expect("read").len()), (Kept::Same, 1));
        let narrow = NewKey { grant: Grant::Send(vec![Signal::Logs]), project: "shop".into(), ..wanted() };
        assert_eq!((keep(&narrow, true), keep(&wanted(), false)), (Kept::Changed, Kept::Same), "nothing was done");
        assert_eq!((keep(&narrow, false), keep(&narrow, false)), (Kept::Changed, Kept::Same));
        let key = registry.keys().expect("read").remove(0);
        assert_eq!((key.grant, key.project, key.hash), (narrow.grant, narrow.project, hash_of(&text)));
        let token = NewKey { grant: Grant::Read, ..wanted() };
        let said = fault(registry.keep_key(&token, Some(&text), Some(NOW), NOW, false));
        assert!(said.contains("is an ingest key, and a token is wanted"), "{said}");
        let nothing = NewKey { grant: Grant::Send(Vec::new()), ..wanted() };
        assert!(fault(registry.keep_key(&nothing, Some(&text), None, NOW, false)).contains("traces, logs or metrics"));
    }

    #[test]
    fn a_text_that_is_not_at_hand_is_replaced_only_when_told() {
        let (_dir, registry, text) = kept();
        for (other, word) in [(None, "its text is not kept here"), (Some(format!("{text}0")), "is not that of the key")]
        {
            let said = fault(registry.keep_key(&wanted(), other.as_deref(), None, NOW, false));
            assert!(said.contains(word), "{said}");
        }
        let until = UnixNanos(90);
        let would = registry.keep_key(&wanted(), None, Some(until), NOW, true).expect("told");
        assert_eq!(would, Kept::Renewed(String::new(), until));
        let Kept::Renewed(new, _) = registry.keep_key(&wanted(), None, Some(until), NOW, false).expect("renewed")
        else {
            panic!("renewed")
        };
        let key = registry.keys().expect("read").remove(0);
        assert_eq!((key.hash, key.old), (hash_of(&new), Some((hash_of(&text), until))));
        assert_eq!(registry.keep_key(&wanted(), Some(&new), Some(until), NOW, false).expect("kept"), Kept::Same);
        assert!(fault(registry.keep_key(&wanted(), Some(&text), None, NOW, false)).contains("it was rotated at"));
    }

    #[test]
    fn a_key_that_was_revoked_comes_back_only_when_told_and_one_that_was_lost_is_taken() {
        let (_dir, registry, text) = kept();
        let id = registry.keys().expect("read").remove(0).id;
        assert!(registry.revoke_key(id, NOW).expect("written"));
        let keep = |until| registry.keep_key(&wanted(), Some(&text), until, NOW, false);
        assert!(fault(keep(None)).contains("was revoked at"));
        let Kept::Made(new) = keep(Some(NOW)).expect("made") else { panic!("made anew") };
        assert_ne!(new, text);

        let other = tempfile::tempdir().expect("temporary directory");
        let other = Registry::open(other.path(), [7; 32]).expect("opens");
        let keep = |name: &str, text: &str| {
            other.keep_key(&NewKey { name: name.into(), ..wanted() }, Some(text), None, NOW, false)
        };
        assert_eq!(keep("n8n", &new).expect("taken"), Kept::Taken);
        assert_eq!(keep("n8n", &new).expect("kept"), Kept::Same);
        assert!(fault(keep("dify", &new)).contains("is the text of the key \"n8n\""));
        for text in ["", "any", "tm_ingest_", &new.to_uppercase(), &new.replace("tm_ingest_", "tm_api_")] {
            assert!(fault(keep("dify", text)).contains("is no such key"), "{text}");
        }
        assert_eq!(other.keys().expect("read").len(), 1);
    }
}
