//! What a client hears that speaks TLS to a plain port.
//!
//! An answer in plain HTTP: to that every TLS library says "wrong version number", "record does not look like TLS" or
//! "server gave HTTP response to HTTPS client", which is what people search for. An alert reads as a fault of
//! certificates, and a closed connection as a fault of the network, so both send them the wrong way.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longest hello we look into; those with post-quantum keys have about 1,800 bytes.
const LONGEST_HELLO: usize = 8 << 10;

/// For everything: hello, answer and goodbye.
const PATIENCE: Duration = Duration::from_secs(2);

const ANSWER: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n\
                      content-length: 69\r\n\r\nThis port speaks plain HTTP and gRPC, no TLS: use an http:// address\n";

/// What a TLS client would have spoken inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    /// It offers HTTP/2 and nothing else, as only gRPC does.
    Grpc,
    Http,
}

/// Reads the hello and answers it in clear; returns what the client meant to speak.
pub(super) async fn turn_away(mut stream: TcpStream) -> Inside {
    let mut hello = Vec::new();
    let talk = async {
        while hello.len() < LONGEST_HELLO && !is_whole(&hello) {
            if stream.read_buf(&mut hello).await? == 0 {
                break;
            }
        }
        stream.write_all(ANSWER.as_bytes()).await?;
        stream.shutdown().await?;
        // Closing with unread bytes would reset the connection, and the client would lose the answer.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // Whether it listened makes no difference.
    let _ = tokio::time::timeout(PATIENCE, talk).await;
    inside(&hello)
}

/// Whether the first record is there to its end.
fn is_whole(hello: &[u8]) -> bool {
    matches!(hello, [_, _, _, high, low, rest @ ..] if rest.len() >= usize::from(u16::from_be_bytes([*high, *low])))
}

fn inside(hello: &[u8]) -> Inside {
    let offered = offered(hello).unwrap_or_default();
    let is_grpc = offered.contains(&&b"h2"[..]) && !offered.contains(&&b"http/1.1"[..]);
    if is_grpc { Inside::Grpc } else { Inside::Http }
}

/// The protocols that a hello offers (RFC 8446 section 4.1.2, RFC 7301 section 3.1); `None` where it offers none or
/// breaks off.
fn offered(hello: &[u8]) -> Option<Vec<&[u8]>> {
    const ALPN: &[u8] = &[0, 16];
    let mut rest = hello;
    // Record and handshake headers, version, random.
    take(&mut rest, 5 + 4 + 2 + 32)?;
    counted(&mut rest, 1)?; // session id
    counted(&mut rest, 2)?; // cipher suites
    counted(&mut rest, 1)?; // compression methods
    let mut extensions = counted(&mut rest, 2)?;
    loop {
        let kind = take(&mut extensions, 2)?;
        let mut content = counted(&mut extensions, 2)?;
        if kind == ALPN {
            let mut list = counted(&mut content, 2)?;
            return Some(std::iter::from_fn(|| counted(&mut list, 1)).collect());
        }
    }
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

/// What stands behind its own length of `width` bytes.
fn counted<'a>(rest: &mut &'a [u8], width: usize) -> Option<&'a [u8]> {
    let length = take(rest, width)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    take(rest, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hello of this library, with these protocols.
    fn hello(protocols: &[&str]) -> Vec<u8> {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let roots = rustls::RootCertStore::empty();
        let mut config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = "localhost".try_into().expect("a name");
        let mut client = rustls::ClientConnection::new(std::sync::Arc::new(config), name).expect("a client");
        let mut hello = Vec::new();
        client.write_tls(&mut hello).expect("to memory");
        hello
    }

    #[test]
    fn grpc_is_known_by_what_it_offers() {
        assert_eq!(inside(&hello(&["h2"])), Inside::Grpc);
        assert_eq!(inside(&hello(&["grpc-exp", "h2"])), Inside::Grpc);
        assert_eq!(inside(&hello(&["h2", "http/1.1"])), Inside::Http);
        assert_eq!(inside(&hello(&[])), Inside::Http);
        let whole = hello(&["h2"]);
        assert!(is_whole(&whole));
        for end in 0..whole.len() {
            assert!(!is_whole(&whole[..end]));
            inside(&whole[..end]);
        }
    }

    #[test]
    fn the_answer_tells_its_length() {
        let (head, body) = ANSWER.split_once("\r\n\r\n").expect("a body");
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}
