//! Facts told many at a time: lines of any number in constant memory, arrays, and all-or-nothing requests.
//!
//! Lines are read in groups; a few groups are under way at once, in order, so that reading, writing to disk and
//! executing overlap. A bad line is reported by its number and does not stop the good ones.

use std::collections::VecDeque;
use std::ops::Range;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body::{self, Writer, pipe};
use crate::api::context::Api;
use crate::api::error::{self, Origin};
use crate::api::facts::{self, ACCEPTED, outcome_word, places};
use crate::api::group::{Entry, Group};
use crate::api::parse::json::{self, Json};
use crate::api::parse::lines::{Form, Lines, Reader};
use crate::api::problem::{Code, Problem, ProblemBody};
use crate::runtime::handle::Pending;
use crate::runtime::submission::{Receipt, Receipts, Refused, Submission};
use crate::view::changes::PlaceTaken;

/// Bytes of lines read without letting others have their turn: about a hundred, and a tenth of a millisecond.
const AT_ONCE_BYTES: usize = 16 * 1024;
/// Groups of one request under way at once.
const GROUPS_UNDER_WAY: usize = 4;
/// Refused lines that a summary names.
const REJECTED_MAX: usize = 1_000;
/// How often a group that found the queue full is offered again, and after how long.
const OFFERS_MAX: u32 = 200;
const OFFER_AGAIN: std::time::Duration = std::time::Duration::from_millis(25);

/// What became of many facts.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Summary {
    /// The least number given to a fact of this request; none if none was accepted.
    pub first_seq: Option<u64>,
    /// The greatest.
    pub last_seq: Option<u64>,
    /// Facts accepted now.
    pub accepted: u64,
    /// Facts that were accepted before, with the same content.
    pub repeated: u64,
    /// Facts that were refused.
    pub rejected_count: u64,
    /// The first 1,000 of those, by line.
    #[schema(value_type = Vec<Object>)]
    pub rejected: Vec<serde_json::Value>,
    /// Of facts that happened together: those that took places, and which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub placed: Vec<Placed>,
}

/// The places that followed from one of the facts that happened together.
#[derive(Debug, Serialize, ToSchema)]
pub struct Placed {
    /// Its line, or its item in the array, from 1.
    pub line: u64,
    /// The id it was told under.
    pub id: String,
    /// Places chosen by a policy or asked for.
    pub places: Vec<PlaceTaken>,
}

impl Summary {
    /// Counts facts accepted under these numbers.
    fn accept(&mut self, seqs: Range<u64>) {
        self.accepted += seqs.end - seqs.start;
        self.span(seqs.start, seqs.end - 1);
    }

    fn span(&mut self, first: u64, last: u64) {
        self.first_seq = Some(self.first_seq.map_or(first, |least| least.min(first)));
        self.last_seq = Some(self.last_seq.map_or(last, |greatest| greatest.max(last)));
    }
}

/// One refused line.
#[derive(Serialize)]
struct RefusedLine<'a> {
    line: u64,
    #[serde(flatten)]
    problem: ProblemBody<'a>,
}

/// One accepted line.
#[derive(Serialize)]
struct AcceptedLine {
    line: u64,
    seq: u64,
    repeated: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<PlaceTaken>,
}

/// A group under way.
struct UnderWay {
    entries: Vec<Entry>,
    pending: Option<Pending>,
}

/// Groups under way and what has become of those before.
pub struct Pipeline {
    api: Api,
    reader: Reader,
    origin: Origin,
    group: Group,
    under_way: VecDeque<UnderWay>,
    summary: Summary,
    each: Option<Writer>,
}

impl Pipeline {
    fn new(api: Api, reader: Reader, each: Option<Writer>) -> Pipeline {
        Pipeline {
            api,
            origin: origin(reader.form),
            reader,
            group: Group::default(),
            under_way: VecDeque::new(),
            summary: Summary::default(),
            each,
        }
    }

    /// Reads a whole stream of lines.
    async fn lines(&mut self, mut body: Body) -> Result<(), Problem> {
        let mut lines = Lines::default();
        loop {
            let piece = if self.under_way.is_empty() {
                body::piece(&mut body).await?
            } else {
                tokio::select! {
                    piece = body::piece(&mut body) => piece?,
                    () = answered(&mut self.under_way) => {
                        self.settle_first().await?;
                        // Nothing under way and something read: a slow sender waits for nothing.
                        if self.under_way.is_empty() {
                            self.submit().await?;
                        }
                        continue;
                    }
                }
            };
            let Some(piece) = piece else { break };
            for part in piece.chunks(AT_ONCE_BYTES) {
                let (reader, group) = (&self.reader, &mut self.group);
                let mut full = Vec::new();
                lines.push(part, |line, text| {
                    take(reader, group, &mut full, line, text)
                });
                for group in full {
                    self.submit_group(group).await?;
                }
                // Requests that came meanwhile have their turn before the next part.
                tokio::task::yield_now().await;
            }
            if self.under_way.is_empty() {
                self.submit().await?;
            }
        }
        let (reader, group, mut full) = (&self.reader, &mut self.group, Vec::new());
        lines.finish(|line, text| take(reader, group, &mut full, line, text));
        for group in full {
            self.submit_group(group).await?;
        }
        self.finish().await
    }

    /// Reads the items of an array; they are numbered from 1, as lines are.
    async fn items(&mut self, items: &[Json<'_>]) -> Result<(), Problem> {
        for (item, line) in items.iter().zip(1u64..) {
            let read = self.reader.value(item, None);
            self.group.add(line, read, 0);
            if self.group.is_full() {
                self.submit().await?;
            }
        }
        self.finish().await
    }

    async fn submit(&mut self) -> Result<(), Problem> {
        let group = std::mem::take(&mut self.group);
        self.submit_group(group).await
    }

    /// Hands a group to the runtime behind those before it; waits while too many are under way.
    async fn submit_group(&mut self, group: Group) -> Result<(), Problem> {
        if group.entries.is_empty() {
            return Ok(());
        }
        while self.under_way.len() >= GROUPS_UNDER_WAY {
            self.settle_first().await?;
        }
        let pending = if group.commands.is_empty() {
            None
        } else {
            Some(
                self.offer(Submission {
                    commands: group.commands,
                })
                .await?,
            )
        };
        self.under_way.push_back(UnderWay {
            entries: group.entries,
            pending,
        });
        Ok(())
    }

    /// Offers a submission until the queue has room for it: a stream waits where a single request is sent away.
    async fn offer(&self, mut submission: Submission) -> Result<Pending, Problem> {
        for _ in 0..OFFERS_MAX {
            match self.api.handle().enqueue(submission) {
                Ok(pending) => return Ok(pending),
                Err((Refused::Busy, again)) => {
                    submission = again;
                    tokio::time::sleep(OFFER_AGAIN).await;
                }
                Err((refused, _)) => return Err(error::refused(&refused)),
            }
        }
        Err(error::refused(&Refused::Busy))
    }

    async fn finish(&mut self) -> Result<(), Problem> {
        self.submit().await?;
        while !self.under_way.is_empty() {
            self.settle_first().await?;
        }
        Ok(())
    }

    /// Waits for the oldest group and notes what became of it, line by line.
    async fn settle_first(&mut self) -> Result<(), Problem> {
        let Some(first) = self.under_way.pop_front() else {
            return Ok(());
        };
        let receipts = match first.pending {
            Some(pending) => pending.receipts().await,
            None => Ok(Receipts::default()),
        };
        let receipts = receipts.map_err(|refused| error::refused(&refused))?;
        if let (Some(seqs), [Entry::Commands { kind, count, .. }], None) =
            (receipts.plain(), first.entries.as_slice(), &self.each)
        {
            self.summary.accept(seqs);
            self.api.metrics().count(kind, ACCEPTED, *count);
            return Ok(());
        }
        let mut receipts = receipts.each();
        let mut out = Vec::new();
        let mut counts = Counts::default();
        for entry in first.entries {
            match entry {
                Entry::Bad { line, problem } => {
                    counts.add(&self.api, "unread", "rejected");
                    self.refused(line, &problem, &mut out);
                }
                Entry::Commands {
                    first_line,
                    count,
                    kind,
                } => {
                    for line in first_line..first_line + count {
                        let receipt = receipts.next().ok_or_else(crate::api::problem::internal)?;
                        counts.add(&self.api, kind, outcome_word(&receipt));
                        self.settled(line, receipt, &mut out);
                    }
                }
            }
        }
        counts.flush(&self.api);
        if let Some(each) = &self.each
            && !each.send(out).await
        {
            return Err(Problem::new(
                Code::BadRequest,
                "The reader of the results went away.",
            ));
        }
        Ok(())
    }

    fn settled(&mut self, line: u64, receipt: Receipt, out: &mut Vec<u8>) {
        let accepted = match receipt.outcome {
            Ok(accepted) => accepted,
            Err(refusal) => {
                let problem = error::refusal(&refusal, self.origin);
                return self.refused(line, &problem, out);
            }
        };
        self.summary.span(receipt.seq, receipt.seq);
        *(if receipt.repeated {
            &mut self.summary.repeated
        } else {
            &mut self.summary.accepted
        }) += 1;
        if self.each.is_some() {
            push_line(
                out,
                &AcceptedLine {
                    line,
                    seq: receipt.seq,
                    repeated: receipt.repeated,
                    places: places(&self.api, &accepted.choices),
                },
            );
        }
    }

    fn refused(&mut self, line: u64, problem: &Problem, out: &mut Vec<u8>) {
        self.summary.rejected_count += 1;
        let refused = RefusedLine {
            line,
            problem: problem.body(None),
        };
        if self.each.is_some() {
            push_line(out, &refused);
        } else if self.summary.rejected.len() < REJECTED_MAX {
            let value = serde_json::to_value(&refused).expect("texts and numbers");
            self.summary.rejected.push(value);
        }
    }
}

/// Where the fields of facts in this form stand.
#[must_use]
pub fn origin(form: Form) -> Origin {
    let prefix = match form {
        Form::Events => "data.",
        Form::Orders => "",
    };
    Origin {
        prefix,
        in_path: false,
    }
}

/// Ready once the oldest group under way has its answer.
async fn answered(under_way: &mut VecDeque<UnderWay>) {
    if let Some(UnderWay {
        pending: Some(pending),
        ..
    }) = under_way.front_mut()
    {
        pending.ready().await;
    }
}

/// Reads one line into the group; a full group is put aside.
fn take(
    reader: &Reader,
    group: &mut Group,
    full: &mut Vec<Group>,
    line: u64,
    text: Result<&[u8], Problem>,
) {
    match text {
        Ok(text) => group.add(line, reader.text(text), text.len()),
        Err(problem) => group.add(line, Err(problem), 0),
    }
    if group.is_full() {
        full.push(std::mem::take(group));
    }
}

fn push_line<T: Serialize>(out: &mut Vec<u8>, line: &T) {
    serde_json::to_writer(&mut *out, line).expect("writing to memory does not fail");
    out.push(b'\n');
}

/// Runs of equal outcomes, counted together: metrics are looked up once a run, not once a line.
#[derive(Default)]
struct Counts {
    run: Option<(&'static str, &'static str, u64)>,
}

impl Counts {
    fn add(&mut self, api: &Api, kind: &'static str, outcome: &'static str) {
        match &mut self.run {
            Some((same_kind, same_outcome, facts))
                if *same_kind == kind && *same_outcome == outcome =>
            {
                *facts += 1
            }
            _ => {
                self.flush(api);
                self.run = Some((kind, outcome, 1));
            }
        }
    }

    fn flush(&mut self, api: &Api) {
        if let Some((kind, outcome, facts)) = self.run.take() {
            api.metrics().count(kind, outcome, facts);
        }
    }
}

/// How many facts are told, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// Lines rather than one JSON text.
    pub lines: bool,
    /// A line of answer for each fact.
    pub each: bool,
}

/// Tells the facts of a body and answers: a receipt for one object, otherwise a summary or a line each.
///
/// # Errors
/// What stops the whole request; a refused line among many is no error.
pub async fn respond(
    api: Api,
    reader: Reader,
    body: Body,
    manner: Manner,
    key: Option<&str>,
) -> Result<Response, Problem> {
    if manner.lines {
        return many(api, reader, manner, body).await;
    }
    let bytes = body::whole(body).await?;
    if bytes.trim_ascii_start().first() != Some(&b'[') {
        let command = match key {
            None => reader.text(&bytes)?,
            Some(key) => reader.value(&json::read(&bytes)?, Some(key))?,
        };
        return facts::respond(&api, command, origin(reader.form)).await;
    }
    let mut pipeline = Pipeline::new(api, reader, None);
    pipeline.items(&array(&bytes)?).await?;
    Ok(facts::receipt_response(&pipeline.summary, false))
}

/// The items of an array, or the one thing that is none.
///
/// # Errors
/// As [`json::read`].
pub fn array(bytes: &[u8]) -> Result<Vec<Json<'_>>, Problem> {
    match json::read(bytes)? {
        Json::Array(items) => Ok(items),
        other => Ok(vec![other]),
    }
}

async fn many(api: Api, reader: Reader, manner: Manner, body: Body) -> Result<Response, Problem> {
    if !manner.each {
        let mut pipeline = Pipeline::new(api, reader, None);
        return match pipeline.lines(body).await {
            Ok(()) => Ok(facts::receipt_response(&pipeline.summary, false)),
            Err(problem) => Err(stopped(problem, &pipeline.summary)),
        };
    }
    let (sender, answer) = pipe();
    tokio::spawn(async move {
        let mut pipeline = Pipeline::new(api, reader, Some(sender.clone()));
        if let Err(problem) = pipeline.lines(body).await {
            let mut last = Vec::new();
            push_line(&mut last, &problem.body(None));
            sender.send(last).await;
        }
        sender.end().await;
    });
    Ok((
        [
            (header::CONTENT_TYPE, "application/x-ndjson"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        answer,
    )
        .into_response())
}

/// Says how far a stream got that had to stop.
fn stopped(mut problem: Problem, summary: &Summary) -> Problem {
    let told = summary.accepted + summary.repeated;
    problem.detail = format!(
        "{} Of the facts before, {told} are known to be accepted; send all of them again: none happens twice.",
        problem.detail
    );
    problem
}
