//! What only shows with a clock that is moved by hand. The rest is in `tests/it`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::*;
use crate::config::ForwardAuthConfig;
use crate::model::{Grant, Signal};
use crate::registry::keys::DEFAULT_PROJECT;

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

struct Bench {
    access: Access,
    registry: Registry,
    clock: Clock,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new(web: &WebConfig) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let registry = Registry::open(dir.path(), [7; 32]).expect("opens");
        let clock = Clock::fixed(UnixNanos(100 * DAY));
        let access = Access::open(registry.clone(), clock.clone(), web).expect("reads");
        Self { access, registry, clock, dir }
    }

    fn pass(&self, delta: Duration) {
        self.clock.set(self.clock.now().after(delta));
    }

    fn key(&self, name: &str, grant: Grant) -> (Key, String) {
        let wanted = NewKey { name: name.into(), grant, project: DEFAULT_PROJECT.into() };
        self.access.make_key(&wanted).expect("made")
    }

    /// Sets up the admin, and gives the cookie.
    fn set_up(&self) -> String {
        let link = setup_link(&self.registry, "http://ai.lan:4319", self.clock.now()).expect("written");
        let (_, token) = link.split_once('#').expect("behind the hash");
        cookie_of(&self.access.set_up(&browser(), token, "anna", "correct horse").expect("set up"))
    }

    fn who(&self, headers: &[(&'static str, &str)]) -> Option<(String, May)> {
        self.access.visitor(&head(headers), peer("10.0.0.9")).map(|visitor| (visitor.name, visitor.may))
    }
}

fn head(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
    };
    pairs.iter().map(pair).collect()
}

fn peer(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn browser() -> Caller {
    Caller { headers: head(&[("user-agent", "Firefox")]), peer: peer("10.0.0.9") }
}

fn cookie_of(set: &str) -> String {
    set.split(';').next().expect("a pair").to_owned()
}

fn lan() -> WebConfig {
    WebConfig { listen: ([0, 0, 0, 0], 4319).into(), ..WebConfig::default() }
}

#[test]
fn a_login_ends_a_week_after_it_was_seen_and_a_month_after_it_was_made() {
    let bench = Bench::new(&lan());
    let cookie = bench.set_up();
    let is_in = || bench.who(&[("cookie", &cookie)]).is_some();
    for _ in 0..4 {
        bench.pass(Duration::from_secs(6 * 86_400));
        assert!(is_in());
        bench.access.note_used().expect("written");
    }
    bench.pass(Duration::from_secs(6 * 86_400));
    assert!(is_in(), "on its thirtieth day");
    bench.pass(Duration::from_secs(86_400));
    assert!(!is_in(), "a month is over");
    let cookie = cookie_of(&bench.access.sign_in(&browser(), "anna", "correct horse").expect("signs in"));
    let is_in = || bench.who(&[("cookie", &cookie)]).is_some();
    bench.pass(Duration::from_secs(6 * 86_400));
    assert!(is_in());
    bench.pass(Duration::from_secs(7 * 86_400 + 1));
    assert!(!is_in(), "a week without use");
    bench.access.note_used().expect("written");
    assert!(bench.registry.logins().expect("read").is_empty(), "and forgotten");
}

#[test]
fn signing_in_is_limited_by_address_and_says_how_long() {
    let bench = Bench::new(&lan());
    bench.set_up();
    for _ in 0..5 {
        assert!(matches!(bench.access.sign_in(&browser(), "anna", "wrong horse"), Err(Error::Wrong)));
    }
    let right = || bench.access.sign_in(&browser(), "anna", "correct horse");
    assert!(matches!(right(), Err(Error::TooMany { wait }) if wait == Duration::from_secs(600)));
    let elsewhere = Caller { peer: peer("10.0.0.10"), ..browser() };
    bench.access.sign_in(&elsewhere, "anna", "correct horse").expect("another machine is not kept out");
    bench.pass(Duration::from_secs(600));
    right().expect("the time is over");
    assert!(matches!(bench.access.sign_in(&browser(), "eve", "correct horse"), Err(Error::Wrong)));
}

#[test]
fn a_link_is_good_once_and_for_a_day_and_ends_all_logins() {
    let bench = Bench::new(&lan());
    let first = bench.access.first_link("http://ai.lan:4319/").expect("written").expect("there is no admin");
    assert!(first.starts_with("http://ai.lan:4319/setup#") && first.len() == 25 + 64, "{first}");
    let set_up = |link: &str, password: &str| {
        let (_, token) = link.split_once('#').expect("behind the hash");
        bench.access.set_up(&browser(), token, "anna", password)
    };
    assert!(matches!(set_up(&first, "short"), Err(Error::Choice(_))), "which uses up nothing");
    let cookie = cookie_of(&set_up(&first, "correct horse").expect("set up"));
    assert!(matches!(set_up(&first, "other horses"), Err(Error::Link)), "used up");
    assert_eq!(bench.access.first_link("http://ai.lan:4319").expect("read"), None, "there is one now");
    let again = setup_link(&bench.registry, "http://ai.lan", bench.clock.now()).expect("written");
    assert!(bench.who(&[("cookie", &cookie)]).is_some(), "a link alone changes nothing");
    set_up(&again, "other horses").expect("set anew");
    assert_eq!(bench.who(&[("cookie", &cookie)]), None);
    let late = setup_link(&bench.registry, "http://ai.lan", bench.clock.now()).expect("written");
    bench.pass(Duration::from_secs(86_400));
    assert!(matches!(set_up(&late, "third horses"), Err(Error::Link)));
}

#[test]
fn a_password_is_changed_by_who_knows_it_and_ends_the_other_logins() {
    let bench = Bench::new(&lan());
    let one = bench.set_up();
    let other = cookie_of(&bench.access.sign_in(&browser(), " anna ", "correct horse").expect("signs in"));
    let By::Login(mine) = bench.access.visitor(&head(&[("cookie", &one)]), peer("10.0.0.9")).expect("in").by else {
        panic!("by cookie")
    };
    let change = |by, current: &str, new: &str| bench.access.change_password(&browser(), by, current, new);
    assert!(matches!(change(By::Login(mine), "wrong horse", "other horses"), Err(Error::Wrong)));
    assert!(matches!(change(By::Token, "correct horse", "other horses"), Err(Error::NoPassword)));
    assert!(matches!(change(By::Login(mine), "correct horse", "short"), Err(Error::Choice(_))));
    change(By::Login(mine), "correct horse", "other horses").expect("changed");
    assert!(bench.who(&[("cookie", &one)]).is_some() && bench.who(&[("cookie", &other)]).is_none());
    assert!(matches!(bench.access.sign_in(&browser(), "anna", "correct horse"), Err(Error::Wrong)));
}

#[test]
fn who_asks_is_known_by_token_proxy_or_cookie() {
    let proxy = ForwardAuthConfig {
        header: "Remote-User".into(),
        networks: vec!["10.0.0.9".parse().expect("a network")],
        users: vec!["bob".into()],
    };
    let bench = Bench::new(&WebConfig { forward_auth: Some(proxy), ..WebConfig::default() });
    assert_eq!(bench.who(&[]), None, "a proxy that asks is no reason to let everybody in");
    assert_eq!(bench.who(&[("remote-user", "bob")]), Some(("bob".into(), May::Everything)));
    assert_eq!(bench.who(&[("remote-user", "eve")]), None);
    assert_eq!(bench.who(&[("remote-user", "")]), None);
    let mut twice = head(&[("remote-user", "bob")]);
    twice.append("remote-user", HeaderValue::from_static("bob"));
    assert_eq!(bench.access.visitor(&twice, peer("10.0.0.9")), None);
    assert_eq!(bench.access.visitor(&head(&[("remote-user", "bob")]), peer("10.0.0.8")), None, "from elsewhere");

    let (_, read) = bench.key("grafana", Grant::Read);
    let (admin, secret) = bench.key("script", Grant::Admin);
    let (_, ingest) = bench.key("n8n", Grant::Send(Signal::ALL.to_vec()));
    let by = |secret: &str| bench.who(&[("authorization", &format!("Bearer {secret}"))]);
    assert_eq!(by(&read), Some(("grafana".into(), May::Read)));
    assert_eq!(by(&secret), Some(("script".into(), May::Everything)));
    assert_eq!((by(&ingest), by("tm_api_00")), (None, None));
    assert!(bench.access.revoke_key(admin.id).expect("written"));
    assert_eq!(by(&secret), None);
    bench.access.write_command_token(bench.dir.path()).expect_err("there is no folder run");
    std::fs::create_dir(bench.dir.path().join("run")).expect("made");
    bench.access.write_command_token(bench.dir.path()).expect("written");
    let command = std::fs::read_to_string(bench.dir.path().join(COMMAND_TOKEN)).expect("readable");
    assert_eq!(by(&command), Some(("command line".into(), May::Everything)));
}

#[test]
fn a_login_is_asked_for_where_others_may_reach_and_once_there_is_an_admin() {
    let asks = |web: &WebConfig| Bench::new(web).access.asks_for_login();
    assert!(!asks(&WebConfig::default()) && asks(&lan()));
    assert!(asks(&WebConfig { require_login: true, ..WebConfig::default() }));
    assert!(!asks(&WebConfig { allow_without_login: true, ..lan() }));
    let bench = Bench::new(&WebConfig::default());
    bench.set_up();
    assert!(bench.access.asks_for_login());
}

#[test]
fn a_rotated_key_is_good_for_as_long_as_was_said() {
    let bench = Bench::new(&WebConfig::default());
    let (made, old) = bench.key("n8n", Grant::Send(vec![Signal::Traces]));
    let admit = |secret: &str| {
        let headers = head(&[("x-api-key", secret)]);
        bench.access.admit(Asks::OnceMade, &headers, &Uri::default()).map(|pass| pass.is_for(Signal::Logs))
    };
    assert_eq!(admit(&old), Ok(false), "it is for traces");
    let (_, new) = bench.access.rotate_key(made.id, Duration::from_secs(3600)).expect("written").expect("known");
    assert_eq!((admit(&old), admit(&new)), (Ok(false), Ok(false)));
    bench.pass(Duration::from_secs(3600));
    assert_eq!((admit(&old), admit(&new)), (Err(Denied::Rotated), Ok(false)));
    let (_, third) = bench.access.rotate_key(made.id, Duration::ZERO).expect("written").expect("known");
    assert_eq!((admit(&new), admit(&old)), (Err(Denied::Rotated), Err(Denied::Unknown)));
    assert!(bench.access.revoke_key(made.id).expect("written"));
    assert_eq!(admit(&third), Err(Denied::Revoked));
    assert_eq!(bench.access.admit(Asks::OnceMade, &HeaderMap::new(), &Uri::default()).err(), Some(Denied::Missing));
    assert!(bench.access.admit(Asks::Never, &head(&[("x-api-key", &third)]), &Uri::default()).is_ok());
}

#[test]
fn last_use_is_known_at_once_and_written_with_the_minute() {
    let bench = Bench::new(&WebConfig::default());
    let (made, secret) = bench.key("n8n", Grant::Send(Signal::ALL.to_vec()));
    let used = || bench.access.keys()[0].used;
    assert_eq!(used(), None);
    bench.access.admit(Asks::Always, &head(&[("x-api-key", &secret)]), &Uri::default()).expect("good");
    let now = bench.clock.now();
    assert_eq!((used(), bench.registry.keys().expect("read")[0].used), (Some(now), None));
    bench.access.rotate_key(made.id, Duration::ZERO).expect("written");
    assert_eq!(used(), Some(now), "what is read anew forgets nothing");
    bench.access.look(true).expect("written");
    assert_eq!(bench.registry.keys().expect("read")[0].used, Some(now));
}

#[test]
fn what_another_process_makes_and_revokes_holds_after_a_look() {
    let bench = Bench::new(&WebConfig::default());
    let other = Registry::open(bench.dir.path(), [7; 32]).expect("opens");
    let wanted =
        NewKey { name: "n8n".into(), grant: Grant::Send(Signal::ALL.to_vec()), project: DEFAULT_PROJECT.into() };
    let (made, secret) = other.make_key(&wanted, UnixNanos(1)).expect("made");
    let admit = || bench.access.admit(Asks::OnceMade, &head(&[("x-api-key", &secret)]), &Uri::default());
    assert!(admit().expect("nothing is asked for yet").project.is_none());
    bench.access.look(false).expect("read");
    assert_eq!(admit().expect("known").project.as_deref(), Some(DEFAULT_PROJECT));
    assert!(other.revoke_key(made.id, UnixNanos(2)).expect("written"));
    bench.access.look(false).expect("read");
    assert_eq!(admit().err(), Some(Denied::Revoked));
}
