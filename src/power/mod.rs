//! Reads what machines at home draw, for the rules of `[[local]]` that are charged by measured energy.
//!
//! A reading goes through the journal as an OTLP gauge, like all that happens: so what a call cost can be worked out
//! again from the journal, readings are in backups, under retention and among the metrics, and there is no second
//! store to keep in step. Nothing runs when no rule names a source.

mod source;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use prometheus_client::metrics::counter::Counter;
use prost::Message as _;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::clock::Clock;
use crate::config::{Config, LocalRule};
use crate::journal::{Batch, Journal, Payload};
use crate::meter::Meter;
use crate::model::UnixNanos;
use crate::model::local::{MACHINE, POWER, POWER_SERVICE};
use crate::model::otlp::{
    AnyValue, Gauge, InstrumentationScope, KeyValue, Metric, MetricsData, NumberDataPoint, Resource, ResourceMetrics,
    ScopeMetrics, any_value, metric, number_data_point,
};
use source::Source;

/// Largest answer that is read: the status of a plug is a few kB.
const MOST_BYTES: usize = 1 << 20;

/// Readings that wait while the journal does not take them: an hour of one machine.
const MOST_WAITING: usize = 360;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{url:?} is no address ({error}): write it as http://host:port")]
    Address { url: String, error: String },
    #[error("cannot read the token in {path}: {source}")]
    Token { path: std::path::PathBuf, source: std::io::Error },
    #[error("there is no credential {0:?}: add LoadCredential={0}:PATH to the unit, or name a token_file")]
    NoCredentials(String),
    #[error("cannot make an HTTP client: {0}")]
    Client(reqwest::Error),
}

/// How reading the watts of a machine goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    pub name: String,
    /// `prometheus`, `home_assistant`, `shelly` or `tasmota`.
    pub source: &'static str,
    /// The last reading, in watts.
    pub last: Option<(UnixNanos, f64)>,
    /// Why the last attempt failed, if it did.
    pub error: Option<String>,
}

/// The task that reads. Clones share it.
#[derive(Clone)]
pub struct Power {
    machines: Arc<Mutex<Vec<Machine>>>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// Finds what would keep the sources from being asked.
///
/// # Errors
/// When an address is none, or a token cannot be read.
pub fn check(rules: &[LocalRule]) -> Result<(), Error> {
    sources(rules).map(drop)
}

fn sources(rules: &[LocalRule]) -> Result<Vec<(String, Source)>, Error> {
    let mut found = Vec::new();
    for rule in rules {
        if let Some(energy) = &rule.energy
            && let Some(source) = Source::of(energy)?
        {
            found.push((rule.machine().to_owned(), source));
        }
    }
    Ok(found)
}

impl Power {
    /// Starts to read the sources that the rules name, until `stopped`.
    ///
    /// # Errors
    /// When an address is none, or a token cannot be read.
    pub fn start(
        config: &Config,
        journal: Journal,
        clock: Clock,
        meter: &Meter,
        stopped: watch::Receiver<bool>,
    ) -> Result<Self, Error> {
        let sources = sources(&config.local)?;
        let machine = |(name, source): &(String, Source)| Machine {
            name: name.clone(),
            source: source.kind.as_str(),
            last: None,
            error: None,
        };
        let machines = Arc::new(Mutex::new(sources.iter().map(machine).collect()));
        if sources.is_empty() {
            return Ok(Self { machines, task: Arc::default() });
        }
        // Fails when one is there already, which serves as well.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_millis(config.power.timeout_ms))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("tracemeter/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Error::Client)?;
        let reader = Reader {
            sources,
            client,
            journal,
            clock,
            machines: Arc::clone(&machines),
            waiting: Vec::new(),
            readings: meter.register("power_readings", "Readings of the watts of machines", Counter::default()),
            failures: meter.register("power_failures", "Readings of watts that failed", Counter::default()),
        };
        let task = tokio::spawn(reader.run(Duration::from_secs(config.power.interval_s), stopped));
        Ok(Self { machines, task: Arc::new(Mutex::new(Some(task))) })
    }

    /// How reading goes, machine by machine.
    pub fn machines(&self) -> Vec<Machine> {
        lock(&self.machines).clone()
    }

    /// Waits for the task to end, after it was told to.
    pub async fn close(&self) {
        let task = lock(&self.task).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "reading watts had panicked: {error}");
        }
    }
}

struct Reader {
    sources: Vec<(String, Source)>,
    client: reqwest::Client,
    journal: Journal,
    clock: Clock,
    machines: Arc<Mutex<Vec<Machine>>>,
    /// What the journal has not taken yet.
    waiting: Vec<NumberDataPoint>,
    readings: Counter,
    failures: Counter,
}

impl Reader {
    async fn run(mut self, interval: Duration, mut stopped: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                _ = ticks.tick() => {}
            }
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = self.read() => {}
            }
            self.keep().await;
        }
    }

    /// Asks every source once, all at the same time.
    async fn read(&mut self) {
        let answers = join_all(self.sources.iter().map(|(_, source)| ask(&self.client, source))).await;
        let mut machines = lock(&self.machines);
        for (machine, answer) in machines.iter_mut().zip(answers) {
            match answer {
                Ok(watts) => {
                    let now = self.clock.now();
                    if machine.error.take().is_some() {
                        tracing::info!(machine = machine.name, "the watts of {} can be read again", machine.name);
                    }
                    machine.last = Some((now, watts));
                    self.readings.inc();
                    self.waiting.push(point(&machine.name, now, watts));
                }
                Err(error) => {
                    self.failures.inc();
                    if machine.error.as_ref() != Some(&error) {
                        tracing::warn!(
                            machine = machine.name,
                            source = machine.source,
                            error,
                            "the watts of {} cannot be read: {} {error}",
                            machine.name,
                            machine.source
                        );
                    }
                    machine.error = Some(error);
                }
            }
        }
        let surplus = self.waiting.len().saturating_sub(MOST_WAITING * self.sources.len());
        self.waiting.drain(..surplus);
    }

    /// Puts what was read into the journal; what it does not take waits for the next time.
    async fn keep(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let data = as_metrics(self.waiting.clone());
        let mut digest = [0; 16];
        digest.copy_from_slice(&blake3::hash(&data.encode_to_vec()).as_bytes()[..16]);
        let batch = Batch { project: "default".into(), digest, payload: Payload::Metrics(data), media: false };
        match self.journal.append(batch).await {
            Ok(_) => self.waiting.clear(),
            Err(error) => tracing::debug!(%error, "readings of watts wait: {error}"),
        }
    }
}

async fn ask(client: &reqwest::Client, source: &Source) -> Result<f64, String> {
    let mut failure = "has no address".to_owned();
    for url in &source.urls {
        match get(client, url, source).await.and_then(|answer| source.kind.watts(&answer)) {
            Ok(watts) => return Ok(watts),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn get(client: &reqwest::Client, url: &reqwest::Url, source: &Source) -> Result<Value, String> {
    let mut request = client.get(url.clone());
    if let Some(token) = &source.token {
        request = request.bearer_auth(token.reveal());
    }
    // Addresses may hold a password.
    let failed = |error: reqwest::Error| format!("does not answer: {}", root(&error.without_url()));
    let mut answer = request.send().await.map_err(failed)?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(failed)? {
        body.extend_from_slice(&part);
        if body.len() > MOST_BYTES {
            return Err("answers with more than a MiB".into());
        }
    }
    let hint = match status.as_u16() {
        401 | 403 => ": check the token or password",
        404 => ": check the address and the name of what is asked",
        _ => "",
    };
    match serde_json::from_slice(&body) {
        Ok(json) if status.is_success() => Ok(json),
        // Prometheus says what is wrong with a query in the body of a 400.
        Ok(json) if source.kind == source::Kind::Prometheus => Ok(json),
        Ok(_) => Err(format!("answers {status}{hint}")),
        Err(_) if status.is_success() => Err("answers with something that is no JSON: check the address".into()),
        Err(_) => Err(format!("answers {status}{hint}")),
    }
}

/// What is at the bottom of an error: `connection refused`, not that a request could not be sent.
fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn point(machine: &str, time: UnixNanos, watts: f64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: vec![text(MACHINE, machine)],
        time_unix_nano: u64::try_from(time.0).unwrap_or_default(),
        value: Some(number_data_point::Value::AsDouble(watts)),
        ..NumberDataPoint::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.into())) };
    KeyValue { key: key.into(), value: Some(value) }
}

fn as_metrics(data_points: Vec<NumberDataPoint>) -> MetricsData {
    let metric = Metric {
        name: POWER.into(),
        description: "What a machine at home draws".into(),
        unit: "W".into(),
        data: Some(metric::Data::Gauge(Gauge { data_points })),
        ..Metric::default()
    };
    let scope = InstrumentationScope {
        name: "tracemeter.power".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..InstrumentationScope::default()
    };
    let resource = Resource { attributes: vec![text("service.name", POWER_SERVICE)], ..Resource::default() };
    MetricsData {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource),
            scope_metrics: vec![ScopeMetrics { scope: Some(scope), metrics: vec![metric], ..ScopeMetrics::default() }],
            ..ResourceMetrics::default()
        }],
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EnergyRule, HomeAssistantSource, Tariff};

    fn home(token_file: Option<&str>, token_credential: Option<&str>, url: &str) -> Vec<LocalRule> {
        let source = HomeAssistantSource {
            url: url.into(),
            entity: "sensor.p".into(),
            token: None,
            token_file: token_file.map(Into::into),
            token_credential: token_credential.map(Into::into),
        };
        let energy = EnergyRule {
            watts: None,
            prometheus: None,
            home_assistant: Some(source),
            shelly: None,
            tasmota: None,
            idle_watts: 0.0,
            idle_share: 1.0,
            tariff: Tariff::Flat(0.3),
            zone: "UTC".into(),
        };
        vec![LocalRule { name: "box".into(), energy: Some(energy), ..LocalRule::default() }]
    }

    #[test]
    fn what_keeps_a_source_from_being_asked_is_named() {
        let fault = |rules: &[LocalRule]| check(rules).expect_err("a fault").to_string();
        assert!(fault(&home(Some("/nowhere/token"), None, "http://ha.lan")).contains("the token in /nowhere/token"));
        assert!(fault(&home(Some("/nowhere/token"), None, "http://[")).contains("is no address"));
        if std::env::var_os("CREDENTIALS_DIRECTORY").is_none() {
            assert!(fault(&home(None, Some("ha"), "http://ha.lan")).contains("LoadCredential=ha:PATH"));
        }
        check(&[LocalRule::default()]).expect("nothing to ask");
    }
}
