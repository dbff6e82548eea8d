//! A small network behind the API, and a client that needs no socket.

use arborline::api::app::app;
use arborline::api::context::Api;
use arborline::api::principal::{ROLES, token_text};
use arborline::base::time::Time;
use arborline::document::network::parse;
use arborline::engine::command::token::CreateToken;
use arborline::engine::command::{Command, Verb};
use arborline::engine::role::Role;
use arborline::runtime::settings::{Founding, Settings};
use arborline::runtime::start;
use arborline::runtime::submission::Submission;
use arborline::store::options::Durability;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// A running application on a directory of its own, which ends with it.
pub(crate) struct Server {
    pub(crate) api: Api,
    pub(crate) router: Router,
    runtime: Option<start::Server>,
    dir: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.stop();
        }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as lines of JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = self.text();
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    }

    /// A header as text; empty if absent.
    pub(crate) fn header(&self, name: &str) -> String {
        let value = self.headers.get(name);
        value
            .map(|value| value.to_str().expect("plain text").to_owned())
            .unwrap_or_default()
    }

    /// The code of a problem; empty for an answer.
    pub(crate) fn code(&self) -> String {
        if self.header("content-type") != "application/problem+json" {
            return String::new();
        }
        self.json()["code"]
            .as_str()
            .expect("every problem has a code")
            .to_owned()
    }
}

/// A request, put together word by word.
pub(crate) struct Call<'s> {
    server: &'s Server,
    request: axum::http::request::Builder,
    body: Body,
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn role(self, role: &str) -> Self {
        self.token(&token_text(role, SECRET))
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Reply {
        let request = self.request.body(self.body).expect("a request");
        let response = self
            .server
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = body
            .collect()
            .await
            .expect("a whole body")
            .to_bytes()
            .to_vec();
        Reply {
            status: parts.status,
            headers: parts.headers,
            bytes,
        }
    }
}

/// The secret of every token of these tests.
pub(crate) const SECRET: &str = "5ec7e7";

/// Enroller and binary tree, pv and cv, months; machine time follows the events.
pub(crate) const NETWORK: &str = "clock = \"events\"\nvolume_kinds = [\"pv\", \"cv\"]\n[[trees]]\nname = \"binary\"\nshape = \"binary\"\nplacement = { policy = \"weaker_count\", inside = \"outer\" }\ncentres = 3\n";

impl Server {
    /// With a network nobody is in yet, without a token.
    pub(crate) fn empty() -> Server {
        Server::with(NETWORK)
    }

    /// With this network, and nobody in it.
    pub(crate) fn with(network: &str) -> Server {
        let dir = tempfile::tempdir().expect("a directory");
        let until: Time = "2028-01-01T00:00:00Z".parse().expect("a time");
        let founding = Founding {
            at: Time::MIN,
            document: network.as_bytes().to_vec(),
            rules: parse(network).expect("a right document").compile(until),
        };
        let settings = Settings {
            founding: Some(founding),
            durability: Durability::Os,
            segment_bytes: 1 << 20,
            ..Settings::new(dir.path())
        };
        let runtime = start::open(settings, Box::new(|fault| panic!("{fault}")))
            .expect("a new directory opens");
        let api = Api::new(runtime.handle.clone(), [7; 32]);
        Server {
            router: app(&api),
            api,
            runtime: Some(runtime),
            dir,
        }
    }

    /// Stops it, and serves the same directory again.
    pub(crate) fn restart(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.stop();
        }
        let settings = Settings {
            durability: Durability::Os,
            ..Settings::new(self.dir.path())
        };
        let runtime = start::open(settings, Box::new(|fault| panic!("{fault}")))
            .expect("a directory in order");
        self.api = Api::new(runtime.handle.clone(), [7; 32]);
        self.router = app(&self.api);
        self.runtime = Some(runtime);
    }

    /// Its directory.
    pub(crate) fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// With a network, a token for each role (named like it), and one, `member`, for the member `A`.
    ///
    /// ```text
    /// R - A - A1 - A2      C is a customer of A1
    ///   - B - B1
    /// ```
    pub(crate) async fn started() -> Server {
        Server::started_with(NETWORK).await
    }

    async fn started_with(network: &str) -> Server {
        let server = Server::with(network);
        for (id, enroller, kind) in [
            ("R", None, "distributor"),
            ("A", Some("R"), "distributor"),
            ("B", Some("R"), "distributor"),
            ("A1", Some("A"), "distributor"),
            ("A2", Some("A1"), "distributor"),
            ("B1", Some("B"), "distributor"),
            ("C", Some("A1"), "customer"),
        ] {
            let event = serde_json::json!({
                "id": id, "type": "member.enrolled", "at": AT, "data": { "kind": kind, "enroller": enroller },
            });
            server.enrol(&event).await;
        }
        for (name, _) in ROLES {
            server.token(name).await;
        }
        server
    }

    /// The same with a plan set that counts.
    pub(crate) async fn planned() -> Server {
        Server::planned_with(NETWORK).await
    }

    /// The same in another network.
    pub(crate) async fn planned_with(network: &str) -> Server {
        Server::planned_by(network, PLAN).await
    }

    /// The same by another plan set.
    pub(crate) async fn planned_by(network: &str, plan: &'static str) -> Server {
        let server = Server::started_with(network).await;
        let drafted = server.call("PUT", "/v1/plans/main").role("admin");
        let drafted = drafted.header("content-type", "application/toml");
        let drafted = drafted.body(plan).send().await;
        assert!(drafted.status.is_success(), "{}", drafted.text());
        let activated = server.call("POST", "/v1/plans/main/activate").role("admin");
        let activated = activated.header("idempotency-key", "activate-1").send();
        let activated = activated.await;
        assert!(activated.status.is_success(), "{}", activated.text());
        server
    }

    /// A token of a role, named like it; a member's is of `A`.
    pub(crate) async fn token(&self, name: &str) {
        let found = ROLES.iter().find(|(known, _)| *known == name);
        let role = found.expect("a role").1;
        let token = CreateToken {
            hash: *blake3::hash(SECRET.as_bytes()).as_bytes(),
            role,
            member: (role == Role::Member).then(|| "A".into()),
            expires: None,
        };
        self.tell(name, Verb::CreateToken(Box::new(token))).await;
    }

    /// One command past the API: it must be accepted.
    pub(crate) async fn tell(&self, id: &str, verb: Verb) {
        let command = Command {
            id: id.into(),
            at: AT.parse().expect("a time"),
            verb,
        };
        let receipts = self
            .api
            .handle()
            .submit(Submission {
                commands: vec![command],
            })
            .await
            .expect("taken");
        receipts[0].outcome.as_ref().expect("accepted");
    }

    pub(crate) async fn enrol(&self, event: &Value) {
        use arborline::api::parse::lines::{Form, Reader};
        use arborline::api::parse::names::Names;
        let reader = Reader {
            form: Form::Events,
            names: self
                .api
                .handle()
                .read(|state| Names::of(state.rules.as_deref())),
            now: Time(0),
            role: Role::Admin,
        };
        let command = reader
            .text(event.to_string().as_bytes())
            .expect("a right event");
        self.tell(&command.id, command.verb).await;
    }

    /// The beginning of a request.
    pub(crate) fn call(&self, method: &str, path: &str) -> Call<'_> {
        Call {
            server: self,
            request: Request::builder().method(method).uri(path),
            body: Body::empty(),
        }
    }

    /// An answer to the admin, which must be one.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let reply = self.call("GET", path).role("admin").send().await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        reply.json()
    }

    /// The events after a number, for the admin.
    pub(crate) async fn changes(&self, after: u64) -> Vec<Value> {
        let path = format!("/v1/changes?after={after}");
        let reply = self.call("GET", &path).role("admin").send().await;
        reply.lines()
    }

    /// A JSON body from the admin.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Reply {
        let call = self
            .call("POST", path)
            .role("admin")
            .header("content-type", "application/json");
        call.body(body).send().await
    }

    /// A fact from the admin that is accepted; gives its sequence.
    pub(crate) async fn accepted(&self, path: &str, body: impl Into<Body>) -> u64 {
        let reply = self.post(path, body).await;
        assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
        reply.json()["seq"].as_u64().expect("a number")
    }

    /// An event from the admin that is accepted; gives its sequence.
    pub(crate) async fn told(&self, event: String) -> u64 {
        self.accepted("/v1/events", event).await
    }

    /// An order that is accepted; gives its sequence.
    pub(crate) async fn sold(&self, id: &str, member: &str, cv: &str) -> u64 {
        self.told(order(id, member, cv)).await
    }

    /// Lines from the admin.
    pub(crate) async fn post_lines(&self, path: &str, body: impl Into<Body>) -> Reply {
        let call = self
            .call("POST", path)
            .role("admin")
            .header("content-type", "application/x-ndjson");
        call.body(body).send().await
    }
}

/// Ten and five hundredths by level; silver from 100 of group volume.
pub(crate) const PLAN: &str = r#"
name = "Levels"
currency = "USD"
[[ladders]]
name = "ranks"
[[ladders.ranks]]
name = "silver"
group = "cv"
at_least = "100"
[[plans]]
name = "main"
ladder = "ranks"
[[plans.components]]
name = "levels"
kind = "unilevel"
volume = "cv"
payee = "any"
compression = "none"
rates = ["0.10", "0.05"]
"#;

/// What is read of each item of a list.
pub(crate) fn each(list: &Value, read: impl FnMut(&Value) -> Value) -> Vec<Value> {
    list.as_array().expect("a list").iter().map(read).collect()
}

/// The time of every fact of these tests.
pub(crate) const AT: &str = "2026-01-15T12:00:00Z";

/// An order as an event.
pub(crate) fn order(id: &str, member: &str, cv: &str) -> String {
    serde_json::json!({
        "id": id, "type": "order.accepted", "at": AT,
        "data": { "member": member, "volumes": { "cv": cv }, "amount": "10.00" },
    })
    .to_string()
}

/// An order at another time than the others.
pub(crate) fn dated(id: &str, member: &str, cv: &str, at: &str) -> String {
    let mut event: Value = serde_json::from_str(&order(id, member, cv)).expect("JSON");
    event["at"] = serde_json::json!(at);
    event.to_string()
}
