//! Bodies in and out: bounded, and never waited on for ever.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::api::problem::{Code, Problem};
use crate::runtime::clock::Stopwatch;

/// Bytes of a body that is not a stream of lines.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// How long the next piece of a body may take.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How long a whole body may take whatever its size, and the bytes it must bring for each second more.
const WHOLE_WITHIN: Duration = Duration::from_secs(10);
const BYTES_PER_SECOND_MIN: u64 = 1024;

/// The next piece of a body; none at its end.
///
/// # Errors
/// `request_timeout` after a long pause, `bad_request` when the connection breaks.
pub async fn piece(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    loop {
        let Ok(frame) = timeout(PAUSE_MAX, body.frame()).await else {
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
pub async fn whole(body: Body) -> Result<Bytes, Problem> {
    whole_within(body, WHOLE_WITHIN).await
}

async fn whole_within(mut body: Body, within: Duration) -> Result<Bytes, Problem> {
    let watch = Stopwatch::start();
    let mut read: Vec<u8> = Vec::new();
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let mut first = None;
    loop {
        let so_far = read.len() + first.as_ref().map_or(0, Bytes::len);
        let earned = Duration::from_secs(so_far as u64 / BYTES_PER_SECOND_MIN);
        let left = (within + earned).saturating_sub(watch.elapsed());
        let Ok(next) = timeout(left, piece(&mut body)).await else {
            return Err(Problem::new(
                Code::RequestTimeout,
                "The body came too slowly.",
            ));
        };
        let Some(piece) = next? else { break };
        if so_far + piece.len() > BODY_BYTES_MAX {
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

/// What goes through a pipe.
enum Piece {
    Bytes(Bytes),
    End,
}

/// The end of a pipe that is written. A body whose writers all go away before one of them ends it breaks off, so that
/// half an answer never looks like a whole one.
#[derive(Clone)]
pub struct Writer {
    pieces: mpsc::Sender<Piece>,
}

impl Writer {
    /// Sends a piece, and waits while a slow reader has some still to take; whether he is there. Nothing is sent for
    /// an empty one.
    pub async fn send(&self, piece: Vec<u8>) -> bool {
        piece.is_empty()
            || self
                .pieces
                .send(Piece::Bytes(Bytes::from(piece)))
                .await
                .is_ok()
    }

    /// Ends the body: it is whole.
    pub async fn end(self) {
        // Whoever does not read any more needs no end.
        drop(self.pieces.send(Piece::End).await);
    }
}

/// A body that is written while it is sent. A slow reader slows its writer down; nothing piles up.
struct Pipe {
    pieces: mpsc::Receiver<Piece>,
    ended: bool,
}

/// A body's writer went away in the middle.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off")]
struct BrokeOff;

/// A writer and the body it fills, with room for a few pieces in between.
pub fn pipe() -> (Writer, Body) {
    let (sender, pieces) = mpsc::channel(4);
    let pipe = Pipe {
        pieces,
        ended: false,
    };
    (Writer { pieces: sender }, Body::new(pipe))
}

impl HttpBody for Pipe {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.pieces.poll_recv(context).map(|piece| {
            self.ended = !matches!(piece, Some(Piece::Bytes(_)));
            match piece {
                Some(Piece::Bytes(bytes)) => Some(Ok(Frame::data(bytes))),
                Some(Piece::End) => None,
                None => Some(Err(BrokeOff)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_trickles_is_given_up() {
        let (writer, body) = pipe();
        let trickle = tokio::spawn(async move {
            while writer.send(b"x".to_vec()).await {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        let read = whole_within(body, Duration::from_millis(30)).await;
        assert_eq!(
            read.map_err(|problem| problem.code),
            Err(Code::RequestTimeout)
        );
        trickle.await.expect("the writer sees that nobody reads");
    }

    #[tokio::test]
    async fn a_body_is_whole_only_if_its_writer_says_so() {
        for ended in [true, false] {
            let (writer, body) = pipe();
            assert!(writer.send(b"half".to_vec()).await);
            match ended {
                true => writer.end().await,
                false => drop(writer),
            }
            let read = body.collect().await.map(|whole| whole.to_bytes());
            assert_eq!(read.ok(), ended.then(|| Bytes::from("half")));
        }
    }
}
