//! A bare HTTP handler in the server's place: how fast the same traffic is when nothing is done with it.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, header};
use tokio::runtime::{Builder, Runtime};

/// A listening handler; it stops when this is dropped.
#[derive(Debug)]
pub struct Peer {
    /// Where it listens.
    pub address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Peer {
    /// Starts it on a free port with two workers.
    ///
    /// # Errors
    /// When no port or thread can be had.
    pub fn start() -> std::io::Result<Peer> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let app = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable());
        runtime.spawn(async move { axum::serve(listener, app).await });
        Ok(Peer {
            address,
            runtime: Some(runtime),
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Reads the whole body, counts its lines and answers about as many bytes as the server would.
async fn answer(method: Method, body: Bytes) -> ([(header::HeaderName, &'static str); 1], String) {
    let text = if method == Method::GET {
        format!("{{\"volumes\":\"{}\"}}", "0".repeat(400))
    } else {
        let lines = body.iter().filter(|&&byte| byte == b'\n').count();
        format!("{{\"first_seq\":1,\"last_seq\":{lines},\"accepted\":{lines},\"rejected\":[]}}")
    };
    ([(header::CONTENT_TYPE, "application/json")], text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::client::Client;

    #[test]
    fn it_answers_posts_and_gets_on_one_connection() {
        let peer = Peer::start().expect("started");
        let mut client = Client::new(peer.address);
        let post = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na\nb\n";
        let answer = client.ask(post).expect("an answer");
        assert_eq!(answer.status, 200);
        assert!(answer.body.ends_with(b"\"accepted\":2,\"rejected\":[]}"));
        let get = b"GET /v1/members/x/volumes HTTP/1.1\r\nHost: x\r\n\r\n";
        assert_eq!(client.ask(get).map(|answer| answer.status).ok(), Some(200));
    }
}
