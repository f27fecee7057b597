//! `tracemeter keys`: keys of who sends, and tokens of scripts. Changes the registry itself: the server need not run, and
//! one that runs notices within a second.

use std::io::{IsTerminal as _, Read as _};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::ConfigArgs;
use crate::clock::Clock;
use crate::config::Config;
use crate::model::{Grant, Signal, UnixNanos};
use crate::registry::keys::{DEFAULT_PROJECT, prefix};
use crate::registry::{self, Kept, Key, NewKey, Registry};

/// How long a text is good that `keep --renew` has replaced: those who have it get the new one meanwhile.
const GRACE: Duration = Duration::from_hours(24);

#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All keys: what each is for, and when it was last used
    List {
        /// Revoked ones, too
        #[arg(long)]
        all: bool,
    },
    /// Make a key and print it, this once
    New(Wanted),
    /// Make a key unless it is there: reads the text that is kept, if any, and prints the one to keep
    ///
    /// For scripts that set a machine up: `tracemeter keys keep n8n <kept >new && mv new kept` makes a key the first time
    /// and changes nothing ever after. A text that this server does not know, because its data are new or come from
    /// elsewhere, becomes the key's again. What it is good for and its project are set as they are asked for.
    Keep {
        #[command(flatten)]
        wanted: Wanted,
        /// Give another text to a key whose text is not at hand (what it was is good for another 24 hours), and make one
        /// that was revoked again
        #[arg(long)]
        renew: bool,
        /// Only say what would be done
        #[arg(long)]
        check: bool,
    },
    /// Give a key another text and print it, this once
    Rotate {
        /// Name of the key
        name: String,
        /// How long the text before is good, such as 1h or 7d; not at all when absent
        #[arg(long, value_name = "TIME", value_parser = duration)]
        keep: Option<Duration>,
    },
    /// Make a key good for nothing, at once
    Revoke {
        /// Name of the key
        name: String,
    },
}

#[derive(Debug, Args)]
struct Wanted {
    /// For whom it is, such as n8n
    name: String,
    /// What may be sent with it, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "traces,logs,metrics")]
    signals: Vec<SignalName>,
    /// A token for the API instead, for scripts and Prometheus
    #[arg(long, value_name = "SCOPE", conflicts_with_all = ["signals", "project"])]
    api: Option<Scope>,
    /// Under which everything stands that is sent with it; pages can be filtered by it
    #[arg(long, default_value = DEFAULT_PROJECT)]
    project: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SignalName {
    Traces,
    Logs,
    Metrics,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scope {
    /// May ask for everything and change nothing
    Read,
    /// May do what the admin may
    Admin,
}

pub(super) fn run(args: &KeysArgs) -> anyhow::Result<()> {
    let config = args.config.load()?;
    let registry = registry::open_beside(&config.data_dir)?;
    let now = Clock::system().now();
    match &args.command {
        Command::List { all } => print!("{}", listed(&registry.keys()?, *all)),
        Command::New(wanted) => {
            let is_first = registry.keys()?.iter().all(|key| key.grant.signals().is_none());
            let (key, secret) = registry.make_key(&wanted.key(), now)?;
            told(&key, &secret);
            if is_first && wanted.api.is_none() && !config.receive.allow_without_key {
                eprintln!(
                    "It is the first one: from now on everybody who sends is asked for a key, on this machine as well."
                );
            }
        }
        Command::Keep { wanted, renew, check } => {
            let text = kept_text()?;
            let until = renew.then(|| now.after(GRACE));
            let kept = registry.keep_key(&wanted.key(), text.as_deref(), until, now, *check)?;
            let (secret, what) = outcome(&kept, text);
            if !check {
                println!("{secret}");
            }
            eprintln!("{}: {what}", wanted.name);
        }
        Command::Rotate { name, keep } => {
            let (known, until) = (find(&registry, name)?, now.after(keep.unwrap_or_default()));
            let (key, secret) = registry.rotate_key(known.id, until, now)?.context("it has just been revoked")?;
            told(&key, &secret);
            match keep {
                Some(_) => eprintln!("The one before is good until {until}."),
                None => eprintln!("The one before is good no more."),
            }
        }
        Command::Revoke { name } => {
            registry.revoke_key(find(&registry, name)?.id, now)?;
            println!("{name} is revoked. What was sent with it stays.");
        }
    }
    Ok(())
}

/// Makes an ingest key for everything; of several of the same name the later ones have a number.
pub(super) fn make(config: &Config, name: &str) -> anyhow::Result<String> {
    let registry = registry::open_beside(&config.data_dir)?;
    let known = registry.keys()?;
    let is_free = |name: &str| known.iter().all(|key| key.name != name || key.revoked.is_some());
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name} {number}")));
    let name = names.find(|name| is_free(name)).unwrap_or_default();
    let wanted = NewKey { name, grant: Grant::Send(Signal::ALL.to_vec()), project: DEFAULT_PROJECT.into() };
    Ok(registry.make_key(&wanted, Clock::system().now())?.1)
}

impl Wanted {
    fn key(&self) -> NewKey {
        let signal = |name: &SignalName| match name {
            SignalName::Traces => Signal::Traces,
            SignalName::Logs => Signal::Logs,
            SignalName::Metrics => Signal::Metrics,
        };
        let grant = match self.api {
            Some(Scope::Read) => Grant::Read,
            Some(Scope::Admin) => Grant::Admin,
            // In the order in which they are stored, each once.
            None => {
                let asked: Vec<Signal> = self.signals.iter().map(signal).collect();
                Grant::Send(Signal::ALL.into_iter().filter(|one| asked.contains(one)).collect())
            }
        };
        NewKey { name: self.name.clone(), grant, project: self.project.clone() }
    }
}

/// What the input holds; nothing when nobody sends any.
fn kept_text() -> anyhow::Result<Option<String>> {
    let mut text = String::new();
    if !std::io::stdin().is_terminal() {
        std::io::stdin().take(4096).read_to_string(&mut text).context("while reading the key that is kept")?;
    }
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// The text to keep, and what has been done.
fn outcome(kept: &Kept, text: Option<String>) -> (String, String) {
    let same = text.unwrap_or_default();
    match kept {
        Kept::Same => (same, "nothing to do".into()),
        Kept::Changed => (same, "good for something else, or of another project".into()),
        Kept::Made(secret) => (secret.clone(), "made".into()),
        Kept::Taken => (same, "made known to this server".into()),
        Kept::Renewed(secret, until) => (secret.clone(), format!("another text; the one before is good until {until}")),
    }
}

/// The key alone goes to the output, so that scripts can take it.
fn told(key: &Key, secret: &str) {
    println!("{secret}");
    let how = match key.grant.signals() {
        Some(_) => "as Authorization: Bearer, as the password of Basic, or as x-api-key",
        None => "as Authorization: Bearer; commands of tracemeter take it from TRACEMETER_TOKEN",
    };
    eprintln!("This is shown once. Send it {how}.");
}

fn find(registry: &Registry, name: &str) -> anyhow::Result<Key> {
    let keys = registry.keys()?;
    let mut good = keys.into_iter().filter(|key| key.revoked.is_none());
    let Some(key) = good.find(|key| key.name == name) else {
        bail!("there is no key {name:?} that is good: `tracemeter keys list` shows those there are");
    };
    Ok(key)
}

fn listed(keys: &[Key], all: bool) -> String {
    let shown: Vec<&Key> = keys.iter().filter(|key| all || key.revoked.is_none()).collect();
    if shown.is_empty() {
        return "There is no key. `tracemeter keys new NAME` makes one.\n".into();
    }
    let minute = |time: UnixNanos| time.to_string().chars().take(16).collect::<String>().replace('T', " ");
    let time = |time: Option<UnixNanos>| time.map_or_else(|| "never".to_owned(), minute);
    let mut text = format!("{:20} {:24} {:18} {:17} {:17} project\n", "name", "for", "key", "made", "last used (UTC)");
    for key in shown {
        let prefix = prefix(&key.grant);
        let what = key.grant.signals().map_or_else(|| format!("API: {}", key.grant.to_text()), |_| key.grant.to_text());
        let hint = format!("{prefix}..{}", key.hint);
        let (made, used) = (minute(key.made), time(key.used));
        let revoked = key.revoked.map(|at| format!("  revoked {}", minute(at))).unwrap_or_default();
        text += &format!("{:20} {what:24} {hint:18} {made:17} {used:17} {}{revoked}\n", key.name, key.project);
    }
    text
}

/// `90m`, `24h`, `7d`.
fn duration(text: &str) -> Result<Duration, String> {
    let fault = || format!("{text:?} is no length of time: write 30m, 24h or 7d");
    let unit = [("m", 60), ("h", 3_600), ("d", 86_400)];
    let found = unit.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)));
    let (count, seconds) = found.ok_or_else(fault)?;
    let count: u64 = count.parse().map_err(|_| fault())?;
    count.checked_mul(seconds).map(Duration::from_secs).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit() {
        assert_eq!(duration("90m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(duration("7d"), Ok(Duration::from_secs(604_800)));
        for text in ["", "7", "d", "-1h", "1w", "99999999999999999999d"] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }
}
