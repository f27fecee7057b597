//! The HTTP client of a destination: whom it trusts, who it says it is, and the headers it sends.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use sha2::{Digest as _, Sha256};

use crate::config::{DestinationConfig, SecretError, SecretSource, TlsConfig};

/// How long a secret that was read from a file is used before it is read again: a replaced token works soon.
const SECRETS_FOR: Duration = Duration::from_secs(10);

/// What a whole day of idle connections is cut to: many servers close after a minute.
const IDLE: Duration = Duration::from_secs(50);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path} is no PEM file with a {what}: {reason}")]
    Pem { path: String, what: &'static str, reason: String },
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("{0}")]
    Setting(String),
    #[error("url = {url:?} is no address: {reason}: write it as https://host:port")]
    Url { url: String, reason: String },
    #[error("the header {name:?} cannot be sent: {reason}")]
    Header { name: String, reason: String },
}

/// A client with the trust, the identity and the patience of `config`. `prior_knowledge`: speak HTTP/2 without asking
/// to addresses with `http://`, as gRPC does.
///
/// # Errors
/// When a file cannot be read or is no certificate or key; the message names it.
pub fn client(config: &DestinationConfig, prior_knowledge: bool) -> Result<reqwest::Client, Error> {
    // Fails only when a provider is installed already, which is as good.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let tls = &config.tls;
    let mut builder = reqwest::Client::builder()
        .timeout(Duration::from_millis(config.timeout_ms))
        .connect_timeout(Duration::from_millis(config.timeout_ms).min(Duration::from_secs(10)))
        .pool_idle_timeout(IDLE)
        // A token must not follow to another address.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("tracemeter/", env!("CARGO_PKG_VERSION")));
    if prior_knowledge && config.url.starts_with("http://") {
        builder = builder.http2_prior_knowledge();
    }
    if let Some(pin) = &tls.fingerprint {
        return Ok(builder.tls_backend_preconfigured(pinned(pin, tls)?).build()?);
    }
    if tls.insecure_skip_verify {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if let Some(path) = &tls.ca {
        let pem = read(path)?;
        let certificates =
            reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| bad_pem(path, "certificate", &error))?;
        if certificates.is_empty() {
            return Err(bad_pem(path, "certificate", &"there is none in it"));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some((certificate, key)) = tls.certificate.as_ref().zip(tls.key.as_ref()) {
        let pem = [read(certificate)?, read(key)?].join(&b'\n');
        let identity =
            reqwest::Identity::from_pem(&pem).map_err(|error| bad_pem(certificate, "certificate and a key", &error))?;
        builder = builder.identity(identity);
    }
    Ok(builder.build()?)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::File { path: path.display().to_string(), source })
}

fn bad_pem(path: &Path, what: &'static str, reason: &dyn std::fmt::Display) -> Error {
    Error::Pem { path: path.display().to_string(), what, reason: reason.to_string() }
}

/// TLS that trusts one certificate, whoever signed it and whatever name it has.
fn pinned(pin: &str, tls: &TlsConfig) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let digits: String = pin.chars().filter(|c| *c != ':').collect();
    let mut fingerprint = [0; 32];
    // The configuration was checked: 64 hex digits. Anything else fits no certificate.
    let _checked = hex::decode_to_slice(digits, &mut fingerprint);
    let verifier = Pinned { fingerprint, provider: Arc::clone(&provider) };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match tls.certificate.as_ref().zip(tls.key.as_ref()) {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(certificate)?).collect();
            let chain = chain.map_err(|error| bad_pem(certificate, "certificate", &error))?;
            let own = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| bad_pem(key, "key", &error))?;
            builder.with_client_auth_cert(chain, own)?
        }
    };
    // Of what reqwest is given ready made it changes nothing.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Trusts the certificate with this SHA-256 alone.
#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found: [u8; 32] = Sha256::digest(certificate).into();
        if found == self.fingerprint {
            return Ok(ServerCertVerified::assertion());
        }
        let found = hex::encode(found);
        Err(rustls::Error::General(format!(
            "the server's certificate has the fingerprint {found}, not tls.fingerprint"
        )))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The headers of every request, with secrets as they are now.
#[derive(Debug)]
pub struct Headers {
    /// `Splunk` or `Bearer`, before the token.
    scheme: &'static str,
    token: Option<SecretSource>,
    others: Vec<(HeaderName, SecretSource)>,
    known: Mutex<Option<(Instant, HeaderMap)>>,
}

impl Headers {
    /// # Errors
    /// When a name is no header's name.
    pub fn new(config: &DestinationConfig, scheme: &'static str) -> Result<Self, Error> {
        let mut others = Vec::new();
        for (name, value) in &config.headers {
            let header = HeaderName::try_from(name)
                .map_err(|error| Error::Header { name: name.clone(), reason: error.to_string() })?;
            others.push((header, value.clone()));
        }
        Ok(Self { scheme, token: config.token_source(), others, known: Mutex::new(None) })
    }

    /// What to send. Files and variables are read every few seconds at most.
    ///
    /// # Errors
    /// When a secret is not where it should be, or cannot be sent in a header.
    pub fn current(&self) -> Result<HeaderMap, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, headers)) = &*known
            && read.elapsed() < SECRETS_FOR
        {
            return Ok(headers.clone());
        }
        let mut headers = HeaderMap::new();
        if let Some(token) = &self.token {
            let token = token.read()?;
            headers.insert(AUTHORIZATION, secret("authorization", &format!("{} {}", self.scheme, token.reveal()))?);
        }
        for (name, value) in &self.others {
            headers.insert(name, secret(name.as_str(), value.read()?.reveal())?);
        }
        *known = Some((Instant::now(), headers.clone()));
        Ok(headers)
    }
}

/// A value that no log shows.
fn secret(name: &str, value: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(value)
        .map_err(|error| Error::Header { name: name.to_owned(), reason: error.to_string() })?;
    value.set_sensitive(true);
    Ok(value)
}
