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

/// Sends a long head byte by byte until it is cut off; what was answered.
async fn dawdle(served: &Served) -> String {
    let (mut read, mut write) = connect(served).await.into_split();
    let sent = async {
        let head = b"GET /healthz HTTP/1.1\r\nx: ".iter();
        for byte in head.chain(&[b'y'; 2_000]) {
            if write.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("a head of two seconds is never cut off");
    };
    let answered = async {
        let mut answer = String::new();
        // An end or a reset: both cut off.
        drop(read.read_to_string(&mut answer).await);
        answer
    };
    tokio::select! {
        answer = answered => answer,
        () = sent => String::new(),
    }
}

#[tokio::test]
async fn a_head_that_dawdles_is_cut_off_and_an_idle_connection_or_a_slow_body_is_not() {
    let server = Server::started().await;
    let mut limits = Limits {
        idle: Duration::from_secs(3_600),
        ..Limits::default()
    };
    limits.patience.head = Duration::from_millis(50);
    let served = served(&server, limits).await;
    let ask = "GET /healthz HTTP/1.1\r\nhost: x\r\n";
    let mut idle = connect(&served).await;
    let mut slow = connect(&served).await;
    let line = order("o1", "A", "1.00");
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer arb_admin_{SECRET}\r\n\
         content-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
        line.len()
    );
    let (first, second) = line.split_at(20);
    slow.write_all(head.as_bytes()).await.expect("written");
    slow.write_all(first.as_bytes()).await.expect("written");
    for _ in 0..2 {
        // Idle before the first request, and after it.
        assert_eq!(dawdle(&served).await, "");
        idle.write_all(format!("{ask}\r\n").as_bytes())
            .await
            .expect("written");
        let mut read = vec![0; 4_096];
        let count = idle.read(&mut read).await.expect("an answer");
        assert!(read[..count].starts_with(b"HTTP/1.1 200"), "{read:?}");
    }
    slow.write_all(second.as_bytes()).await.expect("written");
    let told = rest(&mut slow).await;
    assert!(told.contains("\"accepted\":1"), "{told}");
    // The second head on a connection has no more time than the first.
    idle.write_all(ask.as_bytes()).await.expect("written");
    assert_eq!(rest(&mut idle).await, "");
    served.stop.send(()).expect("it still runs");
    served.ended.await.expect("no panic").expect("no fault");
}

#[tokio::test]
async fn a_head_too_large_is_refused() {
    let server = Server::empty();
    let served = served(&server, Limits::default()).await;
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
