//! A backup as one stream in tar format: the same files under their own names, the list last.
//!
//! A stream that broke off has no list, so it is never taken for a whole one. Days that are being written are copied
//! to the data directory first, one at a time, because a tar file says the size of a file before its content.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Entry, Error, FORMAT, JOURNAL, LIST, List, Summary, failed, media, read_list, sources, verify};
use crate::journal::{self, Contents};
use crate::model::UnixNanos;
use crate::retain::LAST_BACKUP;
use crate::sqlite;

/// Writes everything worth keeping in `data_dir` to `into`, while its server may be running.
///
/// # Errors
/// Names the file that cannot be read; what was written until then is no backup.
pub fn write(data_dir: &Path, into: impl Write, now: UnixNanos) -> Result<Summary, Error> {
    let run = data_dir.join("run");
    fs::create_dir_all(&run).map_err(failed("create", &run))?;
    let scratch = Scratch(run.join(format!("backup-{}.sqlite", std::process::id())));
    let mut stream = Stream { tar: tar::Builder::new(into), now, files: BTreeMap::new() };
    for path in sources(data_dir)? {
        let from = data_dir.join(&path);
        let is_database = path.ends_with(".sqlite");
        let sealed = path.starts_with(JOURNAL) && journal::is_sealed(&from);
        if is_database && !sealed && from.exists() {
            scratch.clear()?;
            sqlite::copy(&from, &scratch.0).map_err(|source| Error::Database { path: from.clone(), source })?;
            stream.add(path, &scratch.0, false)?;
        } else {
            stream.add(path, &from, sealed)?;
        }
    }
    // Listed after the journal was copied: whatever that refers to was there before it.
    for path in media(data_dir) {
        let from = data_dir.join(&path);
        stream.add(path, &from, true)?;
    }
    let summary = stream.finish()?;
    let said = data_dir.join(LAST_BACKUP);
    fs::write(&said, now.to_string()).map_err(failed("write", &said))?;
    Ok(summary)
}

struct Stream<W: Write> {
    tar: tar::Builder<W>,
    now: UnixNanos,
    files: BTreeMap<String, Entry>,
}

impl<W: Write> Stream<W> {
    fn add(&mut self, path: String, from: &Path, sealed: bool) -> Result<(), Error> {
        let file = match File::open(from) {
            // Deleted by retention since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file.map_err(failed("open", from))?,
        };
        let bytes = file.metadata().map_err(failed("read", from))?.len();
        let mut hashed = Hashed { inner: file.take(bytes), hasher: blake3::Hasher::new(), bytes: 0 };
        let mut header = self.header(bytes);
        self.tar.append_data(&mut header, &path, &mut hashed).map_err(failed("stream", from))?;
        if hashed.bytes != bytes {
            return Err(failed("stream", from)(io::Error::other("it became shorter while it was read; try again")));
        }
        let blake3 = hashed.hasher.finalize().to_hex().to_string();
        self.files.insert(path.clone(), Entry { stored: path, bytes, blake3, sealed, source: (bytes, 0) });
        Ok(())
    }

    fn header(&self, bytes: u64) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(self.now.0 / 1_000_000_000).unwrap_or(0));
        header
    }

    fn finish(mut self) -> Result<Summary, Error> {
        let files = std::mem::take(&mut self.files);
        let copied_bytes = files.values().map(|entry| entry.bytes).sum();
        let summary = Summary { copied: files.len(), copied_bytes, ..Summary::default() };
        let version = env!("CARGO_PKG_VERSION").into();
        let list = List { format: FORMAT, version, taken_at: self.now.to_string(), files };
        let place = Path::new(LIST);
        let text = serde_json::to_vec_pretty(&list)
            .map_err(|error| Error::List { path: place.to_owned(), reason: error.to_string() })?;
        let mut header = self.header(text.len() as u64);
        self.tar.append_data(&mut header, LIST, text.as_slice()).map_err(failed("stream", place))?;
        self.tar.into_inner().and_then(|mut into| into.flush()).map_err(failed("stream", place))?;
        Ok(summary)
    }
}

/// Reads a stream and checks it like [`verify`]; needs as much room in the folder for temporary files.
///
/// # Errors
/// When it broke off or is damaged.
pub fn verify_stream(from: impl Read, now: UnixNanos) -> Result<(Contents, String), Error> {
    let scratch = Scratch(std::env::temp_dir().join(format!("tracemeter-stream-{}-{}", std::process::id(), now.0)));
    unpack(from, &scratch.0)?;
    verify(&scratch.0)
}

/// Makes `data_dir` from a stream, after verifying it there.
///
/// # Errors
/// When the stream broke off or is damaged, `data_dir` has data already, or a file cannot be written.
pub fn restore_stream(from: impl Read, data_dir: &Path) -> Result<(Contents, String), Error> {
    let journal_dir = data_dir.join(JOURNAL);
    if fs::read_dir(&journal_dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::NotEmpty(data_dir.to_owned()));
    }
    fs::create_dir_all(&journal_dir).map_err(failed("create", &journal_dir))?;
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(data_dir, private).map_err(failed("protect", data_dir))?;
    let staging = Scratch(data_dir.join("restoring"));
    staging.clear()?;
    unpack(from, &staging.0)?;
    let verified = verify(&staging.0)?;
    for (path, entry) in read_list(&staging.0)?.files {
        let (unpacked, to) = (staging.0.join(&entry.stored), data_dir.join(&path));
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(failed("create", folder))?;
        }
        File::open(&unpacked).and_then(|file| file.sync_all()).map_err(failed("sync", &unpacked))?;
        fs::rename(&unpacked, &to).map_err(failed("name", &to))?;
    }
    Ok(verified)
}

/// Writes the files of the stream below `into`; what would lie outside is left out, and missed when it is verified.
fn unpack(from: impl Read, into: &Path) -> Result<(), Error> {
    fs::create_dir_all(into).map_err(failed("create", into))?;
    let mut archive = tar::Archive::new(from);
    archive.set_preserve_mtime(false);
    let broken = |error: io::Error| Error::Stream(error.to_string());
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if entry.header().entry_type().is_file() {
            entry.unpack_in(into).map_err(broken)?;
        }
    }
    if into.join(LIST).exists() {
        return Ok(());
    }
    Err(Error::Stream(format!("it has no {LIST}, which comes last: it broke off, or is something else")))
}

struct Hashed<R> {
    inner: R,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.hasher.update(&into[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

/// A file or folder that is gone at the end, however it ends.
struct Scratch(PathBuf);

impl Scratch {
    fn clear(&self) -> Result<(), Error> {
        let removed = if self.0.is_dir() { fs::remove_dir_all(&self.0) } else { fs::remove_file(&self.0) };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &self.0)(error)),
            _ => Ok(()),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is removed by the next run.
        let _removed = self.clear();
    }
}
