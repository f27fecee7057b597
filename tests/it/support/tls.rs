//! TLS in front of a port that speaks none, with an authority of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest as _, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The files a client may need, and where to reach the server.
pub struct Tls {
    pub address: SocketAddr,
    /// Of the authority that signed everything.
    pub ca: PathBuf,
    /// A client's certificate and its key.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// SHA-256 of the server's certificate in hex.
    pub fingerprint: String,
    _dir: tempfile::TempDir,
}

impl Tls {
    /// The URL by the name in the certificate.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// In front of `upstream`; `asks_clients` for a certificate of the same authority.
    pub async fn before(upstream: SocketAddr, asks_clients: bool) -> Self {
        super::client();
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate");
        let issue = |usage: ExtendedKeyUsagePurpose| {
            let mut params = CertificateParams::new(vec!["localhost".into()]).expect("a name");
            params.extended_key_usages = vec![usage];
            let key = KeyPair::generate().expect("a key");
            (params.signed_by(&key, &authority).expect("a certificate"), key)
        };
        let (server, server_key) = issue(ExtendedKeyUsagePurpose::ServerAuth);
        let (client, client_key) = issue(ExtendedKeyUsagePurpose::ClientAuth);

        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).expect("a root");
        let builder = ServerConfig::builder();
        let builder = if asks_clients {
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().expect("a verifier");
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(server_key.serialize_der()).expect("a key");
        let mut config = builder.with_single_cert(vec![server.der().clone()], key).expect("they fit");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: String| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(forward(listener, TlsAcceptor::from(Arc::new(config)), upstream));
        Self {
            address,
            ca: write("ca.pem", authority.pem()),
            certificate: write("client.pem", client.pem()),
            key: write("client.key", client_key.serialize_pem()),
            fingerprint: hex::encode(Sha256::digest(server.der())),
            _dir: dir,
        }
    }
}

async fn forward(listener: TcpListener, acceptor: TlsAcceptor, upstream: SocketAddr) {
    loop {
        let (stream, _) = listener.accept().await.expect("the port stays open");
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // A client that does not trust us, or whom we do not trust, ends here.
            let Ok(mut secret) = acceptor.accept(stream).await else { return };
            let mut plain = TcpStream::connect(upstream).await.expect("the upstream is there");
            let _ends_somehow = tokio::io::copy_bidirectional(&mut secret, &mut plain).await;
        });
    }
}
