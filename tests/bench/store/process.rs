//! The release binary on the filled store, as its own process: how soon it is ready, what it keeps in memory, and how
//! fast it opens a trace.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tracemeter::app::Addresses;
use tracemeter::model::TraceId;

/// Built together with the benchmark.
const BINARY: &str = env!("CARGO_BIN_EXE_tracemeter");

pub struct Process {
    child: Child,
    web: SocketAddr,
    pub start_ms: f64,
}

impl Process {
    /// Starts the binary on the data directory `data`, and waits until it is ready.
    pub fn start(data: &Path) -> Self {
        let begun = Instant::now();
        let mut child = Command::new(BINARY)
            .arg("serve")
            .env("TRACEMETER_DATA_DIR", data)
            .env("TRACEMETER_RECEIVE__GRPC", "127.0.0.1:0")
            .env("TRACEMETER_RECEIVE__HTTP", "127.0.0.1:0")
            .env("TRACEMETER_WEB__LISTEN", "127.0.0.1:0")
            .env("TRACEMETER_LOG__LEVEL", "error")
            // The stored month is a fixed one and is to stay, whatever the day is. Words are not indexed here.
            .env("TRACEMETER_RETENTION__CONTENT_DAYS", "36500")
            .env("TRACEMETER_RETENTION__ANALYTICS_DAYS", "36500")
            .env("TRACEMETER_SEARCH__ENABLED", "false")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it prints a line");
        let start_ms = begun.elapsed().as_secs_f64() * 1e3;
        let addresses = Addresses::read(data).filter(|_| line.contains("is ready")).expect("it gets ready");
        Self { child, web: addresses.web, start_ms }
    }

    /// Asks for the page of a trace; milliseconds until the answer was here.
    pub fn open_trace(&self, trace: TraceId) -> f64 {
        let begun = Instant::now();
        let answer = self.get(&format!("/api/v1/traces/{trace}"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{}", answer.chars().take(300).collect::<String>());
        begun.elapsed().as_secs_f64() * 1e3
    }

    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.web).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("not zero");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.web).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    /// A field of `/proc/PID/status` in MiB.
    pub fn memory_mib(&self, field: &str) -> u64 {
        crate::status_mib(&self.child.id().to_string(), field)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // As a service manager would; killed only when that fails.
        let told = Command::new("kill").arg(self.child.id().to_string()).status();
        if !told.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
