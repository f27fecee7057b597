//! What is wrong with rules for models at home.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::{Amortisation, EnergyRule, HomeAssistantSource, LocalRule, PowerConfig, Tariff, TariffRow};

/// More than any machine at home draws.
const MOST_WATTS: f64 = 100_000.0;

/// Dollars per kilowatt-hour that no tariff reaches.
const MOST_PER_KWH: f64 = 100.0;

/// Dollars per million tokens, or of a machine, that are a slip of the pen.
const MOST_USD: f64 = 1e6;

const KEY: &str = "local";

/// Hours of a tariff: `[start, end)`, over midnight when the end is not after the start.
pub fn hours(text: &str) -> Option<(Time, Time)> {
    let (start, end) = text.split_once('-')?;
    let time = |text: &str| match text.trim() {
        "24:00" => Some(Time::midnight()),
        text => text.contains(':').then(|| text.parse::<Time>().ok()).flatten(),
    };
    Some((time(start)?, time(end)?))
}

pub(in crate::config) fn faults(rules: &[LocalRule], power: &PowerConfig) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    let mut names = BTreeSet::new();
    let mut measured: BTreeMap<&str, &str> = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate() {
        let shown = if rule.name.is_empty() { format!("rule {}", index + 1) } else { format!("rule {:?}", rule.name) };
        let mut add = |fault: String| faults.push((KEY, format!("{shown}: {fault}")));
        if rule.name.trim().is_empty() {
            add("has no name: every cost it makes is shown with it".into());
        } else if !names.insert(&rule.name) {
            add("the name is taken by another rule: give each its own".into());
        }
        of_rule(rule).into_iter().for_each(&mut add);
        if rule.energy.as_ref().is_some_and(EnergyRule::is_measured)
            && let Some(other) = measured.insert(rule.machine(), &rule.name)
        {
            add(format!(
                "the watts of machine {:?} are read by rule {other:?} already: name a source once, the other rule uses its readings with `watts` as the substitute",
                rule.machine()
            ));
        }
    }
    if !(1..=60).contains(&power.interval_s) {
        faults.push(("power.interval_s", format!("{} must be between 1 and 60", power.interval_s)));
    }
    if !(100..=60_000).contains(&power.timeout_ms) {
        faults.push(("power.timeout_ms", format!("{} must be between 100 and 60000", power.timeout_ms)));
    }
    faults
}

fn of_rule(rule: &LocalRule) -> Vec<String> {
    let mut faults = Vec::new();
    let patterns = [&rule.provider, &rule.host, &rule.service, &rule.model];
    if patterns.into_iter().flatten().any(|pattern| pattern.trim().is_empty()) {
        faults
            .push("has an empty pattern: write a name, with * for any run of characters, or leave the key out".into());
    }
    match (&rule.price, &rule.energy) {
        (None, None) if rule.amortisation.is_none() => {
            faults.push("says no cost: give price, energy or amortisation".into())
        }
        (Some(_), Some(_)) => faults.push("has both price and energy: give one of them".into()),
        _ => {}
    }
    if let Some(price) = &rule.price {
        let parts = [("input", Some(price.input)), ("output", Some(price.output)), ("cache_read", price.cache_read)];
        for (key, usd) in parts {
            if let Some(usd) = usd.filter(|usd| !(0.0..=MOST_USD).contains(usd)) {
                faults.push(format!("price.{key} = {usd} is no price of a million tokens in US dollars"));
            }
        }
        if price.input == 0.0 && price.output == 0.0 && rule.amortisation.is_none() {
            faults
                .push("price is 0 for input and output: a call is never shown as free; give what it costs you".into());
        }
    }
    faults.extend(rule.energy.as_ref().map(of_energy).unwrap_or_default());
    faults.extend(rule.amortisation.as_ref().map(of_amortisation).unwrap_or_default());
    faults
}

fn of_energy(energy: &EnergyRule) -> Vec<String> {
    let mut faults = Vec::new();
    match energy.sources() {
        0 if energy.watts.is_none() => {
            faults.push("energy has no watts: give watts, prometheus, home_assistant, shelly or tasmota".into());
        }
        0 | 1 => {}
        _ => faults.push("energy has several sources of watts: name one".into()),
    }
    if let Some(watts) = energy.watts.filter(|watts| !(*watts > 0.0 && *watts <= MOST_WATTS)) {
        faults.push(format!("energy.watts = {watts} must be more than 0 and at most {MOST_WATTS}"));
    }
    if !(0.0..=MOST_WATTS).contains(&energy.idle_watts) {
        faults.push(format!("energy.idle_watts = {} must be between 0 and {MOST_WATTS}", energy.idle_watts));
    }
    if !(0.0..=1.0).contains(&energy.idle_share) {
        faults.push(format!("energy.idle_share = {} must be between 0 and 1", energy.idle_share));
    }
    if energy.watts.is_some_and(|watts| watts > 0.0 && watts <= energy.idle_watts * (1.0 - energy.idle_share)) {
        faults.push("energy.watts must be more than the part of idle_watts that is not charged".into());
    }
    if TimeZone::get(&energy.zone).is_err() {
        faults.push(format!("energy.zone = {:?} is no IANA time zone such as Europe/Berlin", energy.zone));
    }
    faults.extend(of_tariff(&energy.tariff));
    let urls = [
        ("prometheus", energy.prometheus.as_ref().map(|source| &source.url)),
        ("home_assistant", energy.home_assistant.as_ref().map(|source| &source.url)),
        ("shelly", energy.shelly.as_ref().map(|source| &source.url)),
        ("tasmota", energy.tasmota.as_ref().map(|source| &source.url)),
    ];
    for (kind, url) in urls {
        if let Some(url) = url.filter(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            faults.push(format!("energy.{kind}.url = {url:?} must begin with http:// or https://"));
        }
    }
    if energy.prometheus.as_ref().is_some_and(|source| source.query.trim().is_empty()) {
        faults.push("energy.prometheus.query is empty: give an expression whose first result is watts".into());
    }
    faults.extend(energy.home_assistant.as_ref().map(of_home_assistant).unwrap_or_default());
    if let Some(shelly) = energy.shelly.as_ref().filter(|shelly| !(1..=2).contains(&shelly.generation)) {
        faults.push(format!("energy.shelly.generation = {} must be 1, or 2 for all newer ones", shelly.generation));
    }
    faults
}

fn of_tariff(tariff: &Tariff) -> Vec<String> {
    let rows = match tariff {
        Tariff::Flat(price) => &[TariffRow { price: *price, hours: None, from: None }][..],
        Tariff::Rows(rows) => rows,
    };
    let mut faults = Vec::new();
    if rows.first().is_none_or(|row| row.hours.is_some() || row.from.is_some()) {
        faults.push(
            "energy.tariff must begin with a price that always holds, without hours and from; later ones override it"
                .into(),
        );
    }
    for row in rows {
        if !(row.price > 0.0 && row.price <= MOST_PER_KWH) {
            faults.push(format!("energy.tariff has the price {}: give US dollars per kilowatt-hour", row.price));
        }
        if let Some(text) = row.hours.as_deref().filter(|text| hours(text).is_none()) {
            faults.push(format!("energy.tariff has the hours {text:?}: write them as 22:00-06:00"));
        }
        if let Some(text) = row.from.as_deref().filter(|text| text.parse::<Date>().is_err()) {
            faults.push(format!("energy.tariff has the date {text:?}: write it as 2027-01-01"));
        }
    }
    faults
}

fn of_home_assistant(source: &HomeAssistantSource) -> Vec<String> {
    let mut faults = Vec::new();
    let tokens = [source.token.is_some(), source.token_file.is_some(), source.token_credential.is_some()]
        .into_iter()
        .filter(|told| *told);
    if tokens.count() != 1 {
        faults.push(
            "energy.home_assistant needs a long-lived access token: give one of token_file, token_credential, token"
                .into(),
        );
    }
    if !source.entity.contains('.') {
        faults.push(format!(
            "energy.home_assistant.entity = {:?} is no entity such as sensor.gpu_plug_power",
            source.entity
        ));
    }
    faults
}

fn of_amortisation(amortisation: &Amortisation) -> Vec<String> {
    let mut faults = Vec::new();
    if !(amortisation.price > 0.0 && amortisation.price <= MOST_USD) {
        faults.push(format!("amortisation.price = {} must be US dollars above 0", amortisation.price));
    }
    match (amortisation.years, amortisation.hours_per_day, amortisation.tokens) {
        (Some(years), Some(hours), None) => {
            if !(years > 0.0 && years <= 100.0) {
                faults.push(format!("amortisation.years = {years} must be more than 0 and at most 100"));
            }
            if !(hours > 0.0 && hours <= 24.0) {
                faults.push(format!("amortisation.hours_per_day = {hours} must be more than 0 and at most 24"));
            }
        }
        (None, None, Some(tokens)) if tokens > 0 => {}
        _ => faults.push("amortisation needs years and hours_per_day, or tokens".into()),
    }
    faults
}

#[cfg(test)]
mod tests;
