//! A connection that waits only so long for its client: to read an answer, and to finish the head of a request.
//!
//! Where a request begins and ends cannot be seen here; whoever answers it says so ([`Requests`]). What comes in while
//! none is under way is the head of the next one.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// The requests of one connection: how many heads have come, and how many answers are still under way.
#[derive(Debug, Clone, Default)]
pub struct Requests(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicUsize,
    under_way: AtomicUsize,
}

/// Added where many requests share a connection, so that one is always under way.
const SHARED: usize = 1 << (usize::BITS - 1);

/// A request under way, until it is dropped.
struct UnderWay(Requests);

impl Requests {
    /// An answer that is under way until its body has been sent or given up.
    pub async fn answered(
        &self,
        answer: impl Future<Output = axum::response::Response>,
    ) -> hyper::Response<Answer> {
        let Requests(counts) = self;
        counts.begun.fetch_add(1, Ordering::Relaxed);
        counts.under_way.fetch_add(1, Ordering::Relaxed);
        let under_way = UnderWay(self.clone());
        let answer = answer.await;
        answer.map(|body| Answer {
            body,
            _under_way: under_way,
        })
    }

    /// From here on what comes in may be of any of several requests, and no head has a time of its own.
    pub fn share(&self) {
        let Requests(counts) = self;
        counts.under_way.fetch_or(SHARED, Ordering::Relaxed);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let UnderWay(Requests(counts)) = self;
        counts.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer, which keeps its request under way.
pub struct Answer {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How long a client is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the first byte of a request's head to its last.
    pub head: Duration,
    /// While an answer can be written no further.
    pub reader: Duration,
}

/// A stream whose writes fail when nothing could be written for a while, and its reads when a head takes too long; any
/// other read waits as long as it likes.
pub struct Patient<S> {
    stream: S,
    requests: Requests,
    patience: Patience,
    /// Heads that had come when a read was last asked for.
    heads: usize,
    /// Whether the next one has begun.
    in_head: bool,
    reading: Option<Pin<Box<Sleep>>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// Around the stream on which these requests come.
    pub fn new(stream: S, requests: Requests, patience: Patience) -> Patient<S> {
        Patient {
            stream,
            requests,
            patience,
            heads: 0,
            in_head: false,
            reading: None,
            writing: None,
        }
    }

    /// Notes what was read, and whether there is a head to wait for.
    fn waits_for_head(&mut self, bytes: usize) -> bool {
        let Requests(counts) = &self.requests;
        let heads = counts.begun.load(Ordering::Relaxed);
        let under_way = counts.under_way.load(Ordering::Relaxed) > 0;
        if under_way || heads != self.heads {
            (self.heads, self.in_head, self.reading) = (heads, false, None);
        }
        self.in_head |= bytes > 0 && !under_way;
        self.in_head
    }

    /// Passes on what is ready; what is not may be waited for until patience ends.
    fn judge<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.writing = None;
            return polled;
        }
        let patience = self.patience.reader;
        let writing = self
            .writing
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(writing.as_mut().poll(context));
        Poll::Ready(Err(slow("the client does not read")))
    }
}

fn slow(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        // A head that comes in one piece never waits, and costs no timer.
        if self.waits_for_head(buffer.filled().len() - before) && polled.is_pending() {
            let patience = self.patience.head;
            let reading = self
                .reading
                .get_or_insert_with(|| Box::pin(sleep(patience)));
            ready!(reading.as_mut().poll(context));
            return Poll::Ready(Err(slow("the head of a request takes too long")));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(polled, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.judge(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.judge(polled, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.judge(polled, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_write_waits_for_a_reader_and_gives_up_without_one() {
        let (near, mut far) = tokio::io::duplex(8);
        let patience = Patience {
            head: Duration::ZERO,
            reader: Duration::from_millis(20),
        };
        let mut near = Patient::new(near, Requests::default(), patience);
        let reads = async {
            let mut read = [0; 32];
            far.read_exact(&mut read).await.map(|_| ())
        };
        let (written, read) = tokio::join!(near.write_all(&[7; 32]), reads);
        assert!(written.is_ok() && read.is_ok());
        let given_up = near.write_all(&[7; 32]).await;
        assert_eq!(
            given_up.map_err(|error| error.kind()),
            Err(io::ErrorKind::TimedOut)
        );
    }
}
