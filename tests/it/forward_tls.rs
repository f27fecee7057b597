//! TLS to destinations: an authority of one's own, a pinned certificate, a certificate for us, and none of them.

use serde_json::Value;
use tracemeter::config::{DestinationConfig, DestinationKind, TlsConfig};

use crate::support::App;
use crate::support::otlp::{span, traces};
use crate::support::tls::Tls;

const KINDS: [DestinationKind; 2] = [DestinationKind::OtlpHttp, DestinationKind::OtlpGrpc];

async fn sender(kind: DestinationKind, url: &str, tls: TlsConfig) -> App {
    let mut destination = DestinationConfig::new("there", kind, url);
    destination.tls = tls;
    let app = App::start_with(|config| config.destination.push(destination)).await;
    app.send(&traces("shop", vec![span(1, 1, "a", 2)])).await;
    app
}

async fn arrives(kind: DestinationKind, url: &str, tls: TlsConfig) {
    let sender = sender(kind, url, tls).await;
    sender.until_sent("there").await;
    sender.stop().await;
}

/// The reason why it does not.
async fn does_not_arrive(kind: DestinationKind, url: &str, tls: TlsConfig) -> String {
    let sender = sender(kind, url, tls).await;
    let failed = |state: &Value| !state["last_error"].is_null();
    let state = sender.until("/api/v1/destinations/there", failed).await;
    assert_eq!(state["sent_records"], 0, "{state:#}");
    sender.stop().await;
    state["last_error"].as_str().expect("a text").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_by_its_authority_its_fingerprint_or_at_all_costs() {
    let receiver = App::start().await;
    let tls = Tls::before(receiver.addresses().http, false).await;
    let other = Tls::before(receiver.addresses().http, false).await;
    for kind in KINDS {
        let ca = TlsConfig { ca: Some(tls.ca.clone()), ..TlsConfig::default() };
        arrives(kind, &tls.url(), ca.clone()).await;
        let why = does_not_arrive(kind, &other.url(), ca).await;
        assert!(why.contains("certificate"), "{why}");
        let why = does_not_arrive(kind, &tls.url(), TlsConfig::default()).await;
        assert!(why.contains("certificate"), "{why}");
        // By address too: the name does not count.
        let pinned = TlsConfig { fingerprint: Some(tls.fingerprint.clone()), ..TlsConfig::default() };
        arrives(kind, &format!("https://{}", tls.address), pinned.clone()).await;
        let why = does_not_arrive(kind, &other.url(), pinned).await;
        assert!(why.contains("fingerprint"), "{why}");
        let skip = TlsConfig { insecure_skip_verify: true, ..TlsConfig::default() };
        arrives(kind, &format!("https://{}", tls.address), skip).await;
    }
    receiver.settled().await;
    // The same span each time: it came six times.
    assert_eq!(receiver.journal_spans().await.len(), 1);
    receiver.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_ask_for_our_certificate() {
    let receiver = App::start().await;
    let tls = Tls::before(receiver.addresses().http, true).await;
    for kind in KINDS {
        let ca = TlsConfig { ca: Some(tls.ca.clone()), ..TlsConfig::default() };
        does_not_arrive(kind, &tls.url(), ca.clone()).await;
        let (certificate, key) = (Some(tls.certificate.clone()), Some(tls.key.clone()));
        arrives(kind, &tls.url(), TlsConfig { certificate: certificate.clone(), key: key.clone(), ..ca }).await;
        let fingerprint = Some(tls.fingerprint.clone());
        arrives(kind, &tls.url(), TlsConfig { certificate, key, fingerprint, ..TlsConfig::default() }).await;
    }
    receiver.stop().await;
}
