//! `serve`: the server, from the opening of its directory to a graceful end.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use crate::api::context::Api;
use crate::api::server::{Limits, serve};
use crate::cli::command::{Call, Subcommand};
use crate::cli::directory::{self, Found};
use crate::cli::document;
use crate::cli::exit::{Exit, Failure};
use crate::cli::logging;
use crate::cli::settings::{self, Settings};
use crate::document::sample;
use crate::runtime::start::{self, Server};
use crate::store::fault::Fault;

/// How long requests in flight are waited for after the disk has failed: their answers are on the way already.
const DRAIN_AFTER_FAULT: Duration = Duration::from_secs(2);

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "serve",
    about: "Serve a network over HTTP until ctrl-c or SIGTERM",
    args: |command| settings::args(command, &settings::all()),
    run: |call| {
        let settings = settings::resolve(call.matches)?;
        logging::start(&settings);
        run(call, &settings)
    },
};

/// A server with what its HTTP side needs, and a bell that rings when its disk has failed.
pub struct Running {
    /// The runtime.
    pub server: Server,
    /// What requests share.
    pub api: Api,
    /// Rings once, when the disk has failed.
    pub failed: Arc<Notify>,
}

/// Opens a directory and starts its runtime.
///
/// # Errors
/// As [`directory::open`].
pub fn open(runtime: crate::runtime::settings::Settings) -> Result<Running, Failure> {
    let failed = Arc::new(Notify::new());
    let bell = Arc::clone(&failed);
    let on_fault = move |fault: &Fault| {
        tracing::error!(%fault, "the disk failed; the server ends");
        bell.notify_one();
    };
    let server =
        start::open(runtime, Box::new(on_fault)).map_err(|error| directory::start(&error))?;
    // Cursors of one directory stay good across restarts, and those of another one are refused.
    let key = blake3::derive_key("arborline 2026 cursors of one log", &server.opened.log_id);
    let api = Api::new(server.handle.clone(), key);
    Ok(Running {
        server,
        api,
        failed,
    })
}

/// The machinery that HTTP runs on.
///
/// # Errors
/// If the operating system gives no threads.
pub fn machinery() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    built.map_err(|error| Failure::new(Exit::Refused, format!("no threads for HTTP: {error}")))
}

fn run(call: &Call, settings: &Settings) -> Result<Exit, Failure> {
    let machinery = machinery()?;
    let listener = listen(&machinery, settings)?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::usage(format!("the address cannot be told: {error}")))?;
    let mut runtime = directory::runtime(settings, Found::With(sample::DEFAULT))?;
    runtime.plan = settings.plan().as_deref().map(document::read).transpose()?;
    let running = open(runtime)?;
    tell(&running, settings);
    let (stop, broken) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    // Whoever has read the address may stop the server at once.
    let stopping = {
        let _within = machinery.enter();
        signals(Arc::clone(&stop))
    };
    call.output.line(&format!("http://{address}"))?;
    let _ = std::io::stdout().flush();
    let failed = Arc::clone(&running.failed);
    let ended = machinery.block_on(async {
        let signals = tokio::spawn(stopping);
        let by_fault = async {
            failed.notified().await;
            broken.notify_one();
        };
        let until = async {
            tokio::select! {
                () = stop.notified() => {}
                () = by_fault => {}
            }
        };
        let limits = Limits {
            per_address: usize::try_from(settings.count("connections_per_address"))
                .expect("at most 15,000"),
            ..Limits::default()
        };
        let served = serve(listener, running.api.clone(), limits, until);
        let ended = tokio::select! {
            ended = served => ended,
            () = async { broken.notified().await; tokio::time::sleep(DRAIN_AFTER_FAULT).await } => Ok(()),
        };
        signals.abort();
        ended
    });
    let poisoned = running.server.handle.health().poisoned;
    drop(running.api);
    if poisoned {
        return Err(Failure::new(Exit::Disk, "the disk failed while the server ran")
            .hint("what was not acknowledged may have happened: ask again with the same ids after the next start"));
    }
    running.server.stop();
    ended.map_err(|error| Failure::new(Exit::Refused, format!("serving ended: {error}")))?;
    tracing::info!("stopped; everything acknowledged is on disk");
    Ok(Exit::Done)
}

fn listen(
    machinery: &tokio::runtime::Runtime,
    settings: &Settings,
) -> Result<TcpListener, Failure> {
    let address = settings.listen();
    machinery
        .block_on(TcpListener::bind(address))
        .map_err(|error| Failure::usage(format!("cannot listen on {address}: {error}")))
}

/// What whoever starts a server should know.
fn tell(running: &Running, settings: &Settings) {
    let (opened, health) = (&running.server.opened, running.server.handle.health());
    tracing::info!(
        data = settings.value("data"),
        founded = opened.founded,
        commands = health.replayed_commands,
        ms = health.replay_ms,
        "the network is open"
    );
    if let Some(cut) = &opened.cut {
        tracing::warn!(file = %cut.file.display(), at_byte = cut.at_byte, reason = cut.reason, "a torn tail was cut");
    }
    if !opened.founded && settings.network().is_some() {
        tracing::warn!("the directory holds a network already; the network document was not read");
    }
    if !running.server.planned && settings.plan().is_some() {
        tracing::warn!("the directory holds plan sets already; the plan document was not taken");
    }
    if settings.value("durability") == "os" {
        tracing::warn!(
            "durability = os: acknowledged writes survive this process, not this machine"
        );
    }
    if running
        .server
        .handle
        .read(|state| state.tokens.iter().next().is_none())
    {
        tracing::warn!(
            "there is no token, so everything but health is refused; stop the server and run: arborline token create --role admin --data {}",
            settings.value("data")
        );
    }
}

/// Listens for ctrl-c and SIGTERM from now on, within a runtime. What it returns rings the bell at the first one; the
/// second ends the process at once, which loses nothing acknowledged.
pub fn signals(bell: Arc<Notify>) -> impl Future<Output = ()> + Send + 'static {
    let mut heard = [SignalKind::terminate(), SignalKind::interrupt()].map(|kind| {
        let heard = signal(kind);
        if let Err(error) = &heard {
            tracing::warn!(%error, "SIGTERM or ctrl-c cannot be heard");
        }
        heard.ok()
    });
    async move {
        next_signal(&mut heard).await;
        tracing::info!("stopping: requests in flight end, then the log is closed");
        bell.notify_one();
        next_signal(&mut heard).await;
        std::process::exit(130);
    }
}

async fn next_signal(heard: &mut [Option<Signal>; 2]) {
    let [terminate, interrupt] = heard.each_mut().map(|signal| async move {
        match signal {
            Some(signal) => signal.recv().await,
            None => std::future::pending().await,
        }
    });
    tokio::select! {
        _ = terminate => {}
        _ = interrupt => {}
    }
}
