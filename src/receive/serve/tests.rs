use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;

use super::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut_off() {
    let (listener, address) = listener().await;
    let entered = Arc::new(Notify::new());
    let handler = {
        let entered = Arc::clone(&entered);
        move || async move {
            entered.notify_one();
            std::future::pending::<()>().await;
        }
    };
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(serve(listener, Router::new().fallback(handler), stopped, Duration::ZERO, None));
    let mut client = TcpStream::connect(address).await.expect("open");
    client.write_all(GET).await.expect("sent");
    entered.notified().await;
    stop.send_replace(true);
    serving.await.expect("ends");
    let mut answer = Vec::new();
    // Closed or reset, but not answered.
    let _ = client.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let (listener, address) = listener().await;
    let (stop, stopped) = watch::channel(false);
    let router = Router::new().fallback(|| async { "hello" });
    let serving = tokio::spawn(serve(listener, router, stopped, Duration::from_secs(3600), None));
    let silent = TcpStream::connect(address).await.expect("open");
    let mut kept_alive = TcpStream::connect(address).await.expect("open");
    kept_alive.write_all(GET).await.expect("sent");
    let mut start = [0; 15];
    kept_alive.read_exact(&mut start).await.expect("an answer");
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    // Also when nobody is left who could say stop.
    drop(stop);
    serving.await.expect("ends although both connections are open");
    drop(silent);
}

#[tokio::test]
async fn handlers_see_the_address_of_the_client() {
    let (listener, address) = listener().await;
    let (_stop, stopped) = watch::channel(false);
    let router = Router::new().fallback(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() });
    tokio::spawn(serve(listener, router, stopped, Duration::ZERO, None));
    let mut client = TcpStream::connect(address).await.expect("open");
    client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.ends_with(&client.local_addr().expect("an address").to_string()), "{answer}");
}

#[test]
fn tls_is_explained_once_per_client_and_to_so_many() {
    let explained = TlsExplained::default();
    assert!(explained.is_first(Ipv4Addr::LOCALHOST.into()));
    assert!(!explained.is_first(Ipv4Addr::LOCALHOST.into()));
    let others = (0..10_000_u32).filter(|n| explained.is_first(Ipv4Addr::from(*n).into())).count();
    assert_eq!(others, REMEMBERED_CLIENTS - 1);
}
