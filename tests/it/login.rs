//! Who looks: the one-time link, logins, tokens, proxies, and what pages of other sites cannot do.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tracemeter::access;
use tracemeter::config::{Config, ForwardAuthConfig};
use tracemeter::model::UnixNanos;
use tracemeter::registry;

use crate::support::otlp::{span, traces};
use crate::support::{App, PATIENCE};

const PASSWORD: &str = "correct horse";

/// The pages on all addresses of the machine.
fn for_others(config: &mut Config) {
    config.web.listen.set_ip([0, 0, 0, 0].into());
}

/// A request that a script would send.
fn request(app: &App, method: Method, path: &str) -> RequestBuilder {
    app.client.request(method, app.web_url(path)).header("x-tracemeter", "1")
}

async fn told(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default())
}

/// The pair of the cookie that an answer sets.
fn cookie(answer: &Response) -> String {
    let set = answer.headers()["set-cookie"].to_str().expect("text");
    set.split(';').next().expect("a pair").to_owned()
}

/// The token of a new link.
fn link(app: &App) -> String {
    let registry = registry::open_beside(&app.data_dir()).expect("opens");
    let link = access::setup_link(&registry, "http://ai.lan", app.clock.now()).expect("written");
    link.split_once('#').expect("behind the hash").1.to_owned()
}

async fn set_up_with(app: &App, token: &str, password: &str) -> Response {
    let wanted = json!({"token": token, "name": "anna", "password": password});
    request(app, Method::POST, "/api/v1/account/setup").body(wanted.to_string()).send().await.expect("answers")
}

/// Sets up the admin; the cookie.
async fn set_up(app: &App) -> String {
    let answer = set_up_with(app, &link(app), PASSWORD).await;
    assert_eq!(answer.status(), 200);
    cookie(&answer)
}

async fn sign_in(app: &App, password: &str) -> Response {
    let login = json!({"name": "anna", "password": password});
    request(app, Method::POST, "/api/v1/account/login").body(login.to_string()).send().await.expect("answers")
}

/// The status of a question with this header.
async fn with(app: &App, path: &str, header: (&str, &str)) -> u16 {
    let answer = app.client.get(app.web_url(path)).header(header.0, header.1).send().await.expect("answers");
    answer.status().as_u16()
}

fn later(app: &App, time: Duration) {
    app.clock.set(UnixNanos(app.clock.now().0 + i64::try_from(time.as_nanos()).expect("short")));
}

#[tokio::test]
async fn off_loopback_the_api_asks_for_a_login_and_probes_and_pages_do_not() {
    let app = App::start_with(for_others).await;
    for path in ["/api/v1/traces", "/api/v1/keys", "/api/v1/config", "/api/v1/nothing", "/api/openapi.json", "/metrics"]
    {
        let (status, told) = app.get(path).await;
        assert_eq!((status, told["error"]["code"].as_str()), (401, Some("login_required")), "{path}: {told}");
    }
    let deleted = request(&app, Method::DELETE, "/api/v1/users/anna").send().await.expect("answers");
    assert_eq!(deleted.status(), 401);
    assert!(deleted.headers()["www-authenticate"].to_str().expect("text").starts_with("Bearer"));
    assert!(deleted.headers()["content-security-policy"].to_str().expect("text").contains("default-src 'none'"));
    for path in ["/healthz", "/readyz"] {
        assert_eq!(with(&app, path, ("accept", "*/*")).await, 200, "{path}");
    }
    let page = app.client.get(app.web_url("/traces")).send().await.expect("answers");
    assert_ne!(page.status(), 401, "pages hold no data");
    let account = app.get_ok("/api/v1/account").await;
    let expected =
        json!({"login_wanted": true, "set_up": false, "signed_in": false, "name": null, "by": null, "may": null});
    assert_eq!(account, expected);
    // Telemetry has keys of its own.
    app.send(&traces("shop", vec![span(1, 1, "s", 0)])).await;
    app.stop().await;
}

#[tokio::test]
async fn a_link_sets_up_the_admin_once_and_the_cookie_opens_the_pages() {
    let app = App::start_with(for_others).await;
    let token = link(&app);
    assert_eq!(set_up_with(&app, &token, "short").await.status(), 400);
    assert_eq!(set_up_with(&app, "00", PASSWORD).await.status(), 410);
    let answer = set_up_with(&app, &token, PASSWORD).await;
    assert_eq!(answer.status(), 200);
    let set = answer.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(set.contains("; HttpOnly; SameSite=Strict; Max-Age=2592000") && !set.contains("Secure"), "{set}");
    let first = cookie(&answer);
    assert_eq!(told(answer).await.1["name"], "anna");
    assert_eq!(told(set_up_with(&app, &token, "other horses").await).await.0, 410, "it is used up");
    assert_eq!(with(&app, "/api/v1/traces", ("cookie", &first)).await, 200);

    let (status, wrong) = told(sign_in(&app, "wrong horses").await).await;
    assert_eq!((status, wrong["error"]["code"].as_str()), (401, Some("wrong_password")));
    let second = cookie(&sign_in(&app, PASSWORD).await);
    let app = app.restart().await;
    assert_eq!(with(&app, "/api/v1/traces", ("cookie", &second)).await, 200, "logins outlive the server");
    let both = format!("other=1; {second}");
    let list: Value = app
        .client
        .get(app.web_url("/api/v1/account/logins"))
        .header("cookie", &both)
        .send()
        .await
        .expect("answers")
        .json()
        .await
        .expect("JSON");
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "{list:#}");
    assert_eq!(list["items"].as_array().expect("a list").iter().filter(|one| one["this_one"] == true).count(), 1);

    let out =
        request(&app, Method::DELETE, "/api/v1/account/login").header("cookie", &second).send().await.expect("answers");
    assert!(out.headers()["set-cookie"].to_str().expect("text").contains("Max-Age=0"));
    assert_eq!(with(&app, "/api/v1/traces", ("cookie", &second)).await, 401);
    let change = json!({"current": PASSWORD, "new": "other horses"});
    let change = |cookie: &str| {
        let put = request(&app, Method::PUT, "/api/v1/account/password").header("cookie", cookie.to_owned());
        put.body(change.to_string()).send()
    };
    let third = cookie(&sign_in(&app, PASSWORD).await);
    assert_eq!(change(&third).await.expect("answers").status(), 200);
    assert_eq!(with(&app, "/api/v1/traces", ("cookie", &first)).await, 401, "all others are signed out");
    assert_eq!(with(&app, "/api/v1/traces", ("cookie", &third)).await, 200);
    assert_eq!(sign_in(&app, PASSWORD).await.status(), 401);
    app.stop().await;
}

#[tokio::test]
async fn logins_end_and_attempts_are_limited() {
    let app = App::start_with(for_others).await;
    let cookie = set_up(&app).await;
    later(&app, Duration::from_secs(6 * 86_400));
    assert_eq!(with(&app, "/api/v1/keys", ("cookie", &cookie)).await, 200);
    later(&app, Duration::from_secs(7 * 86_400 + 1));
    assert_eq!(with(&app, "/api/v1/keys", ("cookie", &cookie)).await, 401, "a week without use");
    for _ in 0..5 {
        assert_eq!(sign_in(&app, "wrong horses").await.status(), 401);
    }
    let refused = sign_in(&app, PASSWORD).await;
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].as_bytes()), (429, b"600".as_slice()));
    assert_eq!(told(refused).await.1["error"]["hint"], "try again in 10 minutes");
    later(&app, Duration::from_secs(600));
    assert_eq!(sign_in(&app, PASSWORD).await.status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn pages_of_other_sites_can_neither_sign_in_nor_change() {
    let app = App::start_with(for_others).await;
    let cookie = set_up(&app).await;
    let login = || {
        let login = json!({"name": "anna", "password": PASSWORD}).to_string();
        app.client.post(app.web_url("/api/v1/account/login")).body(login)
    };
    assert_eq!(login().send().await.expect("answers").status(), 403, "a form cannot send the header");
    let foreign = login().header("x-tracemeter", "1").header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.expect("answers").status(), 403);
    let foreign = login().header("x-tracemeter", "1").header("sec-fetch-site", "cross-site");
    assert_eq!(foreign.send().await.expect("answers").status(), 403);
    let revoke = request(&app, Method::POST, "/api/v1/keys").header("cookie", &cookie).header("origin", "null");
    assert_eq!(revoke.body(r#"{"name": "x"}"#).send().await.expect("answers").status(), 403);
    let asked =
        app.client.request(Method::OPTIONS, app.web_url("/api/v1/keys")).header("origin", "https://evil.example");
    let asked = asked.header("access-control-request-method", "POST").send().await.expect("answers");
    assert!(asked.headers().get("access-control-allow-origin").is_none(), "{:?}", asked.headers());
    // Behind a proxy with TLS the browser says so, and the cookie goes no other way.
    let own = format!("https://{}", app.addresses().web);
    let safe = login().header("x-tracemeter", "1").header("origin", own).send().await.expect("answers");
    assert!(safe.headers()["set-cookie"].to_str().expect("text").ends_with("; Secure"));
    app.stop().await;
}

#[tokio::test]
async fn tokens_read_or_do_everything() {
    let app = App::start_with(for_others).await;
    let cookie = set_up(&app).await;
    let make = async |name: &str, scope: &str| {
        let wanted = json!({"name": name, "scope": scope}).to_string();
        let made = request(&app, Method::POST, "/api/v1/keys").header("cookie", &cookie).body(wanted);
        let (status, made) = told(made.send().await.expect("answers")).await;
        assert_eq!(status, 200, "{made}");
        made["secret"].as_str().expect("the token").to_owned()
    };
    let (read, admin) = (make("grafana", "read").await, make("cron", "admin").await);
    let by = async |token: &str, method: Method, path: &str, body: Value| {
        let asked = app.client.request(method, app.web_url(path)).header("authorization", format!("Bearer {token}"));
        told(asked.body(body.to_string()).send().await.expect("answers")).await.0
    };
    for token in [&read, &admin] {
        assert_eq!(by(token, Method::GET, "/api/v1/traces", Value::Null).await, 200);
        assert_eq!(by(token, Method::GET, "/metrics", Value::Null).await, 200, "for Prometheus");
        assert_eq!(
            by(token, Method::POST, "/api/v1/sql", json!({"sql": "SELECT 1"})).await,
            200,
            "which changes nothing"
        );
    }
    assert_eq!(by(&read, Method::POST, "/api/v1/keys", json!({"name": "x"})).await, 403);
    assert_eq!(by(&read, Method::DELETE, "/api/v1/users/anna", Value::Null).await, 403);
    assert_eq!(by(&admin, Method::POST, "/api/v1/keys", json!({"name": "x"})).await, 200, "without another header");
    let ingest = request(&app, Method::POST, "/api/v1/keys").header("cookie", &cookie).body(r#"{"name": "n8n"}"#);
    let (_, ingest) = told(ingest.send().await.expect("answers")).await;
    let ingest = ingest["secret"].as_str().expect("the key");
    assert_eq!(by(ingest, Method::GET, "/api/v1/traces", Value::Null).await, 401, "a key sends and does not read");
    assert_eq!(
        with(&app, &format!("/api/v1/traces?api_key={read}"), ("accept", "*/*")).await,
        401,
        "not in an address"
    );
    app.stop().await;
}

#[tokio::test]
async fn without_a_login_pages_open_under_names_of_home_only() {
    let app = App::start_with(|config| config.web.hosts = vec!["traces.example.org".into()]).await;
    for host in ["localhost:4319", "127.0.0.1", "nas", "ai.lan:4319", "traces.example.org", "[::1]:4319"] {
        assert_eq!(with(&app, "/api/v1/traces", ("host", host)).await, 200, "{host}");
    }
    for host in ["evil.example", "evil.example:4319", "127.0.0.1.evil.example"] {
        assert_eq!(with(&app, "/api/v1/traces", ("host", host)).await, 403, "{host}");
        assert_eq!(with(&app, "/api/v1/account", ("host", host)).await, 403, "{host}");
        assert_eq!(with(&app, "/healthz", ("host", host)).await, 200, "probes name what they like");
    }
    let cookie = set_up(&app).await;
    let answer = app.client.get(app.web_url("/api/v1/traces")).header("host", "evil.example").header("cookie", cookie);
    assert_eq!(answer.send().await.expect("answers").status(), 200, "who is signed in came by a page of ours");
    assert_eq!(
        with(&app, "/api/v1/traces", ("host", "localhost")).await,
        401,
        "an admin is there now, on loopback as well"
    );
    app.stop().await;
}

#[tokio::test]
async fn a_proxy_says_who_is_signed_in_from_its_network_only() {
    let through = |network: &'static str| {
        move |config: &mut Config| {
            for_others(config);
            config.web.forward_auth = Some(ForwardAuthConfig {
                header: "Remote-User".into(),
                networks: vec![network.parse().expect("a network")],
                users: Vec::new(),
            });
        }
    };
    let app = App::start_with(through("127.0.0.0/8")).await;
    assert_eq!(with(&app, "/api/v1/traces", ("remote-user", "bob")).await, 200);
    assert_eq!(with(&app, "/api/v1/traces", ("accept", "*/*")).await, 401);
    let account =
        app.client.get(app.web_url("/api/v1/account")).header("remote-user", "bob").send().await.expect("answers");
    let (_, account) = told(account).await;
    assert_eq!(
        (&account["name"], &account["by"], &account["may"]),
        (&json!("bob"), &json!("proxy"), &json!("everything"))
    );
    let app = app.restart_with(through("10.0.0.0/8")).await;
    assert_eq!(with(&app, "/api/v1/traces", ("remote-user", "bob")).await, 401, "anybody could say that");
    app.stop().await;
}

/// Kills the server when the test fails.
struct Serving(std::process::Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_the_link_and_commands_on_the_machine_need_no_login() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let data_dir = dir.path().join("data");
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tracemeter"));
        command.env("TRACEMETER_DATA_DIR", &data_dir).env("TRACEMETER_RECEIVE__GRPC", "0.0.0.0:0");
        command.env("TRACEMETER_RECEIVE__HTTP", "127.0.0.1:0").env("TRACEMETER_WEB__LISTEN", "0.0.0.0:0");
        command
    };
    let mut server =
        Serving(command().arg("serve").stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts"));
    let log = BufReader::new(server.0.stderr.take().expect("piped"));
    let out = BufReader::new(server.0.stdout.take().expect("piped"));
    let (said, heard) = std::sync::mpsc::channel();
    for output in [Box::new(log) as Box<dyn std::io::BufRead + Send>, Box::new(out)] {
        let said = said.clone();
        std::thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(said.send(line))));
    }
    let mut all = String::new();
    tokio::task::block_in_place(|| {
        while !all.contains("is ready") || !all.contains("/setup#") {
            all += &heard.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("never said; heard {all}"));
            all.push('\n');
        }
    });
    assert!(all.contains("tracemeter keys new NAME"), "{all}");
    let link = all.split_whitespace().find(|word| word.contains("/setup#")).expect("just seen");
    assert!(link.starts_with("http://") && !link.contains("0.0.0.0"), "{link}");
    let (_, token) = link.split_once('#').expect("a token");
    let web = tracemeter::app::Addresses::read(&data_dir).expect("written").web;
    let client = crate::support::client();
    let set_up = async |token: &str| {
        let wanted = json!({"token": token, "name": "anna", "password": PASSWORD}).to_string();
        let asked = client.post(format!("http://{web}/api/v1/account/setup")).header("x-tracemeter", "1").body(wanted);
        asked.send().await.expect("answers").status().as_u16()
    };
    assert_eq!((set_up(token).await, set_up(token).await), (200, 410));
    let run = |args: &[&str], token: Option<&str>| {
        let mut command = command();
        command.args(args);
        if let Some(token) = token {
            command.env("TRACEMETER_TOKEN", token);
        }
        let run = command.output().expect("runs");
        (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
    };
    let (well, said) = run(&["destinations", "list"], None);
    assert!(well, "by the token in the data directory: {said}");
    let base = format!("http://{web}");
    let (well, said) = run(&["reindex", "--prices", "--url", &base], None);
    assert!(!well && said.contains("nobody is signed in") && said.contains("TRACEMETER_TOKEN"), "{said}");
    let (_, made) = run(&["keys", "new", "remote", "--api", "admin"], None);
    let token = made.lines().find(|line| line.starts_with("tm_api_")).expect("a token").to_owned();
    let started = std::time::Instant::now();
    while !run(&["destinations", "list", "--url", &base], Some(&token)).0 {
        assert!(started.elapsed() < PATIENCE, "the token is never known");
    }
    let (well, again) = run(&["admin", "link", "--url", "https://traces.lan/"], None);
    assert!(well && again.contains("https://traces.lan/setup#"), "{again}");
    let mode = std::fs::metadata(data_dir.join("run/token")).expect("written");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
}
