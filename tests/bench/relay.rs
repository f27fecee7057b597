//! What the relay adds to a streamed call: the same provider asked by the same clients, directly and through it.
//!
//! Provider and clients are this process, so that each event can carry the instant at which it was sent. An event's way is
//! the time from there until the client has read it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::figures::Figures;
use crate::load::percentile;
use crate::server::{Server, cpu_seconds};

/// Streams at once.
const STREAMS: usize = 100;

/// Events of an answer, and the time between two: 50 tokens a second.
const EVENTS: u32 = 50;
const EVERY: Duration = Duration::from_millis(20);

/// What a chat asks: some 8 KB, as an agent's.
fn request() -> String {
    let words = "all the words of a conversation so far ".repeat(200);
    serde_json::json!({"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": words}]}).to_string()
}

/// Microseconds that were measured, all streams together.
#[derive(Debug, Default)]
struct Measured {
    /// From sending the request to its first event.
    first: Vec<f64>,
    /// From each event's sending to its arrival.
    way: Vec<f64>,
}

/// Asks a provider for `seconds` directly, then as long through `binary`, and gives both and the difference.
///
/// # Errors
/// When the server does not start, or an answer is not what the provider sent.
pub fn measure(binary: &Path, scratch: &Path, seconds: u64) -> anyhow::Result<Figures> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let base = Instant::now();
    let (stop, stopped) = watch::channel(false);
    let provider = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(answer).with_state(base);
        tokio::spawn(tracemeter::receive::serve(listener, router, stopped, Duration::ZERO, None));
        anyhow::Ok(address)
    })?;
    let upstream = format!("[{{name=\"bench\",kind=\"openai\",url=\"http://{provider}/v1\"}}]");
    let variables = [("TRACEMETER_RELAY__LISTEN", "127.0.0.1:0"), ("TRACEMETER_RELAY__UPSTREAM", upstream.as_str())];
    let server = Server::start_with(binary, scratch, &variables)?;
    let relay = server.addresses().relay.context("the relay is not on")?;
    let duration = Duration::from_secs(seconds);
    // Once for nothing: connections are made, memory is touched.
    runtime.block_on(ask(relay, base, Duration::from_secs(2)))?;
    let direct = runtime.block_on(ask(provider, base, duration))?;
    let cpu = cpu_seconds(server.pid())?;
    let relayed = runtime.block_on(ask(relay, base, duration))?;
    let cpu = cpu_seconds(server.pid())? - cpu;
    stop.send_replace(true);
    server.stop()?;

    let mut figures = Figures::default();
    figures.set("relay_streams", STREAMS as f64);
    figures.set("relay_cpu_us_per_event", cpu * 1e6 / relayed.way.len() as f64);
    for (name, direct, relayed) in [("event", direct.way, relayed.way), ("first_byte", direct.first, relayed.first)] {
        let (direct, relayed) = (sorted(direct), sorted(relayed));
        for (part, word) in [(0.5, "p50"), (0.99, "p99")] {
            let (alone, through) = (percentile(&direct, part), percentile(&relayed, part));
            figures.set(&format!("relay_{name}_direct_{word}_us"), alone);
            figures.set(&format!("relay_{name}_relayed_{word}_us"), through);
            figures.set(&format!("relay_{name}_added_{word}_us"), through - alone);
        }
    }
    Ok(figures)
}

fn sorted(mut micros: Vec<f64>) -> Vec<f64> {
    micros.sort_unstable_by(f64::total_cmp);
    micros
}

/// Events that tell when they were sent.
async fn answer(State(base): State<Instant>) -> Response {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let events = futures_util::stream::unfold((0, ticks), move |(count, mut ticks)| async move {
        if count == EVENTS {
            return None;
        }
        ticks.tick().await;
        let sent = base.elapsed().as_nanos();
        let event = format!(
            "data: {{\"id\":\"c\",\"sent\":{sent},\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"word \"}}}}]}}\n\n"
        );
        Some((Ok::<_, std::io::Error>(Bytes::from(event)), (count + 1, ticks)))
    });
    let mut response = Response::new(Body::from_stream(events));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/event-stream"));
    response
}

async fn ask(address: SocketAddr, base: Instant, duration: Duration) -> anyhow::Result<Measured> {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
    let (url, body) = (Arc::new(format!("http://{address}/v1/chat/completions")), Bytes::from(request()));
    let until = Instant::now() + duration;
    let mut streams = JoinSet::new();
    for number in 0..STREAMS {
        let (client, url, body) = (client.clone(), Arc::clone(&url), body.clone());
        streams.spawn(async move {
            // Spread over the time between two events, as programs are that know nothing of each other.
            tokio::time::sleep(EVERY * u32::try_from(number)? / u32::try_from(STREAMS)?).await;
            let mut measured = Measured::default();
            while Instant::now() < until {
                one(&client, &url, body.clone(), base, &mut measured).await?;
            }
            anyhow::Ok(measured)
        });
    }
    let mut all = Measured::default();
    while let Some(measured) = streams.join_next().await {
        let mut measured = measured??;
        all.first.append(&mut measured.first);
        all.way.append(&mut measured.way);
    }
    Ok(all)
}

async fn one(
    client: &reqwest::Client,
    url: &str,
    body: Bytes,
    base: Instant,
    measured: &mut Measured,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut pieces =
        client.post(url).header("content-type", "application/json").body(body).send().await?.bytes_stream();
    let mut events = 0;
    while let Some(piece) = pieces.next().await {
        let (piece, now) = (piece?, base.elapsed().as_nanos());
        if events == 0 {
            measured.first.push(began.elapsed().as_secs_f64() * 1e6);
        }
        // Events come whole: they are far smaller than a segment.
        for part in std::str::from_utf8(&piece)?.split("\"sent\":").skip(1) {
            let sent: u128 = part.split(',').next().unwrap_or_default().parse()?;
            measured.way.push(now.saturating_sub(sent) as f64 / 1e3);
            events += 1;
        }
    }
    ensure!(events == EVENTS, "{events} of {EVENTS} events came");
    Ok(())
}
