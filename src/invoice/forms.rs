//! The exports and their columns.
//!
//! Anthropic: the CSV of the Claude Console's Usage page (`usage_date_utc`, `model_version`, `usage_input_tokens_no_cache`,
//! ...) and of its Cost page (`usage_date_utc`, `model`, `token_type`, `cost_usd`, ...). OpenAI: the Export of the Usage
//! dashboard (help.openai.com, "Understanding your API usage"), whose columns are the fields of the Costs and the
//! Completions usage API (`amount_value`, `line_item`; `input_tokens`, `input_cached_tokens`, ...). Facts were taken from
//! these pages and from public files of both kinds. All days are UTC.

use super::{Form, Line, Tokens};
use crate::model::{Day, NanoUsd, UnixNanos};

/// Names that one figure has had, in the order in which they are looked for.
type Names = &'static [&'static str];

const DAY: Names = &["usage_date_utc", "start_time_iso", "start_time", "date", "timestamp", "aggregation_timestamp"];
const MODEL: Names = &["model_version", "model", "snapshot_id"];
const AMOUNT: Names = &["cost_usd", "amount_value"];
const CURRENCY: Names = &["amount_currency"];
const ITEM: Names = &["line_item"];
const TOKEN_TYPE: Names = &["token_type"];
const QUANTITY: Names = &["quantity"];
const UNIT: Names = &["quantity_unit"];
const REQUESTS: Names = &["num_model_requests", "n_requests"];
const PLAIN_INPUT: Names = &["usage_input_tokens_no_cache"];
/// With what was read from the cache.
const ALL_INPUT: Names = &["input_tokens", "n_context_tokens_total"];
const CACHED: Names = &["usage_input_tokens_cache_read", "input_cached_tokens", "n_cached_context_tokens_total"];
const WRITTEN_5M: Names = &["usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write"];
const WRITTEN_1H: Names = &["usage_input_tokens_cache_write_1h"];
const OUTPUT: Names = &["usage_output_tokens", "output_tokens", "n_generated_tokens_total"];
const AUDIO: Names = &["input_audio_tokens", "output_audio_tokens"];

const USED: [Names; 16] = [
    DAY,
    MODEL,
    AMOUNT,
    CURRENCY,
    ITEM,
    TOKEN_TYPE,
    QUANTITY,
    UNIT,
    REQUESTS,
    PLAIN_INPUT,
    ALL_INPUT,
    CACHED,
    WRITTEN_5M,
    WRITTEN_1H,
    OUTPUT,
    AUDIO,
];

/// Reads the lines of one export.
pub(super) struct Reader {
    pub(super) form: Form,
    columns: Vec<String>,
}

/// One record, by the names of its columns.
struct Record<'r> {
    columns: &'r [String],
    fields: &'r [String],
}

impl<'r> Record<'r> {
    /// The value under the first of `names` that is there and not empty.
    fn text(&self, names: Names) -> Option<&'r str> {
        let place = |name: &&str| self.columns.iter().position(|column| column == name);
        let values = names.iter().filter_map(place).filter_map(|place| self.fields.get(place));
        values.map(|value| value.trim()).find(|value| !value.is_empty())
    }

    fn count(&self, names: Names) -> Result<Option<u64>, String> {
        let Some(text) = self.text(names) else { return Ok(None) };
        let number = number(text).filter(|number| *number >= 0.0);
        // Counts are written as 1200, 1,200 and 1200.0; a cast keeps them within bounds.
        number.map(|number| Some(number.round() as u64)).ok_or_else(|| format!("{}: {text:?} is no count", names[0]))
    }

    fn day(&self) -> Result<Day, String> {
        let text = self.text(DAY).ok_or("there is no date")?;
        day(text).ok_or_else(|| format!("{text:?} is no date"))
    }
}

impl Reader {
    /// `None` when the columns are those of no export.
    pub(super) fn of(columns: &[String]) -> Option<Self> {
        let has = |names: Names| names.iter().any(|name| columns.iter().any(|column| column == name));
        let form = match () {
            () if !has(DAY) => return None,
            () if has(&["cost_usd"]) && has(MODEL) => Form::AnthropicCost,
            () if has(PLAIN_INPUT) && has(MODEL) => Form::AnthropicUsage,
            () if has(&["amount_value"]) => Form::OpenAiCost,
            () if has(ALL_INPUT) && has(MODEL) => Form::OpenAiUsage,
            () => return None,
        };
        Some(Self { form, columns: columns.to_vec() })
    }

    pub(super) fn unused(&self, columns: &[String]) -> Vec<String> {
        let used = |column: &&String| USED.iter().any(|names| names.contains(&column.as_str()));
        columns.iter().filter(|column| !used(column)).cloned().collect()
    }

    /// `None` for a line that says nothing, such as a day without use.
    pub(super) fn line(&self, fields: &[String]) -> Result<Option<Line>, String> {
        let record = Record { columns: &self.columns, fields };
        match self.form {
            Form::AnthropicCost | Form::OpenAiCost => cost(&record, self.form),
            Form::AnthropicUsage => usage(&record, false),
            Form::OpenAiUsage => usage(&record, true),
        }
    }
}

fn cost(record: &Record<'_>, form: Form) -> Result<Option<Line>, String> {
    let Some(text) = record.text(AMOUNT) else { return Ok(None) };
    let amount = number(text).and_then(NanoUsd::from_usd).ok_or_else(|| format!("{text:?} is no amount"))?;
    if let Some(currency) = record.text(CURRENCY).filter(|currency| !currency.eq_ignore_ascii_case("usd")) {
        return Err(format!("the amount is in {currency}, only USD can be compared"));
    }
    let (model, sort) = match form {
        Form::AnthropicCost => (record.text(MODEL), record.text(TOKEN_TYPE)),
        _ => match record.text(ITEM).map(|item| item.split_once(',').unwrap_or((item, ""))) {
            Some((model, sort)) => (Some(model.trim()), Some(sort.trim())),
            None => (None, None),
        },
    };
    let unit = record.text(UNIT).unwrap_or("tokens");
    let quantity = record.count(QUANTITY)?.filter(|_| unit == "tokens");
    let tokens = quantity.zip(sort).and_then(|(quantity, sort)| of_sort(sort, quantity));
    Ok(Some(Line {
        day: record.day()?,
        model: model.map(str::to_owned),
        requests: None,
        tokens,
        cost: Some(amount),
        rounding: rounding(text),
    }))
}

/// `quantity` tokens of the kind that a line of a bill is for: `input`, `cached input`, `output_tokens`, ...
fn of_sort(sort: &str, quantity: u64) -> Option<Tokens> {
    let sort = sort.to_ascii_lowercase();
    let none = Tokens::default();
    let has = |word: &str| sort.contains(word);
    Some(match () {
        () if has("output") => Tokens { output: quantity, ..none },
        () if has("write") => Tokens { cache_write: quantity, ..none },
        () if has("cache") && has("no_cache") => Tokens { input: quantity, ..none },
        () if has("cache") => Tokens { cache_read: quantity, ..none },
        () if has("input") => Tokens { input: quantity, ..none },
        () => return None,
    })
}

/// `inclusive`: the input has what was read from the cache in it.
fn usage(record: &Record<'_>, inclusive: bool) -> Result<Option<Line>, String> {
    let count = |names| record.count(names).map(Option::unwrap_or_default);
    let (cache_read, output) = (count(CACHED)?, count(OUTPUT)?);
    let cache_write = count(WRITTEN_5M)?.saturating_add(count(WRITTEN_1H)?);
    let input = if inclusive {
        count(ALL_INPUT)?.checked_sub(cache_read).ok_or("more tokens were read from the cache than there were")?
    } else {
        count(PLAIN_INPUT)?
    };
    let audio = (count(&["input_audio_tokens"])?, count(&["output_audio_tokens"])?);
    let tokens = Tokens {
        input: input.saturating_add(audio.0),
        cache_read,
        cache_write,
        output: output.saturating_add(audio.1),
    };
    let requests = record.count(REQUESTS)?;
    let day = record.day()?;
    if tokens.total() == 0 && requests.unwrap_or_default() == 0 {
        return Ok(None);
    }
    let model = record.text(MODEL).map(str::to_owned);
    Ok(Some(Line { day, model, requests, tokens: Some(tokens), cost: None, rounding: NanoUsd(0) }))
}

/// With or without a dollar sign, and with commas between thousands.
fn number(text: &str) -> Option<f64> {
    let plain: String = text.chars().filter(|c| !matches!(c, '$' | ',' | ' ')).collect();
    plain.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Half of the last digit written, where there are nine or fewer.
fn rounding(text: &str) -> NanoUsd {
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let half =
        u32::try_from(decimals).ok().and_then(|decimals| NanoUsd::PER_USD.checked_div(10_i64.checked_pow(decimals)?));
    NanoUsd(half.unwrap_or_default() / 2)
}

/// A date, the date of a time, or seconds since 1970.
fn day(text: &str) -> Option<Day> {
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds.checked_mul(crate::model::time::NANOS_PER_SECOND).map(|nanos| UnixNanos(nanos).day());
    }
    let date = text.split(['T', ' ']).next()?;
    let parts: Vec<&str> = date.split(['-', '/']).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    format!("{year:0>4}-{month:0>2}-{day:0>2}").parse().ok()
}
