//! Requests and answers: one connection to a server that may die, stop or be paused at any moment.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use arborline::api::principal::token_text;
use arborline::base::number::Volume;
use serde_json::Value;

use super::network::{AT, ONE, SECRET, TOKEN, name};
use super::notes::{Content, Fact, Figures};

/// How long an answer is waited for; some pauses are longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How facts are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Orders, a line each.
    Orders,
    /// Events, a line each.
    Events,
    /// One fact by its own path.
    Single,
}

/// What an answer says of one fact.
#[derive(Debug, Clone)]
pub(super) enum Word {
    Accepted { seq: u64, repeated: bool },
    Refused(String),
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is whole.
    Whole,
    /// It stopped for this reason.
    Stopped(String),
    /// Nobody answered, or not to the end.
    Cut,
}

/// A way to the server.
pub(super) struct Wire {
    agent: ureq::Agent,
    token: String,
}

/// A whole answer.
struct Answer {
    status: u16,
    repeated: bool,
    json: Value,
}

impl Wire {
    pub(super) fn new() -> Wire {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE));
        Wire {
            agent: config.build().into(),
            token: format!("Bearer {}", token_text(TOKEN, SECRET)),
        }
    }

    /// Sends facts; `heard` is called with each word on one of them, and which it is, as soon as it is read.
    pub(super) fn tell(
        &self,
        address: &str,
        (path, body): (&str, &str),
        heard: impl FnMut(usize, Word),
    ) -> Ending {
        let lines = path.contains('?');
        let form = if lines { "x-ndjson" } else { "json" };
        let request = self
            .agent
            .post(format!("http://{address}{path}"))
            .header("authorization", &self.token)
            .header("content-type", format!("application/{form}"));
        let Ok(answer) = request.send(body) else {
            return Ending::Cut;
        };
        match lines && answer.status().is_success() {
            true => read_lines(answer, heard),
            false => one(answer, heard),
        }
    }

    /// Asks for a member's figures: as of which sequence, and what they were.
    pub(super) fn figures(
        &self,
        address: &str,
        buyer: usize,
        min_seq: u64,
    ) -> Result<(u64, Figures), Ending> {
        let min_seq = match min_seq {
            0 => String::new(),
            seq => format!("?min_seq={seq}"),
        };
        let path = format!("/v1/members/{}/volumes{min_seq}", name(buyer));
        let request = self.agent.get(format!("http://{address}{path}"));
        let answer = request.header("authorization", &self.token).call();
        let Answer { status, json, .. } = answer.ok().and_then(whole).ok_or(Ending::Cut)?;
        if status != 200 {
            return Err(Ending::Stopped(code(&json)));
        }
        let units = |kinds: &Value| {
            let text = kinds["cv"].as_str().expect("a volume");
            text.parse::<Volume>().expect("a volume").0 / ONE
        };
        let figures = Figures {
            own: units(&json["own"]),
            group: units(&json["places"][0]["group"]),
        };
        Ok((json["as_of_seq"].as_u64().expect("a label"), figures))
    }

    /// Asks for a snapshot; whether one was written.
    pub(super) fn snapshot(&self, address: &str) -> bool {
        let request = self.agent.post(format!("http://{address}/v1/snapshots"));
        let answer = request.header("authorization", &self.token).send_empty();
        answer.is_ok_and(|answer| answer.status() == 200)
    }
}

type Response = ureq::http::Response<ureq::Body>;

fn code(problem: &Value) -> String {
    problem["code"].as_str().unwrap_or("no code").to_owned()
}

fn whole(mut answer: Response) -> Option<Answer> {
    let status = answer.status().as_u16();
    let repeated = answer.headers().contains_key("idempotent-replayed");
    let text = answer.body_mut().read_to_string().ok()?;
    Some(Answer {
        status,
        repeated,
        json: serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}, no JSON: {text}")),
    })
}

/// An answer that is one text: a receipt, a refusal, or why there is neither.
fn one(answer: Response, mut heard: impl FnMut(usize, Word)) -> Ending {
    let Some(Answer {
        status,
        repeated,
        json,
    }) = whole(answer)
    else {
        return Ending::Cut;
    };
    let word = match status {
        200 => Word::Accepted {
            seq: json["seq"].as_u64().expect("a receipt"),
            repeated,
        },
        // What may be asked again says nothing of the fact; that the token is good is not in question here.
        401 | 403 | 408 | 429 | 500.. => return Ending::Stopped(code(&json)),
        _ => Word::Refused(code(&json)),
    };
    heard(0, word);
    Ending::Whole
}

/// An answer that has a line for each fact, and one more where it had to stop.
fn read_lines(mut answer: Response, mut heard: impl FnMut(usize, Word)) -> Ending {
    let mut reader = BufReader::new(answer.body_mut().as_reader());
    let mut line = String::new();
    loop {
        line.clear();
        match reader.read_line(&mut line) {
            Ok(0) => return Ending::Whole,
            Ok(_) if line.ends_with('\n') => {}
            _ => return Ending::Cut,
        }
        let json: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        let Some(number) = json["line"].as_u64() else {
            return Ending::Stopped(code(&json));
        };
        let word = match json["seq"].as_u64() {
            Some(seq) => Word::Accepted {
                seq,
                repeated: json["repeated"].as_bool().expect("a flag"),
            },
            None => Word::Refused(code(&json)),
        };
        heard(usize::try_from(number - 1).expect("a line"), word);
    }
}

/// Path and body of a request.
pub(super) fn request(manner: Manner, facts: &[&Fact]) -> (String, String) {
    let lines = |write: fn(&Fact) -> String| {
        let lines: Vec<String> = facts.iter().map(|fact| write(fact)).collect();
        lines.join("\n")
    };
    match (manner, &facts[0].content) {
        (Manner::Orders, _) => ("/v1/orders?results=all".to_owned(), lines(flat)),
        (Manner::Events, _) => ("/v1/events?results=all".to_owned(), lines(event)),
        (Manner::Single, Content::Order { .. }) => ("/v1/orders".to_owned(), lines(flat)),
        (Manner::Single, Content::Refund { order, .. }) => {
            (format!("/v1/orders/{order}/refunds"), lines(flat))
        }
    }
}

/// The fields of an order; a buyer behind the last is nobody.
fn fields(fact: &Fact) -> String {
    match &fact.content {
        Content::Order { buyer, units } => {
            let member = name(*buyer);
            format!(r#""member":"{member}","volumes":{{"cv":"{units}"}}"#)
        }
        Content::Refund { part: None, .. } => r#""full":true"#.to_owned(),
        Content::Refund {
            part: Some(part), ..
        } => format!(r#""volumes":{{"cv":"{part}"}}"#),
    }
}

fn flat(fact: &Fact) -> String {
    let (id, fields) = (&fact.id, fields(fact));
    format!(r#"{{"id":"{id}","at":"{AT}",{fields}}}"#)
}

fn event(fact: &Fact) -> String {
    let (id, fields) = (&fact.id, fields(fact));
    match &fact.content {
        Content::Order { .. } => {
            format!(r#"{{"id":"{id}","type":"order.accepted","at":"{AT}","data":{{{fields}}}}}"#)
        }
        Content::Refund { order, .. } => format!(
            r#"{{"id":"{id}","type":"order.refunded","at":"{AT}","data":{{"order":"{order}",{fields}}}}}"#
        ),
    }
}
