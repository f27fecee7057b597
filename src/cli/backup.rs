//! `tracemeter backup` and `tracemeter restore`.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::ConfigArgs;
use crate::backup;
use crate::clock::Clock;
use crate::upgrade;

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// Folder of the backup; made when missing, brought up to date when not; - writes one tar stream to the output
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Remove days from the backup that the server has deleted
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// Folder of the backup; - reads a stream that `backup -` wrote
    #[arg(value_name = "DIR", required_unless_present = "undo_upgrade")]
    dir: Option<PathBuf>,
    /// Only check that the backup is whole and can be read
    #[arg(long)]
    verify: bool,
    /// Go back to before the last upgrade that changed the format; what came since is put aside
    #[arg(long, conflicts_with_all = ["dir", "verify"])]
    undo_upgrade: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn backup(args: &BackupArgs) -> anyhow::Result<()> {
    let config = args.config.load()?;
    if args.dir == Path::new("-") {
        return stream(&config.data_dir);
    }
    let done = backup::backup(&config.data_dir, &args.dir, Clock::system().now(), args.prune)?;
    println!(
        "{} files ({} bytes) were copied to {}; {} finished days and media were there already",
        done.copied,
        done.copied_bytes,
        args.dir.display(),
        done.kept
    );
    if done.only_here > 0 {
        println!("{} days are only in the backup: the server has deleted them (--prune removes them)", done.only_here);
    }
    if done.pruned > 0 {
        println!("{} days that the server has deleted were removed from the backup", done.pruned);
    }
    Ok(())
}

/// What is said goes to the error stream: the output is the backup.
fn stream(data_dir: &Path) -> anyhow::Result<()> {
    let output = io::stdout();
    if output.is_terminal() {
        bail!("the backup would go to the terminal: send it to a file or another program, as in `backup - > file.tar`");
    }
    let buffered = io::BufWriter::with_capacity(1 << 20, output.lock());
    let done = backup::stream::write(data_dir, buffered, Clock::system().now())?;
    eprintln!("{} files ({} bytes) were written", done.copied, done.copied_bytes);
    Ok(())
}

pub(super) fn restore(args: &RestoreArgs) -> anyhow::Result<()> {
    let Some(dir) = &args.dir else { return undo_upgrade(args) };
    let is_stream = dir == Path::new("-");
    let (contents, taken_at) = if args.verify && is_stream {
        backup::stream::verify_stream(io::stdin().lock(), Clock::system().now())?
    } else if args.verify {
        backup::verify(dir)?
    } else {
        let config = args.config.load()?;
        let restored = if is_stream {
            backup::stream::restore_stream(io::stdin().lock(), &config.data_dir)?
        } else {
            backup::restore(dir, &config.data_dir)?
        };
        println!("restored to {}; lists and boards are built again at the next start", config.data_dir.display());
        restored
    };
    println!(
        "the backup of {taken_at} is whole: {} days, {} chunks, {} spans, log records and metrics",
        contents.days, contents.chunks, contents.items
    );
    Ok(())
}

fn undo_upgrade(args: &RestoreArgs) -> anyhow::Result<()> {
    let config = args.config.load()?;
    let undone = upgrade::undo(&config.data_dir, Clock::system().now())?;
    println!(
        "{} is as it was on {}, in journal format {}: start the version that you had then",
        config.data_dir.display(),
        undone.snapshot.taken_at,
        undone.snapshot.from
    );
    println!("what was there until now is in {}", undone.put_aside.display());
    Ok(())
}
