//! `tracemeter reconcile`: has the running server compare a provider's bill with what it saw.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use super::ConfigArgs;

#[derive(Debug, Args)]
pub(super) struct ReconcileArgs {
    /// CSV that OpenAI's or Anthropic's console exports, of usage or of cost
    file: PathBuf,
    /// Share of the larger amount by which two may differ
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    threshold: f64,
    /// Compare with calls of this provider, as calls name it; may stand several times
    #[arg(long, value_name = "NAME")]
    provider: Vec<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
    /// Base address of the web port; else taken from the data directory or the configuration
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) async fn run(args: ReconcileArgs) -> anyhow::Result<()> {
    let (client, base) = super::reach(args.url.as_deref(), &args.config)?;
    let bill = std::fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let address = format!("{base}/api/v1/reconcile/invoice");
    let mut url = reqwest::Url::parse(&address).with_context(|| format!("{base} is no address"))?;
    url.query_pairs_mut()
        .append_pair("threshold", &args.threshold.to_string())
        .extend_pairs(args.provider.iter().map(|name| ("provider", name)));
    let asked = client.post(url).header("x-tracemeter", "1").body(bill).send().await;
    let answer = asked.with_context(|| format!("nothing answers at {base}: start the server, it knows the calls"))?;
    let status = answer.status();
    let report: Value = answer.json().await.context("the answer is not that of a Tracemeter")?;
    if !status.is_success() {
        let text = |field: &str| report["error"][field].as_str().unwrap_or_default().to_owned();
        bail!("{}: {}; {}", args.file.display(), text("message"), text("hint"));
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", shown(&report));
    }
    Ok(())
}

/// The report as lines of text.
fn shown(report: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let usd = |value: &Value| value.as_f64().map_or_else(|| "-".into(), |usd| format!("{usd:.4}"));
    let count = |value: &Value| value.as_i64().map_or_else(|| "-".into(), |count| count.to_string());
    let mut out = format!(
        "{}, {} to {}, beside calls of {}\n\n",
        text(&report["form"]),
        text(&report["since"]),
        text(&report["until"]),
        report["providers"].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(", "),
    );
    let mut line = |cells: [String; 8]| {
        let [day, model, standing, rest @ ..] = cells;
        let rest = rest.map(|cell| format!("{cell:>13}")).concat();
        out.push_str(&format!("{day:<10}  {model:<32}  {standing:<10}{rest}\n"));
    };
    line(["day", "model", "", "billed $", "seen $", "apart $", "billed tokens", "seen tokens"].map(str::to_owned));
    for row in report["items"].as_array().into_iter().flatten() {
        let standing = text(&row["standing"]).replace('_', " ");
        let (billed, seen) = (&row["invoice"], &row["ours"]);
        line([
            text(&row["day"]),
            row["model"].as_str().unwrap_or("(no model)").to_owned(),
            standing,
            usd(&billed["cost_usd"]),
            usd(&seen["cost_usd"]),
            usd(&row["difference_usd"]),
            count(&billed["tokens"]),
            count(&seen["tokens"]),
        ]);
    }
    let totals =
        [("billed", "invoice"), ("seen", "ours"), ("missing here", "missing"), ("not on the bill", "not_billed")];
    out.push('\n');
    for (name, field) in totals {
        let side = &report[field];
        out.push_str(&format!("{name:<16} {:>12} $ {:>15} tokens\n", usd(&side["cost_usd"]), count(&side["tokens"])));
    }
    for fault in report["faults"].as_array().into_iter().flatten() {
        out.push_str(&format!("line {} was not read: {}\n", fault["line"], text(&fault["message"])));
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_report_is_shown_with_its_totals_and_faults() {
        let side = |usd: f64| json!({"cost_usd": usd, "tokens": null});
        let report = json!({
            "form": "Anthropic cost export", "since": "2026-11-18", "until": "2026-11-19", "providers": ["anthropic"],
            "items": [{
                "day": "2026-11-18", "model": null, "standing": "not_billed", "invoice": {}, "ours": side(1.5),
                "difference_usd": null,
            }],
            "invoice": side(0.0), "ours": side(1.5), "missing": {}, "not_billed": side(1.5),
            "faults": [{"line": 7, "message": "no date"}],
        });
        let shown = super::shown(&report);
        assert!(shown.starts_with("Anthropic cost export, 2026-11-18 to 2026-11-19, beside calls of anthropic\n"));
        let row = shown.lines().nth(3).expect("a row");
        let words: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(words, ["2026-11-18", "(no", "model)", "not", "billed", "-", "1.5000", "-", "-", "-"]);
        assert!(shown.contains("not on the bill        1.5000 $"), "{shown}");
        assert!(shown.ends_with("line 7 was not read: no date\n"), "{shown}");
    }
}
