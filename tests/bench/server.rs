//! The release binary as its own process, and what the kernel says about it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tempfile::TempDir;
use tracemeter::app::Addresses;

use crate::send::get;

/// Between two looks at the resident memory.
const SAMPLE_EVERY: Duration = Duration::from_millis(50);

/// Longest wait for the loader after a run.
const CATCH_UP: Duration = Duration::from_secs(300);

/// A running server with a data directory of its own, stopped and removed at the end.
#[derive(Debug)]
pub struct Server {
    child: Child,
    dir: TempDir,
    pub start_ms: f64,
    addresses: Addresses,
}

impl Server {
    /// Starts `binary` on free ports of this machine's loopback, its data below `scratch`.
    ///
    /// # Errors
    /// When it does not get ready.
    pub fn start(binary: &Path, scratch: &Path) -> anyhow::Result<Self> {
        Self::start_in(binary, tempfile::tempdir_in(scratch)?, &[])
    }

    /// The same with these variables.
    ///
    /// # Errors
    /// When it does not get ready.
    pub fn start_with(binary: &Path, scratch: &Path, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_in(binary, tempfile::tempdir_in(scratch)?, variables)
    }

    /// Ends it and starts it again on the same data, with these variables.
    ///
    /// # Errors
    /// When it does not end or does not get ready.
    pub fn start_again(mut self, binary: &Path, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let spare = tempfile::tempdir()?;
        let dir = std::mem::replace(&mut self.dir, spare);
        self.stop()?;
        Self::start_in(binary, dir, variables)
    }

    fn start_in(binary: &Path, dir: TempDir, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let data = dir.path().join("data");
        let began = Instant::now();
        let mut child = Command::new(binary)
            .arg("serve")
            .env("TRACEMETER_DATA_DIR", &data)
            .env("TRACEMETER_RECEIVE__GRPC", "127.0.0.1:0")
            .env("TRACEMETER_RECEIVE__HTTP", "127.0.0.1:0")
            .env("TRACEMETER_WEB__LISTEN", "127.0.0.1:0")
            .env("TRACEMETER_LOG__LEVEL", "error")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let start_ms = began.elapsed().as_secs_f64() * 1e3;
        let Some(addresses) = line.contains("is ready").then(|| Addresses::read(&data)).flatten() else {
            child.kill()?;
            bail!("{} did not get ready: {line:?}", binary.display());
        };
        Ok(Self { child, dir, start_ms, addresses })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn addresses(&self) -> Addresses {
        self.addresses.clone()
    }

    pub fn web(&self) -> SocketAddr {
        self.addresses.web
    }

    /// Waits until everything received is in the analytics; gives the seconds it took.
    ///
    /// # Errors
    /// When it takes too long.
    pub fn catch_up(&self) -> anyhow::Result<f64> {
        self.until_caught_up("analytics")
    }

    /// Waits until everything received is in the analytics and the search index, so that nothing else is at work.
    ///
    /// # Errors
    /// When it takes too long.
    pub fn come_to_rest(&self) -> anyhow::Result<()> {
        ["analytics", "search"].into_iter().try_for_each(|part| self.until_caught_up(part).map(drop))
    }

    fn until_caught_up(&self, part: &str) -> anyhow::Result<f64> {
        let began = Instant::now();
        // Search may be switched off.
        while get(self.web(), "/api/v1/health")?[part]["caught_up"] == false {
            if began.elapsed() > CATCH_UP {
                bail!("the {part} did not catch up within {} s", CATCH_UP.as_secs());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(began.elapsed().as_secs_f64())
    }

    /// Bytes of a folder of the data directory, of all of it for `""`.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn disk_bytes(&self, folder: &str) -> anyhow::Result<u64> {
        bytes_below(&self.dir.path().join("data").join(folder))
    }

    /// Ends it as a service manager would.
    ///
    /// # Errors
    /// When it does not end with status 0.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let killed = Command::new("kill").arg(self.pid().to_string()).status()?;
        let ended = self.child.wait()?;
        if !(killed.success() && ended.success()) {
            bail!("the server ended with {ended}");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` there is nothing left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn files_below(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

fn bytes_below(dir: &Path) -> anyhow::Result<u64> {
    // A write-ahead log may be removed between listing and looking.
    Ok(files_below(dir)?.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum())
}

/// CPU time a process has used, in user mode and in the kernel.
///
/// # Errors
/// When there is no such process.
pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    // USER_HZ is 100 on every Linux that Rust's standard library runs on.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold spaces; utime and stime are the fields 14 and 15, counted from 1.
    let (_, fields) = stat.rsplit_once(") ").context("/proc/PID/stat looks unfamiliar")?;
    let mut ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
    let (user, system) = ticks.next().zip(ticks.next()).context("/proc/PID/stat is too short")?;
    Ok((user? + system?) as f64 / TICKS_PER_SECOND)
}

/// Resident memory of a process in MiB.
///
/// # Errors
/// When there is no such process.
pub fn resident_mib(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in /proc")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// Watches the resident memory of a process from a thread.
#[derive(Debug)]
pub struct Watch {
    stop: Arc<AtomicBool>,
    peak_kib: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Watch {
    pub fn start(pid: u32) -> Self {
        let (stop, peak_kib) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let thread = std::thread::spawn({
            let (stop, peak) = (Arc::clone(&stop), Arc::clone(&peak_kib));
            move || {
                while !stop.load(Ordering::Relaxed) {
                    if let Ok(mib) = resident_mib(pid) {
                        peak.fetch_max((mib * 1024.0) as u64, Ordering::Relaxed);
                    }
                    std::thread::sleep(SAMPLE_EVERY);
                }
            }
        });
        Self { stop, peak_kib, thread }
    }

    /// The peak in MiB.
    pub fn stop(self) -> f64 {
        self.stop.store(true, Ordering::Relaxed);
        // It cannot panic.
        let _ = self.thread.join();
        self.peak_kib.load(Ordering::Relaxed) as f64 / 1024.0
    }
}
