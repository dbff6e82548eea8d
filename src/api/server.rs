//! The accept loop: connections bounded in number, and in how long they may dawdle.
//!
//! hyper has one limit for the idle time before a request and the head of it; the shorter one for a head alone is the
//! stream's own.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Version;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::api::addresses::Addresses;
use crate::api::app::app;
use crate::api::context::Api;
use crate::api::patience::{Answer, Patience, Patient, Requests};

/// Bounds on connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at a time; further ones wait to be accepted.
    pub connections: usize,
    /// Connections one address may hold open; 0 for any number. Further ones are closed at once.
    pub per_address: usize,
    /// Whether connections from this machine itself are counted by address too.
    pub local_too: bool,
    /// How long a connection may stand idle; a head that began meanwhile has to end within it too.
    pub idle: Duration,
    /// How long a client is waited for while it sends or reads.
    pub patience: Patience,
    /// How long requests in flight are waited for when the server stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 15_000,
            per_address: 100,
            local_too: false,
            idle: Duration::from_secs(60),
            patience: Patience {
                head: Duration::from_secs(10),
                reader: Duration::from_secs(30),
            },
            drain: Duration::from_secs(20),
        }
    }
}

/// Bytes of a request's head, and of what is read at once of its body.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Headers of a request.
const HEADERS_MAX: usize = 64;
/// Requests under way on one HTTP/2 connection.
const STREAMS_MAX: u32 = 100;
/// How long accepting rests after it failed, for want of file handles mostly.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Serves until `stop` is done, then lets requests in flight end, at most as long as `limits.drain`.
///
/// # Errors
/// If the listener's address cannot be told.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening");
    let app = app(&api);
    let places = Arc::new(Semaphore::new(limits.connections));
    let addresses = Addresses::new(limits.per_address, limits.local_too);
    let graceful = GracefulShutdown::new();
    let builder = Arc::new(builder(limits));
    tokio::pin!(stop);
    loop {
        let place = places.clone().acquire_owned();
        let accepted = async {
            let place = place.await.expect("the semaphore is never closed");
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let (stream, address) = match accepted {
            Ok((stream, address)) => (stream, address.ip()),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_REST).await;
                continue;
            }
        };
        let Some(own_place) = addresses.admit(address) else {
            api.metrics().connections_refused.inc();
            tracing::debug!(%address, "an address holds all the connections it may");
            continue;
        };
        let (app, api, builder, watcher) = (
            app.clone(),
            api.clone(),
            builder.clone(),
            graceful.watcher(),
        );
        tokio::spawn(async move {
            api.metrics().connections.inc();
            let requests = Requests::default();
            let io = io_of(stream, &requests, limits.patience);
            let connection = builder
                .serve_connection(io, service(app, requests))
                .into_owned();
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(error, "a connection ended early");
            }
            drop((place, own_place));
            api.metrics().connections.dec();
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(limits.drain) => tracing::warn!("requests were still in flight when the server stopped"),
    }
    Ok(())
}

fn builder(limits: Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).expect("64 KiB"))
        .keep_alive_interval(limits.idle)
        .keep_alive_timeout(limits.idle);
    builder
}

fn io_of(
    stream: TcpStream,
    requests: &Requests,
    patience: Patience,
) -> TokioIo<Patient<TcpStream>> {
    // Answers are written whole; waiting for more to send would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no-delay could not be set");
    }
    TokioIo::new(Patient::new(stream, requests.clone(), patience))
}

fn service(
    app: Router,
    requests: Requests,
) -> impl hyper::service::Service<
    hyper::Request<Incoming>,
    Response = hyper::Response<Answer>,
    Error = Infallible,
    Future = impl Future<Output = Result<hyper::Response<Answer>, Infallible>> + Send,
> {
    hyper::service::service_fn(move |request: Request<Incoming>| {
        let (app, requests) = (app.clone(), requests.clone());
        if request.version() == Version::HTTP_2 {
            requests.share();
        }
        async move {
            let answer = app.oneshot(request.map(Body::new));
            let answer = async { answer.await.unwrap_or_else(|never| match never {}) };
            Ok(requests.answered(answer).await)
        }
    })
}
