use crate::config::{Config, Overrides, load};

/// The faults of a file, without its name.
fn faults_of(text: &str) -> Vec<String> {
    let dir = tempfile::tempdir().expect("temporary directory");
    let path = dir.path().join("t.toml");
    std::fs::write(&path, text).expect("write");
    let place = format!("{}: ", path.display());
    match load(Some(&path), &Overrides::default()) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults.iter().map(|fault| fault.replace(&place, "")).collect(),
    }
}

const GOOD: &str = r#"
[power]
interval_s = 15

[[local]]
name = "workstation"
provider = ["ollama"]
host = ["192.168.1.20:11434", "gpu.lan"]

[local.energy]
watts = 300
idle_watts = 60
idle_share = 0.5
zone = "Europe/Berlin"
tariff = [{ price = 0.34 }, { price = 0.25, hours = "22:00-06:00" }, { price = 0.31, from = "2027-01-01" }]
home_assistant = { url = "http://ha.lan:8123", entity = "sensor.plug_power", token = "abc" }

[local.amortisation]
price = 1800
years = 4
hours_per_day = 3

[[local]]
name = "nas"
model = ["nomic-embed*"]
price = { input = 0.02, output = 0.0 }
"#;

#[test]
fn a_whole_rule_is_read() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let path = dir.path().join("t.toml");
    std::fs::write(&path, GOOD).expect("write");
    let config: Config = load(Some(&path), &Overrides::default()).expect("valid");
    assert_eq!(config.power.interval_s, 15);
    let [workstation, nas] = &config.local[..] else { panic!("{:?}", config.local) };
    assert_eq!((workstation.machine(), nas.machine()), ("workstation", "nas"));
    let energy = workstation.energy.as_ref().expect("energy");
    assert!(energy.is_measured() && energy.zone == "Europe/Berlin");
    assert!(!format!("{config:?}").contains("abc"), "a token is never printed");
    assert_eq!(nas.price.map(|price| price.input), Some(0.02));
}

/// Every fault of a rule is named with the rule, what is wrong, and what to do.
#[test]
fn faults_are_named() {
    for (rule, expected) in [
        ("price = { input = 1, output = 1 }", "rule 1: has no name"),
        ("name = \"a\"", "says no cost"),
        ("name = \"a\"\nprice = { input = 0, output = 0 }", "never shown as free"),
        ("name = \"a\"\nprice = { input = -1, output = 1 }", "price.input = -1"),
        ("name = \"a\"\nhost = [\"\"]\nprice = { input = 1, output = 1 }", "empty pattern"),
        ("name = \"a\"\nenergy = { tariff = 0.3 }", "energy has no watts"),
        ("name = \"a\"\nenergy = { watts = 0, tariff = 0.3 }", "energy.watts = 0 must be more than 0"),
        (
            "name = \"a\"\nenergy = { watts = 50, idle_watts = 60, idle_share = 0, tariff = 0.3 }",
            "more than the part of idle",
        ),
        ("name = \"a\"\nenergy = { watts = 50, tariff = 0.3, zone = \"Berlin\" }", "no IANA time zone"),
        ("name = \"a\"\nenergy = { watts = 50, tariff = 0 }", "price 0"),
        (
            "name = \"a\"\nenergy = { watts = 50, tariff = [{ price = 0.3, hours = \"22:00-06:00\" }] }",
            "begin with a price that always holds",
        ),
        (
            "name = \"a\"\nenergy = { watts = 50, tariff = [{ price = 0.3 }, { price = 0.2, hours = \"22-6\" }] }",
            "hours \"22-6\"",
        ),
        (
            "name = \"a\"\nenergy = { watts = 50, tariff = [{ price = 0.3 }, { price = 0.2, from = \"2027\" }] }",
            "date \"2027\"",
        ),
        ("name = \"a\"\nenergy = { tariff = 0.3, tasmota = { url = \"plug.lan\" } }", "must begin with http://"),
        (
            "name = \"a\"\nenergy = { tariff = 0.3, tasmota = { url = \"http://p\" }, shelly = { url = \"http://q\" } }",
            "several sources",
        ),
        ("name = \"a\"\nenergy = { tariff = 0.3, shelly = { url = \"http://q\", generation = 4 } }", "generation = 4"),
        (
            "name = \"a\"\nenergy = { tariff = 0.3, home_assistant = { url = \"http://q\", entity = \"plug\", token = \"t\" } }",
            "no entity",
        ),
        (
            "name = \"a\"\nenergy = { tariff = 0.3, home_assistant = { url = \"http://q\", entity = \"sensor.p\" } }",
            "access token",
        ),
        ("name = \"a\"\namortisation = { price = 100, years = 3 }", "needs years and hours_per_day, or tokens"),
        ("name = \"a\"\namortisation = { price = 0, tokens = 5 }", "amortisation.price = 0"),
    ] {
        let faults = faults_of(&format!("[[local]]\n{rule}\n"));
        assert!(
            faults.len() == 1 && faults[0].contains(expected) && faults[0].starts_with("local: rule"),
            "{rule}: {faults:?}"
        );
    }
    let twice = faults_of(&format!("{GOOD}\n[[local]]\nname = \"nas\"\nprice = {{ input = 1, output = 1 }}\n"));
    assert!(twice.len() == 1 && twice[0].contains("taken by another rule"), "{twice:?}");
    let source = "energy = { tariff = 0.3, tasmota = { url = \"http://p\" } }";
    let same = format!("[[local]]\nname = \"a\"\n{source}\n[[local]]\nname = \"b\"\nmachine = \"a\"\n{source}\n");
    assert!(faults_of(&same)[0].contains("are read by rule \"a\" already"), "{:?}", faults_of(&same));
    assert!(faults_of("[power]\ninterval_s = 0\n")[0].contains("between 1 and 60"));
    assert!(
        faults_of("[[local]]\nname = \"a\"\nenergy = { watts = 5, tariff = \"cheap\" }\n")[0]
            .contains("a price per kWh")
    );
    assert!(faults_of("[[local]]\nname = \"a\"\nwatts = 5\n")[0].contains("unknown key \"watts\""));
}
