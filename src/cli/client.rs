//! A small client of a running server, for commands with `--url`. The token comes from the environment or a file, never
//! from the command line, where every process of the machine could read it.

use std::io::Read;
use std::time::Duration;

use clap::{Arg, ArgMatches};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cli::exit::{Exit, Failure};

/// The environment variable that holds the token.
const TOKEN_ENV: &str = "ARBORLINE_TOKEN";
/// How long a connection may take to be made.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// Bytes of an answer that is read whole.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// Where a server answers, and as whom it is asked.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    token: String,
}

/// The flags `--url` and `--token-file`.
#[must_use]
pub fn args(command: clap::Command) -> clap::Command {
    command
        .arg(
            Arg::new("url")
                .long("url")
                .env("ARBORLINE_URL")
                .value_name("URL")
                .help("A running server, such as http://127.0.0.1:7117; its token is read from ARBORLINE_TOKEN"),
        )
        .arg(
            Arg::new("token-file")
                .long("token-file")
                .value_name("FILE")
                .help("A file that holds the token, instead of ARBORLINE_TOKEN"),
        )
}

/// The client that the flags ask for; none without `--url`.
///
/// # Errors
/// If the address is of another form, or there is no token.
pub fn of(matches: &ArgMatches) -> Result<Option<Client>, Failure> {
    let Some(url) = matches.get_one::<String>("url") else {
        return Ok(None);
    };
    if !url.starts_with("http://") {
        return Err(
            Failure::usage(format!("--url: given {url:?}; allowed: http://HOST:PORT"))
                .hint("for a server behind TLS, run this on its own machine or through a tunnel"),
        );
    }
    let file = matches.get_one::<String>("token-file");
    let token = match file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("{path} cannot be read: {error}")))?,
        None => std::env::var(TOKEN_ENV).unwrap_or_default(),
    };
    if token.trim().is_empty() {
        return Err(
            Failure::usage("a running server is asked with a token, and there is none")
                .hint(format!("set {TOKEN_ENV}, or name a file with --token-file")),
        );
    }
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT_MAX))
        .build();
    Ok(Some(Client {
        agent: ureq::Agent::new_with_config(config),
        base: url.trim_end_matches('/').to_owned(),
        token: token.trim().to_owned(),
    }))
}

impl Client {
    /// Asks for JSON.
    ///
    /// # Errors
    /// If the server does not answer, refuses, or answers something else.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let request = self
            .agent
            .get(self.address(path))
            .header("authorization", self.bearer());
        self.read(path, request.call())
    }

    /// Asks for lines, to be read one by one.
    ///
    /// # Errors
    /// If the server does not answer or refuses.
    pub fn lines(&self, path: &str) -> Result<impl Read + use<>, Failure> {
        let request = self
            .agent
            .get(self.address(path))
            .header("authorization", self.bearer())
            .header("accept", "application/x-ndjson");
        let mut response = request.call().map_err(|error| self.silent(&error))?;
        if !response.status().is_success() {
            let body = response.body_mut().read_to_string().unwrap_or_default();
            return Err(self.refused(path, response.status().as_u16(), &body));
        }
        Ok(response
            .into_body()
            .into_with_config()
            .limit(u64::MAX)
            .reader())
    }

    /// Sends a body and reads JSON.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> Result<T, Failure> {
        let request = self
            .agent
            .post(self.address(path))
            .header("authorization", self.bearer())
            .header("content-type", kind);
        self.read(path, request.send(body))
    }

    /// Puts a document, under an id by which it is taken once only, and reads JSON.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        (kind, id): (&str, &str),
        body: &[u8],
    ) -> Result<T, Failure> {
        let request = self
            .agent
            .put(self.address(path))
            .header("authorization", self.bearer())
            .header("idempotency-key", id)
            .header("content-type", kind);
        self.read(path, request.send(body))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<T, Failure> {
        let mut response = answered.map_err(|error| self.silent(&error))?;
        let body = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string();
        let body = body.map_err(|error| self.silent(&error))?;
        if !response.status().is_success() {
            return Err(self.refused(path, response.status().as_u16(), &body));
        }
        serde_json::from_str(&body).map_err(|error| {
            Failure::new(
                Exit::Unreachable,
                format!("{}{path} answers something else: {error}", self.base),
            )
        })
    }

    fn silent(&self, error: &ureq::Error) -> Failure {
        Failure::new(
            Exit::Unreachable,
            format!("{} does not answer: {error}", self.base),
        )
    }

    /// A refusal in the server's own words.
    fn refused(&self, path: &str, status: u16, body: &str) -> Failure {
        let problem: Value = serde_json::from_str(body).unwrap_or_default();
        let word = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
        let mut detail = match word("detail") {
            text if text.is_empty() => word("title"),
            text => text,
        };
        for mistake in problem["mistakes"].as_array().into_iter().flatten() {
            let word = |field: &str| mistake[field].as_str().unwrap_or_default();
            let (field, given, allowed) = (word("field"), word("given"), word("allowed"));
            let line = mistake["line"].as_u64().unwrap_or_default();
            detail += &format!("\n  line {line}, {field}: given {given}; allowed: {allowed}");
        }
        let exit = if status < 500 {
            Exit::Usage
        } else {
            Exit::Unreachable
        };
        let failure = Failure::new(
            exit,
            format!(
                "{}{path} refuses ({status} {}): {detail}",
                self.base,
                word("code")
            ),
        );
        match status {
            401 => failure.hint(format!("is {TOKEN_ENV} a token of this server?")),
            _ => failure,
        }
    }
}
