//! Problems: the one shape in which anything that is not an answer leaves the server (RFC 9457).
//!
//! Owns the table of codes: each has a stable name, a status and a title. A [`Problem`] made anywhere in the room
//! travels as an extension of an empty response; [`render`] gives it its body at the very door, where the request's
//! id is known, and dresses every plain refusal of the libraries below (404, 405, 413 ...) the same way.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::base::number::Volume;

/// Characters of a client's own words that are shown back to him.
const GIVEN_CHARS_MAX: usize = 200;

macro_rules! codes {
    ($($name:ident = $status:literal $code:literal $title:literal;)+) => {
        /// Every stable code, with its usual status and its title.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $name,)+
        }

        /// All codes, in the order of the table.
        pub const CODES: &[Code] = &[$(Code::$name,)+];

        impl Code {
            /// The text clients match on.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Code::$name => $code,)+ }
            }

            /// The usual status.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Code::$name => $status,)+ }
            }

            /// The title: the same for every occurrence.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)+ }
            }
        }
    };
}

codes! {
    BadRequest = 400 "bad_request" "The request cannot be understood";
    BadUtf8 = 400 "bad_utf8" "The text is not UTF-8";
    BadJson = 400 "bad_json" "The body is not JSON";
    TooDeep = 400 "too_deep" "The JSON is nested too deeply";
    DuplicateKey = 400 "duplicate_key" "A key stands twice in one object";
    UnknownField = 400 "unknown_field" "A field is not known here";
    MissingField = 400 "missing_field" "A field is needed";
    WrongType = 400 "wrong_type" "A value has the wrong JSON type";
    BadValue = 400 "bad_value" "A value is not one of those allowed";
    BadId = 400 "bad_id" "A text cannot be an id";
    BadNumber = 400 "bad_number" "A text is not an exact number";
    TooPrecise = 400 "too_precise" "A number has too many decimal places";
    OutOfRange = 400 "out_of_range" "A value lies outside its range";
    BadTime = 400 "bad_time" "A text is not a time";
    UnknownParameter = 400 "unknown_parameter" "A query parameter is not known here";
    BadCursor = 400 "bad_cursor" "The cursor is not one this question gave out";
    TooMany = 400 "too_many" "More was sent than one request may carry";
    NoTokens = 401 "no_tokens" "No token has been made yet";
    TokenMissing = 401 "token_missing" "A token is needed";
    BadToken = 401 "bad_token" "The token is not known";
    TokenExpired = 401 "token_expired" "The token has expired";
    TokenRevoked = 401 "token_revoked" "The token was revoked";
    RoleNotAllowed = 403 "role_not_allowed" "The token's role may not do this";
    MemberNotOpen = 403 "member_not_open" "The token's member is not in good standing";
    NotFound = 404 "not_found" "There is nothing at this path";
    UnknownMember = 404 "unknown_member" "No such member";
    UnknownOrder = 404 "unknown_order" "No such order";
    UnknownPeriod = 404 "unknown_period" "No such period";
    UnknownToken = 404 "unknown_token" "No such token";
    UnknownPlan = 404 "unknown_plan" "No such plan set";
    UnknownVersion = 404 "unknown_version" "The plan set has no such version";
    UnknownTree = 404 "unknown_tree" "No such tree";
    UnknownRun = 404 "unknown_run" "No such run";
    NoPlan = 404 "no_plan" "No plan set holds for this period";
    MethodNotAllowed = 405 "method_not_allowed" "The path does not know this method";
    RequestTimeout = 408 "request_timeout" "The body did not arrive in time";
    IdReused = 409 "id_reused" "The id was used before with other content";
    AlreadyFounded = 409 "already_founded" "The network has its rules already";
    StatusUnchanged = 409 "status_unchanged" "The member's status cannot become this";
    SeatTaken = 409 "seat_taken" "The place is taken";
    AlreadyPlaced = 409 "already_placed" "The member is placed already";
    PeriodClosed = 409 "period_closed" "The period is closed";
    NotDue = 409 "not_due" "The period is not due to be paid";
    NotPaid = 409 "not_paid" "The period is not paid yet";
    CursorExpired = 410 "cursor_expired" "The cursor has expired";
    PeriodGone = 410 "period_gone" "The period's book is no longer kept";
    AsOfGone = 410 "as_of_gone" "This state is no longer kept";
    ChangesGone = 410 "changes_gone" "These changes are no longer kept";
    BodyTooLarge = 413 "body_too_large" "The body is too large";
    LineTooLong = 413 "line_too_long" "A line is too long";
    UriTooLong = 414 "uri_too_long" "The address is too long";
    WrongContentType = 415 "wrong_content_type" "The body is of the wrong type";
    CompressedBody = 415 "compressed_body" "Compressed bodies are not taken";
    NoNetwork = 422 "no_network" "The network has no rules yet";
    UnknownName = 422 "unknown_name" "A name is not in the network's rules";
    AtInFuture = 422 "at_in_future" "The time lies in the future";
    OlderThanMemory = 422 "older_than_memory" "The time is older than the memory of ids";
    UnknownCentre = 422 "unknown_centre" "The member has no such centre";
    MemberTerminated = 422 "member_terminated" "The member is terminated";
    WrongKind = 422 "wrong_kind" "A member of this kind may not do this";
    NoSuchLeg = 422 "no_such_leg" "The tree has no such leg";
    NotPlaced = 422 "not_placed" "The member has no place in this tree";
    OutsideEnroller = 422 "outside_enroller" "The place is not below the enroller";
    Cycle = 422 "cycle" "The move would put the member below himself";
    MoveTooLarge = 422 "move_too_large" "The move carries too many members";
    TooManyCentres = 422 "too_many_centres" "The tree allows no more centres";
    NoOpenPosition = 422 "no_open_position" "There is no free place";
    Overflow = 422 "overflow" "A sum would leave the range of exact numbers";
    RefundTooLarge = 422 "refund_too_large" "The refund exceeds what is left of the order";
    RefundTooLate = 422 "refund_too_late" "The order's refund days are over";
    BadRules = 422 "bad_rules" "The rules do not fit together";
    BadDocument = 422 "bad_document" "The document cannot be taken";
    NotContinued = 422 "not_continued" "The rules do not go on with those in force";
    CustomersWanted = 422 "customers_wanted" "The enroller's customers have not bought enough";
    HasDownline = 422 "has_downline" "Members stand below him";
    Negative = 422 "negative" "A number must not be negative";
    TooManyNames = 422 "too_many_names" "There are too many different names";
    PeriodOpen = 422 "period_open" "The period is still running";
    AtomicRefused = 422 "atomic_refused" "One command was refused, so none happened";
    HeadersTooLarge = 431 "headers_too_large" "The headers are too large";
    Internal = 500 "internal" "The server failed";
    RunUnreadable = 500 "run_unreadable" "The file of a run cannot be read";
    SnapshotRefused = 500 "snapshot_refused" "No snapshot could be written";
    Busy = 503 "busy" "The server is busy";
    ForksFull = 503 "forks_full" "No more states can be kept";
    NotCaughtUp = 503 "not_caught_up" "The answer is not as fresh as asked yet";
    Stopping = 503 "stopping" "The server is stopping";
    OutcomeUnknown = 503 "outcome_unknown" "The outcome is unknown";
    NoSpace = 507 "no_space" "The server is out of room";
}

/// One refusal: what a client gets instead of an answer, or beside the number of a refused line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// The status, where it is not the code's usual one.
    pub status: u16,
    /// A sentence about this very case.
    pub detail: String,
    /// The field, as a path with dots and `[index]`, or a parameter's or header's name.
    pub field: Option<String>,
    /// What was given there, cut to 200 characters.
    pub given: Option<String>,
    /// What is allowed there.
    pub allowed: Vec<String>,
    /// Seconds after which asking again makes sense.
    pub retry_after: Option<u32>,
    /// What few problems have.
    pub more: Option<Box<More>>,
}

/// What few problems have, kept apart so that a refusal stays small.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct More {
    /// All that is wrong with a document, in order of lines; `field`, `given` and `allowed` are of the first.
    pub mistakes: Vec<Mistake>,
    /// What a rule asks for and what there is of it, where it can be counted.
    pub short_of: Option<(Volume, Volume)>,
}

/// One thing wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Mistake {
    /// Line from 1; none where the document came as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Path of the field, such as `trees[1].placement`.
    pub field: String,
    /// What the document says there.
    pub given: String,
    /// What it may say.
    pub allowed: String,
    /// A way out, where one can be guessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A problem's JSON, in the order of the standard.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Where the code is explained: `/problems/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every problem with this code.
    pub title: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// Stable; match on this.
    pub code: &'a str,
    /// A sentence about this very case.
    pub detail: &'a str,
    /// The field, parameter or header it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'a str>,
    /// What was given there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<&'a str>,
    /// What is allowed there.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub allowed: &'a [String],
    /// What the rule that is not met asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<Volume>,
    /// What there is of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<Volume>,
    /// All that is wrong with a document, in order of lines.
    #[serde(skip_serializing_if = "<[Mistake]>::is_empty")]
    pub mistakes: &'a [Mistake],
    /// The request's id, also in the header `X-Request-Id` and in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'a str>,
}

impl Problem {
    /// A problem with its code's usual status and this sentence.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem {
            code,
            status: code.status(),
            detail: detail.into(),
            field: None,
            given: None,
            allowed: Vec::new(),
            retry_after: None,
            more: None,
        }
    }

    /// The same about a field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Problem {
        self.field = Some(field.into());
        self
    }

    /// The same with what was given, cut to a length that can be shown.
    #[must_use]
    pub fn given(mut self, given: impl AsRef<str>) -> Problem {
        let given = given.as_ref();
        self.given = Some(match given.char_indices().nth(GIVEN_CHARS_MAX) {
            Some((cut, _)) => format!("{}...", &given[..cut]),
            None => given.to_owned(),
        });
        self
    }

    /// The same with what is allowed.
    #[must_use]
    pub fn allowed<T: AsRef<str>>(mut self, allowed: impl IntoIterator<Item = T>) -> Problem {
        self.allowed = allowed
            .into_iter()
            .map(|text| text.as_ref().to_owned())
            .collect();
        self
    }

    /// The same with what a rule asks for and what there is of it.
    #[must_use]
    pub fn short_of(mut self, required: Volume, actual: Volume) -> Problem {
        self.more.get_or_insert_default().short_of = Some((required, actual));
        self
    }

    /// The same under another status, where the place of the mistake decides it (a member in the path or in the body).
    #[must_use]
    pub fn status(mut self, status: u16) -> Problem {
        self.status = status;
        self
    }

    /// The same with a time after which to ask again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.retry_after = Some(seconds);
        self
    }

    /// The JSON of this problem.
    #[must_use]
    pub fn body<'a>(&'a self, request_id: Option<&'a str>) -> ProblemBody<'a> {
        let more = self.more.as_deref();
        let short_of = more.and_then(|more| more.short_of);
        ProblemBody {
            kind: format!("/problems/{}", self.code.name()),
            title: self.code.title(),
            status: self.status,
            code: self.code.name(),
            detail: &self.detail,
            field: self.field.as_deref(),
            given: self.given.as_deref(),
            allowed: &self.allowed,
            required: short_of.map(|(required, _)| required),
            actual: short_of.map(|(_, actual)| actual),
            mistakes: more.map_or(&[], |more| &more.mistakes),
            request_id,
        }
    }
}

impl IntoResponse for Problem {
    /// An empty response that carries the problem to [`render`].
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(self.status).expect("statuses are written in the table");
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every refusal its body: those of this room, and the plain ones of the libraries below, by their status.
#[must_use]
pub fn render(mut response: Response, request_id: &str) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None => match plain(response.status()) {
            Some(problem) => problem,
            None => return response,
        },
    };
    let body = serde_json::to_vec(&problem.body(Some(request_id)))
        .expect("texts and numbers always serialize");
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    *response.body_mut() = Body::from(body);
    response
}

/// The problem that a bare status of a library below stands for; none if the status is no refusal.
fn plain(status: StatusCode) -> Option<Problem> {
    if status.is_success() || status.is_redirection() || status.is_informational() {
        return None;
    }
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::new(
            Code::NotFound,
            "Nothing is served at this path; /openapi.json lists what is.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            Code::MethodNotAllowed,
            "The header Allow names the methods this path knows.",
        ),
        StatusCode::REQUEST_TIMEOUT => {
            Problem::new(Code::RequestTimeout, "Send the body without long pauses.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(Code::BodyTooLarge, "Send less at once, or lines of NDJSON.")
        }
        StatusCode::URI_TOO_LONG => Problem::new(Code::UriTooLong, "Shorten the address."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(Code::WrongContentType, "Send JSON."),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            Problem::new(Code::HeadersTooLarge, "Send fewer headers.")
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            Problem::new(Code::Busy, "Ask again in a second.").retry_after(1)
        }
        status if status.is_client_error() => {
            Problem::new(Code::BadRequest, "The request cannot be understood.")
                .status(status.as_u16())
        }
        _ => internal(),
    };
    Some(problem)
}

/// What a client gets when we failed: nothing of the inside; the log has the rest under the request's id.
#[must_use]
pub fn internal() -> Problem {
    Problem::new(
        Code::Internal,
        "The server failed on this request; its log has more under the request's id.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_statuses_are_refusals() {
        for (index, code) in CODES.iter().enumerate() {
            assert!(
                CODES[..index]
                    .iter()
                    .all(|other| other.name() != code.name()),
                "{code:?}"
            );
            assert!((400..600).contains(&code.status()), "{code:?}");
        }
    }

    #[test]
    fn long_words_are_cut_at_a_character() {
        let problem = Problem::new(Code::BadValue, "x").given("\u{e4}".repeat(500));
        assert_eq!(
            problem.given.map(|given| given.chars().count()),
            Some(GIVEN_CHARS_MAX + 3)
        );
    }
}
