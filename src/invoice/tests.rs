//! Files as the consoles export them, and what becomes of them.

use super::*;

/// Numbers are invented; columns and their order are those of the console's Usage page.
const ANTHROPIC_USAGE: &str = "\u{feff}usage_date_utc,model_version,api_key,workspace,usage_type,context_window,\
usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,\
usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed
2026-11-18,claude-haiku-4-5-20251001,key,Default,standard,≤ 200k,1000,50,7,300,200,0,global,
2026-11-18,claude-haiku-4-5-20251001,other key,Default,standard,≤ 200k,500,0,0,0,100,0,global,
2026-11-19,claude-opus-5,key,Default,standard,≤ 200k,twelve,0,0,0,10,0,global,
yesterday,claude-opus-5,key,Default,standard,≤ 200k,12,0,0,0,10,0,global,
2026-11-19,claude-opus-5,key,Default,standard,≤ 200k,0,0,0,0,0,0,global,
";

const ANTHROPIC_COST: &str = "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,\
list_price_usd,cost_type,inference_geo,speed
2026-11-18,Claude Haiku 4.5,Default,key,message,≤ 200k,input_no_cache,0.05,0.05,token,global,
2026-11-18,Claude Haiku 4.5,Default,key,message,≤ 200k,output,1.20,1.20,token,global,
";

const OPENAI_COST: &str = "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,\
quantity_unit,line_item,user_id,project_id
1795046400,1795132800,2026-11-19T00:00:00,2026-11-20T00:00:00,,,,,,,
1795046400,1795132800,2026-11-19T00:00:00,2026-11-20T00:00:00,0.003835980000000000000000000000,usd,25573,tokens,\"gpt-4o-mini-2024-07-18, input\",,p
1795046400,1795132800,2026-11-19T00:00:00,2026-11-20T00:00:00,0.5,usd,1000,tokens,\"gpt-4o-mini-2024-07-18, cached input\",,p
1795046400,1795132800,2026-11-19T00:00:00,2026-11-20T00:00:00,0.25,eur,1,tokens,\"gpt-4o-mini-2024-07-18, output\",,p
";

/// The same columns in another order, one of them unknown.
const OPENAI_USAGE: &str = "model,num_model_requests,input_tokens,output_tokens,input_cached_tokens,batch,start_time
gpt-5-nano,12,1000,200,400,false,1795046400
gpt-5-nano,1,10,2,40,false,1795046400
";

fn read(text: &str) -> Invoice {
    Invoice::read(text.as_bytes()).expect("an export")
}

#[test]
fn anthropic_usage_is_read_and_bad_lines_are_named() {
    let invoice = read(ANTHROPIC_USAGE);
    assert_eq!((invoice.form, invoice.lines.len(), invoice.fault_count), (Form::AnthropicUsage, 2, 2));
    let expected = Tokens { input: 1000, cache_read: 300, cache_write: 57, output: 200 };
    assert_eq!(invoice.lines[0].tokens, Some(expected));
    assert_eq!(invoice.lines[0].day.to_string(), "2026-11-18");
    assert_eq!(invoice.faults[0].line, 4);
    assert!(invoice.faults[0].why.contains("\"twelve\" is no count"), "{:?}", invoice.faults);
    assert_eq!(invoice.faults[1], Fault { line: 5, why: "\"yesterday\" is no date".into() });
    assert!(invoice.unused_columns.contains(&"workspace".to_owned()));
}

#[test]
fn costs_are_read_with_how_far_they_are_rounded() {
    let invoice = read(ANTHROPIC_COST);
    assert_eq!(invoice.form, Form::AnthropicCost);
    assert_eq!((invoice.lines[1].cost, invoice.lines[1].rounding), (Some(NanoUsd(1_200_000_000)), NanoUsd(5_000_000)));
    let invoice = read(OPENAI_COST);
    assert_eq!((invoice.form, invoice.lines.len()), (Form::OpenAiCost, 2));
    let line = &invoice.lines[0];
    assert_eq!((line.model.as_deref(), line.cost), (Some("gpt-4o-mini-2024-07-18"), Some(NanoUsd(3_835_980))));
    assert_eq!((line.day.to_string().as_str(), line.rounding), ("2026-11-19", NanoUsd(0)));
    assert_eq!(line.tokens, Some(Tokens { input: 25_573, ..Tokens::default() }));
    assert_eq!(invoice.lines[1].tokens, Some(Tokens { cache_read: 1000, ..Tokens::default() }));
    assert_eq!(invoice.faults, [Fault { line: 5, why: "the amount is in eur, only USD can be compared".into() }]);
}

#[test]
fn openai_input_has_what_was_cached_in_it() {
    let invoice = read(OPENAI_USAGE);
    assert_eq!((invoice.form, invoice.unused_columns), (Form::OpenAiUsage, vec!["batch".to_owned()]));
    let expected = Tokens { input: 600, cache_read: 400, cache_write: 0, output: 200 };
    assert_eq!((invoice.lines[0].tokens, invoice.lines[0].requests), (Some(expected), Some(12)));
    assert_eq!(invoice.faults[0].line, 3);
}

#[test]
fn what_is_no_export_is_refused_with_the_reason() {
    assert_eq!(Invoice::read(b""), Err(Error::Empty));
    assert_eq!(Invoice::read(b"PK\x03\x04\xff"), Err(Error::NotText));
    assert_eq!(Invoice::read(b"name,age\nann,7\n"), Err(Error::Unknown("name, age".into())));
    let unreadable = Invoice::read(b"usage_date_utc,model,cost_usd\nx,claude,1\n");
    assert_eq!(unreadable, Err(Error::Unreadable { lines: 1, first: 2, why: "\"x\" is no date".into() }));
    let long = "1795046400,gpt-5,1,1\n".repeat(MOST_LINES + 1);
    let long = format!("start_time,model,input_tokens,output_tokens\n{long}");
    assert_eq!(Invoice::read(long.as_bytes()), Err(Error::TooLong));
}

fn ours(day: &str, model: &str, input: u64, cost: i64) -> Ours {
    let tokens = Tokens { input, ..Tokens::default() };
    Ours { day: day.parse().expect("a day"), model: Some(model.into()), calls: 1, tokens, cost: Some(NanoUsd(cost)) }
}

#[test]
fn sides_match_differ_or_are_alone() {
    let bill = "usage_date_utc,model,token_type,cost_usd
2026-11-18,Claude Haiku 4.5,input_no_cache,0.05
2026-11-18,Claude Haiku 4.5,output,1.20
2026-11-18,Claude Opus 5,output,9.00
2026-11-19,Claude Haiku 4.5,output,1.00
";
    let known = [
        // Off by a cent, which two rounded lines may be.
        ours("2026-11-18", "claude-haiku-4-5-20251001", 10, 1_000_000_000),
        ours("2026-11-18", "claude-haiku-4-5", 10, 259_000_000),
        ours("2026-11-19", "claude-haiku-4-5", 10, 1_200_000_000),
        ours("2026-11-19", "claude-sonnet-5", 10, 70),
    ];
    let report = compare(&read(bill), &known, 0.0);
    let told: Vec<_> = report
        .rows
        .iter()
        .map(|row| (row.day.to_string(), row.model.clone().unwrap_or_default(), row.standing))
        .collect();
    let expected = [
        ("2026-11-18", "Claude Haiku 4.5", Standing::Matched),
        ("2026-11-18", "Claude Opus 5", Standing::Missing),
        ("2026-11-19", "Claude Haiku 4.5", Standing::Different),
        ("2026-11-19", "claude-sonnet-5", Standing::NotBilled),
    ];
    assert_eq!(told, expected.map(|(day, model, standing)| (day.to_owned(), model.to_owned(), standing)));
    assert_eq!(report.rows[0].ours.calls, Some(2));
    assert_eq!(report.invoice.cost, Some(NanoUsd(11_250_000_000)));
    assert_eq!(report.ours.cost, Some(NanoUsd(2_459_000_070)));
    assert_eq!((report.missing.cost, report.not_billed.cost), (Some(NanoUsd(9_000_000_000)), Some(NanoUsd(70))));
    // A fifth more than billed is near enough for who says so.
    assert_eq!(compare(&read(bill), &known, 0.2).rows[2].standing, Standing::Matched);
}

#[test]
fn without_money_tokens_are_compared() {
    let invoice = read(OPENAI_USAGE);
    let same = Ours {
        tokens: Tokens { input: 600, cache_read: 400, cache_write: 0, output: 200 },
        ..ours("2026-11-19", "gpt-5-nano", 0, 5)
    };
    assert_eq!(compare(&invoice, std::slice::from_ref(&same), 0.0).rows[0].standing, Standing::Matched);
    let fewer = Ours { tokens: Tokens { output: 7, ..same.tokens }, ..same };
    assert_eq!(compare(&invoice, &[fewer], 0.05).rows[0].standing, Standing::Different);
}
