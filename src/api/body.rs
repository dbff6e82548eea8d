//! Bodies in and out: bounded, and never waited on for ever.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use hyper::body::Frame;
use tokio::sync::mpsc;

use crate::api::problem::{Code, Problem};

/// Bytes of a body that is not a stream of lines.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// How long the next piece of a body may take.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// The next piece of a body; none at its end.
///
/// # Errors
/// `request_timeout` after a long pause, `bad_request` when the connection breaks.
pub async fn piece(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    loop {
        let Ok(frame) = tokio::time::timeout(PAUSE_MAX, body.frame()).await else {
            return Err(Problem::new(
                Code::RequestTimeout,
                "The body paused for too long.",
            ));
        };
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(Problem::new(Code::BadRequest, "The body broke off.")),
            // Trailers say nothing here.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// A whole body of at most [`BODY_BYTES_MAX`].
///
/// # Errors
/// `body_too_large`, and as [`piece`].
pub async fn whole(mut body: Body) -> Result<Bytes, Problem> {
    let mut read: Vec<u8> = Vec::new();
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let mut first = None;
    while let Some(piece) = piece(&mut body).await? {
        if read.len() + piece.len() > BODY_BYTES_MAX {
            return Err(too_large());
        }
        // Nearly every body comes in one piece, which is then not copied.
        match first.take() {
            None if read.is_empty() => first = Some(piece),
            None => read.extend_from_slice(&piece),
            Some(before) => {
                let before: Bytes = before;
                read.extend_from_slice(&before);
                read.extend_from_slice(&piece);
            }
        }
    }
    Ok(first.unwrap_or_else(|| Bytes::from(read)))
}

fn too_large() -> Problem {
    Problem::new(
        Code::BodyTooLarge,
        format!("A body has at most {BODY_BYTES_MAX} bytes; lines of NDJSON may be any number."),
    )
    .allowed([format!("at most {BODY_BYTES_MAX} bytes")])
}

/// A body that is written while it is sent. A slow reader slows its writer down; nothing piles up.
struct Pipe {
    pieces: mpsc::Receiver<Bytes>,
}

/// A writer and the body it fills, with room for a few pieces in between.
pub fn pipe() -> (mpsc::Sender<Bytes>, Body) {
    let (sender, pieces) = mpsc::channel(4);
    (sender, Body::new(Pipe { pieces }))
}

impl HttpBody for Pipe {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.pieces
            .poll_recv(context)
            .map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
