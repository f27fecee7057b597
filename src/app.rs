//! The only place where the parts meet: open, wire, serve, drain.

mod addresses;
mod notices;

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::access::Access;
use crate::analytics::Analytics;
use crate::api::{self, ApiState, DryRuns};
use crate::arrivals::Arrivals;
use crate::clock::Clock;
use crate::config::Config;
use crate::forward::{Forward, Surroundings};
use crate::interpret::Interpreter;
use crate::journal::Journal;
use crate::lifecycle::DRAIN;
use crate::lock::Lock;
use crate::media::Media;
use crate::meter::Meter;
use crate::power::Power;
use crate::prices::Prices;
use crate::receive::{self, Receiver};
use crate::redact::Redactor;
use crate::registry::Registry;
use crate::relay::Relay;
use crate::retain::{Eraser, Retention, Stores, reserve};
use crate::search::Search;
use crate::{registry, ui, upgrade};

use addresses::{bind, listen};

pub use addresses::{Addresses, reached_as};

/// A running Tracemeter.
pub struct App {
    addresses: Addresses,
    /// Handles to all parts.
    parts: ApiState,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
    /// Held for as long as we live: two writers in one data directory would spoil it.
    _lock: Lock,
}

impl App {
    /// Opens the stores, binds the ports, and serves until [`App::stop`].
    ///
    /// # Errors
    /// When a port is taken, the data directory is in use or a store cannot be opened; the message says which.
    pub async fn start(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let data_dir = &config.data_dir;
        let lock = prepare(data_dir)?;
        reserve::hold(data_dir).with_context(|| format!("while writing to {}", data_dir.display()))?;
        upgrade::prepare(data_dir, clock.now())?;
        // Ports first: a port in use is the commonest fault and needs no store to be found.
        let (mut addresses, [grpc, http, web], further) = listen(config).await?;
        let relaying = match config.relay.listen {
            Some(address) => Some(bind("relay.listen", address).await?),
            None => None,
        };
        addresses.relay = relaying.as_ref().map(TcpListener::local_addr).transpose()?;

        let (stop, stopped) = watch::channel(false);
        let mut parts = open(config, clock, &addresses, &stopped)?;
        let receiver = receiver(config, &parts);
        parts.relay = relay(config, &addresses, &receiver, &parts)?;
        let pages = api::router(parts.clone()).merge(ui::router());

        let mut servers = JoinSet::new();
        servers.spawn(receive::serve(web, receiver.beside(pages), stopped.clone(), DRAIN, None));
        let known = [grpc, http].into_iter().zip(receiver.routers());
        for (listener, router) in known.chain(further.into_iter().zip(receiver.further_routers())) {
            servers.spawn(receive::serve(listener, router, stopped.clone(), DRAIN, Some(parts.arrivals.clone())));
        }
        if let Some((listener, relay)) = relaying.zip(parts.relay.as_ref()) {
            let arrivals = Some(parts.arrivals.clone());
            servers.spawn(receive::serve(listener, relay.router(), stopped.clone(), DRAIN, arrivals));
        }
        servers.spawn(parts.prices.clone().follow(stopped.clone()));
        servers.spawn(parts.access.clone().follow(stopped));
        parts.access.write_command_token(data_dir)?;
        addresses.write(data_dir)?;
        notices::say(config, &addresses, &parts.access)?;
        Ok(Self { addresses, parts, stop, servers, _lock: lock })
    }

    pub fn addresses(&self) -> Addresses {
        self.addresses.clone()
    }

    pub fn journal(&self) -> &Journal {
        &self.parts.journal
    }

    /// Answers whether the threads that keep data are at work; asked by the service manager's watchdog.
    pub fn alive(&self) -> impl Fn() -> bool + Send + 'static {
        let ApiState { journal, analytics, search, .. } = self.parts.clone();
        move || journal.is_running() && analytics.is_running() && search.is_running()
    }

    /// Ends in the order of the flow: no new requests, those in flight are answered, what waits is committed,
    /// what is committed is loaded as far as it got.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // Listeners of live updates would else stay for as long as the drain lets them.
        self.parts.analytics.end_announcements();
        while self.servers.join_next().await.is_some() {}
        if let Some(relay) = &self.parts.relay {
            relay.close().await;
        }
        self.parts.power.close().await;
        self.parts.retention.close().await;
        self.parts.eraser.close().await;
        self.parts.media.close().await;
        self.parts.forward.close().await;
        self.parts.journal.close().await;
        self.parts.analytics.close().await;
        self.parts.search.close().await;
        tracing::info!("stopped");
    }
}

/// Opens and starts all parts behind the ports, in the order of the flow.
fn open(
    config: &Config,
    clock: Clock,
    addresses: &Addresses,
    stopped: &watch::Receiver<bool>,
) -> anyhow::Result<ApiState> {
    let data_dir = &config.data_dir;
    let meter = Meter::default();
    let started = clock.now();
    let key = registry::redaction_key(data_dir)?;
    let registry = Registry::open(data_dir, key)?;
    let access = Access::open(registry.clone(), clock.clone(), &config.web)?;
    let redactor = Arc::new(Redactor::new(&config.redact, key)?);
    let (interpreter, prices) = interpreter(config);
    let journal = Journal::open(&data_dir.join("journal"), &config.journal, clock.clone(), &meter)?;
    let analytics = Analytics::open(
        &data_dir.join("analytics"),
        &config.analytics,
        journal.clone(),
        Arc::clone(&interpreter),
        clock.clone(),
        &meter,
    )?;
    let dir = data_dir.join("search");
    let search = Search::open(&dir, &config.search, journal.clone(), interpreter.clone(), clock.clone(), &meter)?;
    let dir = data_dir.join("media");
    let media = Media::open(&dir, &config.media, journal.clone(), clock.clone(), &meter, stopped.clone())?;
    let around = Surroundings {
        journal: journal.clone(),
        analytics: analytics.clone(),
        registry: registry.clone(),
        media: media.clone(),
        interpreter: Arc::clone(&interpreter),
        clock: clock.clone(),
        redactor: Arc::clone(&redactor),
    };
    let forward = Forward::start(&config.destination, data_dir, &around, &meter, stopped)?;
    let sender = forward.clone();
    let stores = Stores::of(&journal, &media, &analytics, &search, &registry, &interpreter, &clock)
        .forwarded_by(Arc::new(move |traces, place| sender.erased(traces, place)));
    let retention = Retention::start(&config.retention, data_dir, &stores, &meter, stopped.clone());
    let eraser = Eraser::start(&stores, stopped.clone());
    let power = Power::start(config, journal.clone(), clock.clone(), &meter, stopped.clone())?;
    Ok(ApiState {
        analytics,
        journal,
        media,
        retention,
        eraser,
        registry,
        interpreter,
        prices,
        search,
        forward,
        redactor,
        dry_runs: DryRuns::new(stopped.clone()),
        power,
        relay: None,
        arrivals: Arrivals::new(clock.clone()),
        access,
        clock,
        meter,
        config: Arc::new(config.clone()),
        addresses: addresses.otlp(),
        started,
    })
}

/// What takes requests on behalf of the journal.
fn receiver(config: &Config, parts: &ApiState) -> Receiver {
    let ApiState { redactor, media, journal, arrivals, access, clock, meter, .. } = parts.clone();
    let around = receive::Surroundings { redactor, media, journal, arrivals, access, clock };
    Receiver::new(&config.receive, config.web.listen.ip(), around, &meter)
}

/// What passes model calls on, if the configuration says so.
fn relay(
    config: &Config,
    addresses: &Addresses,
    receiver: &Receiver,
    parts: &ApiState,
) -> anyhow::Result<Option<Relay>> {
    let Some(address) = addresses.relay else { return Ok(None) };
    let ApiState { arrivals, access, clock, meter, .. } = parts.clone();
    Ok(Some(Relay::start(&config.relay, address, receiver.clone(), (arrivals, access), clock, &meter)?))
}

/// What reads spans, with the prices of the data directory.
fn interpreter(config: &Config) -> (Arc<Interpreter>, Prices) {
    let interpreter = Arc::new(Interpreter::new(&config.attribution, &config.cost).with_local(&config.local));
    let prices = Prices::open(&config.data_dir, Some(Arc::clone(&interpreter)));
    (interpreter, prices)
}

/// Makes the data directory, readable by us alone since it holds every prompt, and locks it.
fn prepare(data_dir: &Path) -> anyhow::Result<Lock> {
    let run = data_dir.join("run");
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&run)
        .with_context(|| format!("while creating the data directory {} (data_dir)", data_dir.display()))?;
    let path = run.join("lock");
    let lock = Lock::take(&path).with_context(|| format!("while locking {}", path.display()))?;
    lock.with_context(|| {
        format!(
            "the data directory {} is in use by another tracemeter: stop it, or give this one another data_dir",
            data_dir.display()
        )
    })
}
