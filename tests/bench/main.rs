//! Measures the release binary from outside: `load` sends, `limit` measures what the machine could do at most,
//! `all` does both and everything else. Nothing is asserted. See `README.md` beside this file.

mod away;
mod figures;
mod forward;
mod interpret;
mod limit;
mod load;
mod measure;
mod redact;
mod relay;
mod sampling;
mod send;
mod server;
mod sink;
mod text;
mod traffic;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Args, Parser, Subcommand};

use figures::Figures;
use load::Load;
use measure::Plan;
use send::Protocol;
use traffic::Profile;

#[derive(Debug, Parser)]
#[command(about = "Measures Tracemeter")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print the figures as JSON instead of a table.
    #[arg(long, global = true)]
    json: bool,
    /// Folder for everything written meanwhile; the system's temporary folder when absent.
    #[arg(long, global = true)]
    scratch: Option<PathBuf>,
    /// Seconds of each run, at most 600.
    #[arg(long, global = true, default_value_t = 10)]
    seconds: u64,
    /// Connections that send, at most 64.
    #[arg(long, global = true, default_value_t = 8)]
    connections: usize,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send to a server that runs already, on this machine only.
    Load(LoadArgs),
    /// The raw limit: decode, zstd level 1, append, fdatasync.
    Limit {
        #[arg(long, value_enum, default_value = "llm")]
        profile: Profile,
    },
    /// Processor time of reading spans: one thread, requests decoded already.
    Interpret,
    /// Processor time of redaction, beside that of the whole acknowledged path.
    Redact,
    /// Processor time of making Splunk events of chunks of the journal: one thread.
    Pack,
    /// What forwarding to a Splunk on this machine sustains, of what was received before.
    Forward {
        /// The binary to measure.
        #[arg(long)]
        binary: PathBuf,
        #[arg(long, value_enum, default_value = "plain")]
        profile: Profile,
        /// Receive so many GiB while the destination is away, then watch it catch up.
        #[arg(long, value_name = "GIB")]
        away: Option<f64>,
    },
    /// What the relay adds to streamed calls, a hundred at once.
    Relay {
        /// The binary to measure.
        #[arg(long)]
        binary: PathBuf,
    },
    /// Processor time of judging which traces go to a destination that gets a sample.
    Sampling {
        /// The binary to measure.
        #[arg(long)]
        binary: PathBuf,
    },
    /// Everything, on servers started for it.
    All {
        /// The binary to measure.
        #[arg(long)]
        binary: PathBuf,
        /// Also write the figures as JSON to this file.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct LoadArgs {
    /// Address of the OTLP port.
    #[arg(long, default_value = "127.0.0.1:4318")]
    to: SocketAddr,
    #[arg(long, value_enum, default_value = "http")]
    protocol: Protocol,
    #[arg(long, value_enum, default_value = "llm")]
    profile: Profile,
    /// Spans per second; full speed when absent.
    #[arg(long)]
    rate: Option<f64>,
    /// Another number makes other traces.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Name of the environment variable that has the ingest key, where the server wants one.
    #[arg(long)]
    key_env: Option<String>,
}

fn main() -> anyhow::Result<()> {
    // `cargo bench` adds this to what the user wrote.
    let cli = Cli::parse_from(std::env::args().filter(|argument| argument != "--bench"));
    ensure!((1..=600).contains(&cli.seconds), "--seconds {} must be between 1 and 600", cli.seconds);
    ensure!((1..=64).contains(&cli.connections), "--connections {} must be between 1 and 64", cli.connections);
    let scratch = cli.scratch.clone().unwrap_or_else(std::env::temp_dir);
    let figures = match cli.command {
        Command::Load(args) => send(&args, cli.seconds, cli.connections)?,
        Command::Limit { profile } => raw_limit(profile, cli.seconds, &scratch)?,
        Command::Interpret => interpret::measure(Duration::from_secs(cli.seconds))?,
        Command::Redact => redact::measure(Duration::from_secs(cli.seconds), &scratch)?,
        Command::Pack => forward::pack(Duration::from_secs(cli.seconds))?,
        Command::Forward { binary, profile, away } => {
            let plan = Plan { binary, scratch, seconds: cli.seconds, connections: cli.connections };
            match away {
                Some(gib) => away::measure(&plan, profile, gib)?,
                None => forward::measure(&plan, profile)?,
            }
        }
        Command::Relay { binary } => relay::measure(&binary, &scratch, cli.seconds)?,
        Command::Sampling { binary } => {
            sampling::measure(&Plan { binary, scratch, seconds: cli.seconds, connections: cli.connections })?
        }
        Command::All { binary, out } => {
            let plan = Plan { binary, scratch, seconds: cli.seconds, connections: cli.connections };
            let figures = measure::all(&plan)?;
            if let Some(out) = out {
                std::fs::write(&out, format!("{:#}\n", figures.json()))
                    .with_context(|| format!("cannot write {}", out.display()))?;
            }
            figures
        }
    };
    if cli.json {
        println!("{:#}", figures.json());
    } else {
        print!("{figures}");
    }
    Ok(())
}

fn send(args: &LoadArgs, seconds: u64, connections: usize) -> anyhow::Result<Figures> {
    ensure!(args.to.ip().is_loopback(), "{} is not this machine: load is for the loopback only", args.to);
    ensure!(args.rate.is_none_or(|rate| rate >= 1.0), "--rate must be at least 1");
    let key = args.key_env.as_ref().map(|name| std::env::var(name).with_context(|| format!("--key-env {name}")));
    let key = key.transpose()?;
    let load = Load {
        protocol: args.protocol,
        profile: args.profile,
        address: args.to,
        connections,
        duration: Duration::from_secs(seconds),
        rate: args.rate,
        seed: args.seed,
        key: key.as_deref(),
    };
    let sent = load.run()?;
    let mut figures = Figures::default();
    figures.set("spans_per_s", sent.spans_per_s());
    figures.set("mb_per_s", sent.mb_per_s());
    figures.set("requests", sent.requests as f64);
    figures.set("refused_requests", sent.refused as f64);
    figures.set("ack_p50_ms", sent.ack_ms(0.5));
    figures.set("ack_p99_ms", sent.ack_ms(0.99));
    Ok(figures)
}

fn raw_limit(profile: Profile, seconds: u64, scratch: &std::path::Path) -> anyhow::Result<Figures> {
    let limit = limit::measure(profile, Duration::from_secs(seconds), scratch)?;
    let mut figures = Figures::default();
    figures.set("spans_per_s", limit.spans_per_s);
    figures.set("mb_per_s", limit.mb_per_s);
    figures.set("cpu_s_per_gb", limit.cpu_s_per_gb);
    figures.set("written_percent", 100.0 * limit.written_share);
    Ok(figures)
}
