//! Where the watts of a machine can be read: what is asked, and what the answer means.
//!
//! | kind | asked | watts | described at |
//! |---|---|---|---|
//! | Prometheus | `/api/v1/query?query=...` | value of the first sample | prometheus.io/docs/prometheus/latest/querying/api |
//! | Home Assistant | `/api/states/<entity>` with a bearer token | `state`, in `unit_of_measurement` | developers.home-assistant.io/docs/api/rest |
//! | Shelly, 1st generation | `/status` | `meters[n].power`, `emeters[n].power` | shelly-api-docs.shelly.cloud/gen1 |
//! | Shelly, newer | `/rpc/Switch.GetStatus?id=n`, else `/rpc/PM1.GetStatus?id=n` | `apower` | shelly-api-docs.shelly.cloud/gen2 |
//! | Tasmota | `/cm?cmnd=Status 8` | `StatusSNS.ENERGY.Power` | tasmota.github.io/docs/Commands, JSON-Status-Responses |

use reqwest::Url;
use serde_json::Value;

use super::Error;
use crate::config::{EnergyRule, HomeAssistantSource, Secret};

/// A source of watts, ready to be asked.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) kind: Kind,
    /// Asked in this order until one has an answer.
    pub(super) urls: Vec<Url>,
    pub(super) token: Option<Secret>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Prometheus,
    HomeAssistant { entity: String },
    ShellyFirst { channel: usize },
    ShellySecond,
    Tasmota,
}

impl Kind {
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::HomeAssistant { .. } => "home_assistant",
            Self::ShellyFirst { .. } | Self::ShellySecond => "shelly",
            Self::Tasmota => "tasmota",
        }
    }

    /// Watts in an answer.
    ///
    /// # Errors
    /// Says what the answer lacks and what may be done about it.
    pub(super) fn watts(&self, answer: &Value) -> Result<f64, String> {
        let watts = match self {
            Self::Prometheus => of_prometheus(answer),
            Self::HomeAssistant { entity } => of_home_assistant(answer, entity),
            Self::ShellyFirst { channel } => of_first_shelly(answer, *channel),
            Self::ShellySecond => answer
                .get("apower")
                .and_then(Value::as_f64)
                .ok_or_else(|| "answers without apower: this Shelly does not measure power".to_owned()),
            Self::Tasmota => of_tasmota(answer),
        }?;
        // What feeds into the grid draws nothing.
        if watts.is_finite() { Ok(watts.max(0.0)) } else { Err(format!("answers {watts}, which are no watts")) }
    }
}

impl Source {
    /// The source that `rule` names, if any.
    ///
    /// # Errors
    /// When its address is none, or its token cannot be read.
    pub(super) fn of(rule: &EnergyRule) -> Result<Option<Self>, Error> {
        let plain = |kind: Kind, urls: Vec<Url>| Self { kind, urls, token: None };
        if let Some(source) = &rule.prometheus {
            let mut url = address(&source.url, "/api/v1/query")?;
            url.query_pairs_mut().append_pair("query", &source.query);
            return Ok(Some(plain(Kind::Prometheus, vec![url])));
        }
        if let Some(source) = &rule.home_assistant {
            let url = address(&source.url, &format!("/api/states/{}", source.entity))?;
            let kind = Kind::HomeAssistant { entity: source.entity.clone() };
            return Ok(Some(Self { kind, urls: vec![url], token: Some(token(source)?) }));
        }
        if let Some(source) = &rule.shelly {
            if source.generation == 1 {
                let kind = Kind::ShellyFirst { channel: usize::from(source.channel) };
                return Ok(Some(plain(kind, vec![address(&source.url, "/status")?])));
            }
            let status = |component: &str| {
                let mut url = address(&source.url, &format!("/rpc/{component}.GetStatus"))?;
                url.query_pairs_mut().append_pair("id", &source.channel.to_string());
                Ok::<_, Error>(url)
            };
            return Ok(Some(plain(Kind::ShellySecond, vec![status("Switch")?, status("PM1")?])));
        }
        if let Some(source) = &rule.tasmota {
            let url = address(&source.url, "/cm")?;
            return Ok(Some(plain(Kind::Tasmota, vec![tasmota(url)])));
        }
        Ok(None)
    }
}

fn address(base: &str, path: &str) -> Result<Url, Error> {
    let text = format!("{}{path}", base.trim_end_matches('/'));
    Url::parse(&text).map_err(|error| Error::Address { url: base.to_owned(), error: error.to_string() })
}

/// Tasmota takes name and password as parameters.
fn tasmota(mut url: Url) -> Url {
    let (user, password) = (url.username().to_owned(), url.password().map(str::to_owned));
    if let Some(password) = password {
        url.query_pairs_mut().append_pair("user", &user).append_pair("password", &password);
        // Fails only for addresses that cannot have them.
        let _kept = url.set_username("").and_then(|()| url.set_password(None));
    }
    url.query_pairs_mut().append_pair("cmnd", "Status 8");
    url
}

fn token(source: &HomeAssistantSource) -> Result<Secret, Error> {
    let path = match (&source.token, &source.token_file, &source.token_credential) {
        (Some(token), ..) => return Ok(token.clone()),
        (None, Some(path), _) => path.clone(),
        (None, None, Some(name)) => {
            let folder = std::env::var_os("CREDENTIALS_DIRECTORY").ok_or_else(|| Error::NoCredentials(name.clone()))?;
            std::path::Path::new(&folder).join(name)
        }
        (None, None, None) => return Err(Error::NoCredentials("token".into())),
    };
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Token { path: path.clone(), source })?;
    Ok(Secret::new(text.trim()))
}

fn of_prometheus(answer: &Value) -> Result<f64, String> {
    if answer["status"] != "success" {
        let error = answer["error"].as_str().unwrap_or("it does not say why");
        return Err(format!("refuses the query: {error}"));
    }
    let data = &answer["data"];
    let sample = match data["resultType"].as_str() {
        Some("vector") => &data["result"][0]["value"][1],
        Some("scalar") => &data["result"][1],
        other => {
            return Err(format!("answers with {}: the query must give an instant vector", other.unwrap_or("nothing")));
        }
    };
    let text = sample.as_str().ok_or("finds no series: check the query")?;
    text.parse().map_err(|_| format!("answers {text:?}, which is no number"))
}

fn of_home_assistant(answer: &Value, entity: &str) -> Result<f64, String> {
    let state = answer["state"].as_str().ok_or("answers without a state")?;
    let number: f64 = state.parse().map_err(|_| format!("says that {entity} is {state:?}, which is no number"))?;
    match answer["attributes"]["unit_of_measurement"].as_str() {
        Some("W") | None => Ok(number),
        Some("kW") => Ok(number * 1000.0),
        Some("mW") => Ok(number / 1000.0),
        Some(unit) => Err(format!("gives {entity} in {unit}: name a sensor of power, in W or kW")),
    }
}

fn of_first_shelly(answer: &Value, channel: usize) -> Result<f64, String> {
    let meter = ["meters", "emeters"].iter().find_map(|list| answer[list].get(channel));
    let meter = meter.ok_or_else(|| format!("answers without a meter for channel {channel}"))?;
    if meter["is_valid"] == false {
        return Err("says that its measurement is not valid".into());
    }
    meter["power"].as_f64().ok_or_else(|| "answers without power: this Shelly does not measure it".to_owned())
}

fn of_tasmota(answer: &Value) -> Result<f64, String> {
    // Before version 6 the object had another name; a plug with several outlets gives a list.
    let power = match &answer["StatusSNS"]["ENERGY"]["Power"] {
        Value::Null => &answer["StatusPWR"]["Power"],
        power => power,
    };
    match power {
        Value::Array(outlets) => Ok(outlets.iter().filter_map(Value::as_f64).sum()),
        other => other.as_f64().ok_or_else(|| "answers without ENERGY: this plug does not measure power".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_read_as_they_are_documented() {
        let shelly = json!({ "meters": [{ "power": 12.5, "is_valid": true }], "emeters": [{}, { "power": 80.25, "is_valid": true }] });
        let home = Kind::HomeAssistant { entity: "sensor.p".into() };
        let state = |state: &str, unit: &str| json!({ "state": state, "attributes": { "unit_of_measurement": unit } });
        for (kind, answer, watts) in [
            (
                &Kind::Prometheus,
                json!({ "status": "success", "data": { "resultType": "vector", "result": [{ "metric": {}, "value": [1435781451.781, "312.5"] }] } }),
                312.5,
            ),
            (
                &Kind::Prometheus,
                json!({ "status": "success", "data": { "resultType": "scalar", "result": [1435781451.781, "7"] } }),
                7.0,
            ),
            (&home, state("42.1", "W"), 42.1),
            (&home, state("0.25", "kW"), 250.0),
            (&Kind::ShellyFirst { channel: 0 }, shelly.clone(), 12.5),
            (&Kind::ShellyFirst { channel: 1 }, shelly.clone(), 80.25),
            (&Kind::ShellySecond, json!({ "id": 0, "output": true, "apower": 118.4, "voltage": 231.2 }), 118.4),
            (&Kind::ShellySecond, json!({ "apower": -3.0 }), 0.0),
            (&Kind::Tasmota, json!({ "StatusSNS": { "ENERGY": { "Total": 1.2, "Power": 95 } } }), 95.0),
            (&Kind::Tasmota, json!({ "StatusSNS": { "ENERGY": { "Power": [10, 20.5] } } }), 30.5),
            (&Kind::Tasmota, json!({ "StatusPWR": { "Power": 27 } }), 27.0),
        ] {
            assert_eq!(kind.watts(&answer), Ok(watts), "{kind:?} {answer}");
        }
        for (kind, answer, expected) in [
            (
                &Kind::Prometheus,
                json!({ "status": "error", "errorType": "bad_data", "error": "parse error" }),
                "parse error",
            ),
            (
                &Kind::Prometheus,
                json!({ "status": "success", "data": { "resultType": "vector", "result": [] } }),
                "finds no series",
            ),
            (
                &Kind::Prometheus,
                json!({ "status": "success", "data": { "resultType": "matrix", "result": [] } }),
                "instant vector",
            ),
            (
                &Kind::Prometheus,
                json!({ "status": "success", "data": { "resultType": "scalar", "result": [0, "NaN"] } }),
                "no watts",
            ),
            (&home, state("unavailable", "W"), "is \"unavailable\""),
            (&home, state("5", "kWh"), "in kWh"),
            (&Kind::ShellyFirst { channel: 3 }, shelly, "channel 3"),
            (&Kind::ShellyFirst { channel: 0 }, json!({ "meters": [{ "power": 1, "is_valid": false }] }), "not valid"),
            (&Kind::ShellySecond, json!({ "id": 0, "output": true }), "does not measure power"),
            (&Kind::Tasmota, json!({ "Command": "Unknown" }), "without ENERGY"),
        ] {
            let error = kind.watts(&answer).expect_err("no watts");
            assert!(error.contains(expected), "{error}");
        }
    }
}
