//! What a row of the table of routes is, and what passes between the dispatcher and a row's handler.
//!
//! A handler never sees a request that was not judged by its own row: there is no other way to mount one.

use std::borrow::Cow;
use std::pin::Pin;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

use crate::api::context::Api;
use crate::api::error;
use crate::api::parse::kind::EventType;
use crate::api::parse::query::Query;
use crate::api::principal::{Credential, Principal};
use crate::api::problem::Problem;
use crate::base::time::Time;
use crate::engine::role::Role;
use crate::engine::state::State;
use crate::view::budget::Budget;
use crate::view::error::ViewError;

/// One endpoint: everything that is to be known of it.
pub struct Route {
    /// `GET`, `POST`, `PATCH`, `PUT`.
    pub method: &'static str,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// Who may ask.
    pub access: Access,
    /// What it costs, in words.
    pub cost: &'static str,
    /// What it is for, in one sentence.
    pub sentence: &'static str,
    /// What runs.
    pub run: Run,
    /// Shapes for the API's description.
    pub shapes: Shapes,
}

impl Route {
    /// Whether it can be asked of a kept fork.
    #[must_use]
    pub fn takes_as_of(&self) -> bool {
        let reads = matches!(self.run, Run::Read(_)) || self.shapes.as_of;
        reads && self.method == "GET" && matches!(self.access, Access::Needs { .. })
    }
}

/// Who may ask.
#[derive(Debug, Clone, Copy)]
pub enum Access {
    /// Anybody, without a token: health and descriptions, never a figure.
    Open,
    /// A token of one of the roles, within its reach.
    Needs {
        /// The roles.
        roles: &'static [Role],
        /// How a token of the role `member` is held to his own.
        reach: Reach,
    },
}

/// How a token of the role `member` is held to his own downline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The answer is about the whole company: the role `member` is never among the roles.
    Company,
    /// The path's `{id}` is a member, and must be the token's own or below him in the tree asked for.
    Downline,
    /// The handler looks at each member it shows.
    Each,
    /// The answer shows no member.
    Nothing,
}

/// What runs for a row.
pub enum Run {
    /// An answer that reads no state.
    Plain(fn(&Api, &Call) -> Result<Response, Problem>),
    /// An answer from one state, judged and read under one guard; from a fork where it is too large for that.
    Read(Question),
    /// One fact: the path's names become fields of the event's data.
    Fact {
        /// The type of event.
        event: &'static EventType,
        /// Names in the path, and the fields they fill.
        path: &'static [(&'static str, &'static str)],
    },
    /// Everything else: streams, several facts, both.
    Task(fn(Task) -> Running),
}

/// What answers a question at one state.
pub type Question = fn(&mut Ask<'_>) -> Result<Answer, Failed>;

/// A response to come.
pub type Running = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// What a task is given: judged once already, at the present state.
pub struct Task {
    /// What every request shares.
    pub api: Api,
    /// The request.
    pub call: Call,
    /// Who asks.
    pub principal: Principal,
    /// The request's body, not read yet.
    pub body: Body,
}

/// A request without its body.
#[derive(Clone)]
pub struct Call {
    /// The row it came by.
    pub route: &'static Route,
    /// The names of the path, decoded.
    pub path: Vec<(String, String)>,
    /// The query, without `min_seq` and, where the row takes it, `as_of`.
    pub query: Query,
    /// The sequence the answer must have reached.
    pub min_seq: Option<u64>,
    /// The sequence of the kept fork that the answer is to be read from.
    pub as_of: Option<u64>,
    /// The token presented; none also when it had no token's shape.
    pub credential: Option<Credential>,
    /// The headers.
    pub headers: HeaderMap,
    /// The wall clock when the request came.
    pub now: Time,
    /// The time of facts that do not tell theirs: as [`State::present`] when access was judged.
    pub at: Time,
}

impl Call {
    /// A name of the path.
    ///
    /// # Panics
    /// If the row's path has no such name.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(key, _)| key == name);
        &found.expect("the row's path has this name").1
    }

    /// A header as text; none if absent or not plain text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The id of a fact whose body has none.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.header("idempotency-key")
    }

    /// Whether the client asks for this type of answer by name.
    #[must_use]
    pub fn accepts(&self, media: &str) -> bool {
        let asked = self.header(header::ACCEPT.as_str()).unwrap_or("");
        asked.split(',').any(|part| {
            part.split(';')
                .next()
                .is_some_and(|part| part.trim() == media)
        })
    }

    /// The type of the body, without its parameters, in lower case.
    #[must_use]
    pub fn content_type(&self) -> String {
        let given = self.header(header::CONTENT_TYPE.as_str()).unwrap_or("");
        given
            .split(';')
            .next()
            .unwrap_or("")
            .trim()
            .to_ascii_lowercase()
    }

    /// What a cursor of this request is bound to.
    #[must_use]
    pub fn question<'c>(&'c self, principal: &'c Principal, filters: &'c str) -> Vec<&'c str> {
        let mut parts = vec![principal.token.as_str(), self.route.path];
        parts.extend(self.path.iter().map(|(_, value)| value.as_str()));
        parts.push(filters);
        parts
    }
}

/// A question to one state.
pub struct Ask<'a> {
    /// The state the answer is read from.
    pub state: &'a State,
    /// The request.
    pub call: &'a Call,
    /// Who asks, judged at this very state.
    pub principal: &'a Principal,
    /// What every request shares.
    pub api: &'a Api,
    /// The body of a question that has one.
    pub body: &'a [u8],
    /// Steps the answer may take.
    pub budget: Budget,
}

impl Ask<'_> {
    /// The query as a struct.
    ///
    /// # Errors
    /// As [`Query::typed`].
    pub fn query<T: serde::de::DeserializeOwned>(&self) -> Result<T, Failed> {
        Ok(self.call.query.typed()?)
    }

    /// Turns the client's cursor into the view's.
    ///
    /// # Errors
    /// `bad_cursor`.
    pub fn open(&self, cursor: &mut Option<String>) -> Result<(), Failed> {
        if let Some(sealed) = cursor {
            let filters = self.call.query.question();
            let opened = self
                .api
                .sealer()
                .open(&self.call.question(self.principal, &filters), sealed)?;
            *cursor = Some(opened);
        }
        Ok(())
    }

    /// Turns the view's cursor into the client's.
    pub fn seal(&self, next: &mut Option<String>) {
        if let Some(body) = next {
            let filters = self.call.query.question();
            *next = Some(
                self.api
                    .sealer()
                    .seal(&self.call.question(self.principal, &filters), body),
            );
        }
    }
}

/// An answer taken from the state and not written out yet, so that no guard is held while it is.
pub struct Answer {
    write: Box<dyn FnOnce() -> Vec<u8> + Send>,
}

impl Answer {
    /// An answer that will be written as this JSON object.
    pub fn of<T: Serialize + Send + 'static>(value: T) -> Answer {
        Answer {
            write: Box::new(move || {
                serde_json::to_vec(&value).expect("answers are texts, numbers and lists")
            }),
        }
    }

    /// The JSON.
    #[must_use]
    pub fn json(self) -> Vec<u8> {
        (self.write)()
    }
}

/// Why a question got no answer.
#[derive(Debug)]
pub enum Failed {
    /// It gets none.
    Problem(Box<Problem>),
    /// It is too large for the guard and is asked of a fork.
    TooLarge,
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Failed {
        Failed::Problem(Box::new(problem))
    }
}

impl From<ViewError> for Failed {
    fn from(view: ViewError) -> Failed {
        match view {
            ViewError::TooLarge => Failed::TooLarge,
            view => error::view(&view).into(),
        }
    }
}

/// Shapes for the API's description.
pub struct Shapes {
    /// Parameters of the query.
    pub query: Option<fn() -> Vec<Parameter>>,
    /// The body.
    pub body: Option<Shape>,
    /// The answer.
    pub answer: Option<Shape>,
    /// Whether a task can be asked of a kept fork; what only reads can.
    pub as_of: bool,
}

/// A named schema.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Its name.
    pub name: fn() -> Cow<'static, str>,
    /// Itself.
    pub schema: fn() -> RefOr<Schema>,
    /// Those it refers to.
    pub more: fn(&mut Vec<(String, RefOr<Schema>)>),
}

/// The shape of a type.
#[must_use]
pub const fn shape<T: ToSchema>() -> Shape {
    Shape {
        name: T::name,
        schema: T::schema,
        more: T::schemas,
    }
}

/// The parameters of a query's type.
#[must_use]
pub fn query_of<T: IntoParams>() -> Vec<Parameter> {
    T::into_params(|| Some(ParameterIn::Query))
}

impl Shapes {
    /// None told.
    pub const NONE: Shapes = Shapes {
        query: None,
        body: None,
        answer: None,
        as_of: false,
    };

    /// A question's answer.
    #[must_use]
    pub const fn answer<T: ToSchema>() -> Shapes {
        Shapes {
            answer: Some(shape::<T>()),
            ..Shapes::NONE
        }
    }

    /// A question's parameters and answer.
    #[must_use]
    pub const fn asked<Q: IntoParams, T: ToSchema>() -> Shapes {
        Shapes {
            query: Some(query_of::<Q>),
            answer: Some(shape::<T>()),
            ..Shapes::NONE
        }
    }

    /// A body and its answer.
    #[must_use]
    pub const fn told<B: ToSchema, T: ToSchema>() -> Shapes {
        Shapes {
            body: Some(shape::<B>()),
            answer: Some(shape::<T>()),
            ..Shapes::NONE
        }
    }
}
