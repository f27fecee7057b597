//! What it costs to judge which traces a destination gets.

use std::time::{Duration, Instant};

use anyhow::bail;

use crate::figures::Figures;
use crate::forward::{destination, load, state};
use crate::measure::Plan;
use crate::server::{Server, cpu_seconds};
use crate::sink::Sink;
use crate::traffic::Profile;

const PATIENCE: Duration = Duration::from_secs(600);

/// After so long it is seen whether something waits.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// Two destinations that get nothing: of one all is left out by its filter, of the other by judgement. Both read and
/// decode the same, and what the second takes more is judging. Everything is new here, so that must not count.
const FILTERED: &str = r#",filter={service=["nobody"]}"#;
const JUDGED: &str = ",sampling={ratio=0.0,settle_s=0,new_days=0}";

/// Receives for as long as the plan says, then lets both read everything.
///
/// # Errors
/// When a server does not start, or they do not come to the end.
pub fn measure(plan: &Plan) -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    for profile in [Profile::Llm, Profile::Plain] {
        let server = Server::start(&plan.binary, &plan.scratch)?;
        let spans = load(plan, profile, &server, 1).run()?.spans as f64;
        server.come_to_rest()?;
        let (server, reading) = read(server, plan, "filtered", FILTERED)?;
        let (server, judging) = read(server, plan, "judged", JUDGED)?;
        let judged = state(&server)?;
        server.stop()?;
        let name = profile.as_str();
        let cost = (judging - reading) * 1e6 / spans;
        figures.set(&format!("sampling_{name}_us_per_span"), cost);
        figures.set(&format!("sampling_{name}_spans_per_cpu_s"), 1e6 / cost);
        figures.set(&format!("sampling_{name}_reading_us_per_span"), reading * 1e6 / spans);
        figures.set(&format!("sampling_{name}_left_out_traces"), judged["sampling"]["dropped"].as_f64().unwrap_or(0.0));
    }
    Ok(figures)
}

/// Processor seconds from the start until a destination with these keys has read everything.
fn read(server: Server, plan: &Plan, name: &str, keys: &str) -> anyhow::Result<(Server, f64)> {
    let destination = destination(name, Sink::nobody()?, keys);
    let server = server.start_again(&plan.binary, &[("TRACEMETER_DESTINATION", &destination)])?;
    let began = Instant::now();
    let mut waited = false;
    loop {
        let now = state(&server)?;
        let waits = !now["waiting_since"].is_null();
        waited |= waits;
        if !waits && (waited || began.elapsed() > FIRST_LOOK) {
            let cpu = cpu_seconds(server.pid())?;
            return Ok((server, cpu));
        }
        if began.elapsed() > PATIENCE {
            bail!("not read within {} s: {now:#}", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
