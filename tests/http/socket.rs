//! The server on a real socket: streams in both directions, slow heads, graceful stop.

use std::time::Duration;

use arborline::api::server::{Limits, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::server::{SECRET, Server, order};

struct Served {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

async fn served(server: &Server, limits: Limits) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (stop, stopped) = oneshot::channel();
    let api = server.api.clone();
    let ended = tokio::spawn(serve(listener, api, limits, async move {
        drop(stopped.await);
    }));
    Served {
        address,
        stop,
        ended,
    }
}

async fn connect(served: &Served) -> TcpStream {
    TcpStream::connect(served.address)
        .await
        .expect("a connection")
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await.expect("an end");
    String::from_utf8(text).expect("text")
}

#[tokio::test]
async fn lines_in_pieces_and_a_graceful_stop() {
    let server = Server::started().await;
    let served = served(&server, Limits::default()).await;
    let mut stream = connect(&served).await;
    let head = format!(
        "POST /v1/events?results=all HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer arb_admin_{SECRET}\r\n\
         content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("written");
    let lines = format!(
        "{}\n{}\n",
        order("o1", "A", "1.00"),
        order("o2", "B", "2.00")
    );
    let (first, second) = lines.as_bytes().split_at(77);
    for piece in [first, second] {
        stream
            .write_all(format!("{:x}\r\n", piece.len()).as_bytes())
            .await
            .expect("written");
        stream.write_all(piece).await.expect("written");
        stream.write_all(b"\r\n").await.expect("written");
    }
    // The request is under way when the server is told to stop; it is let finish.
    while server.api.handle().read(|state| state.orders.len()) < 2 {
        tokio::task::yield_now().await;
    }
    served.stop.send(()).expect("it still runs");
    stream.write_all(b"0\r\n\r\n").await.expect("written");
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"line\":2"), "{answer}");
    served.ended.await.expect("no panic").expect("no fault");
    assert!(
        TcpStream::connect(served.address).await.is_err(),
        "it still listens"
    );
}

#[tokio::test]
async fn a_head_that_dawdles_and_one_too_large_are_cut_off() {
    let server = Server::empty();
    let limits = Limits {
        head: Duration::from_millis(50),
        ..Limits::default()
    };
    let served = served(&server, limits).await;
    let mut stream = connect(&served).await;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n")
        .await
        .expect("written");
    let answer = rest(&mut stream).await;
    assert!(!answer.contains("200"), "{answer}");
    let mut stream = connect(&served).await;
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    stream
        .write_all(format!("GET /healthz HTTP/1.1\r\n{many}\r\n").as_bytes())
        .await
        .expect("written");
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    served.stop.send(()).expect("it still runs");
    served.ended.await.expect("no panic").expect("no fault");
}

#[tokio::test]
async fn one_address_holds_so_many_connections_and_no_more() {
    let server = Server::empty();
    let limits = Limits {
        per_address: 2,
        local_too: true,
        ..Limits::default()
    };
    let served = served(&server, limits).await;
    let ask = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let (mut first, _second) = (connect(&served).await, connect(&served).await);
    while server.api.metrics().connections.get() < 2 {
        tokio::task::yield_now().await;
    }
    let mut third = connect(&served).await;
    let mut read = Vec::new();
    // Closed at once, or reset when it writes: never answered.
    drop(third.write_all(ask).await);
    drop(third.read_to_end(&mut read).await);
    assert!(read.is_empty(), "{}", String::from_utf8_lossy(&read));
    assert_eq!(server.api.metrics().connections_refused.get(), 1);
    first.write_all(ask).await.expect("written");
    assert!(rest(&mut first).await.starts_with("HTTP/1.1 200"));
    while server.api.metrics().connections.get() > 1 {
        tokio::task::yield_now().await;
    }
    let mut fourth = connect(&served).await;
    fourth.write_all(ask).await.expect("written");
    assert!(rest(&mut fourth).await.starts_with("HTTP/1.1 200"));
    served.stop.send(()).expect("it still runs");
    served.ended.await.expect("no panic").expect("no fault");
}
