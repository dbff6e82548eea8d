//! Tokens: who may ask what.

use crate::api::body;
use crate::api::error::Origin;
use crate::api::facts;
use crate::api::parse::event::flat;
use crate::api::parse::json;
use crate::api::parse::names::Names;
use crate::api::parse::token::{CREATED, REVOKED};
use crate::api::principal::{ADMIN, token_text};
use crate::api::problem::{Code, Problem, internal};
use crate::api::route::{Access, Answer, Ask, Failed, Reach, Route, Run, Running, Shapes, Task};
use crate::api::shapes::{KeyOnlyBody, NewToken, TokenBody};
use crate::view::tokens;

const ACCESS: Access = Access::Needs {
    roles: ADMIN,
    reach: Reach::Company,
};

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/tokens",
        access: ACCESS,
        cost: "O(tokens)",
        sentence: "All tokens: role, member, times; never a secret.",
        run: Run::Read(list),
        shapes: Shapes::answer::<tokens::TokensAnswer>(),
    },
    Route {
        method: "POST",
        path: "/v1/tokens",
        access: ACCESS,
        cost: "O(log tokens)",
        sentence: "Make a token; the answer is the only place where its secret is ever told.",
        run: Run::Task(create),
        shapes: Shapes::told::<TokenBody, NewToken>(),
    },
    Route {
        method: "POST",
        path: "/v1/tokens/{id}/revoke",
        access: ACCESS,
        cost: "O(log tokens)",
        sentence: "End a token, from the next command on.",
        run: Run::Fact {
            event: &REVOKED,
            path: &[("id", "token")],
        },
        shapes: Shapes::told::<KeyOnlyBody, facts::FactReceipt>(),
    },
];

fn list(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    Ok(Answer::of(tokens::list(ask.state)))
}

fn create(task: Task) -> Running {
    Box::pin(async move {
        let Task {
            api, call, body, ..
        } = task;
        facts::expect_json(&call)?;
        let bytes = body::whole(body).await?;
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|_| internal())?;
        let secret = hex(&secret);
        let hash = blake3::hash(secret.as_bytes()).to_hex();
        let command = flat(
            &json::read(&bytes)?,
            &Names::default(),
            &facts::known(&call, &CREATED, &[("hash", hash.as_str())]),
        )?;
        // The id travels in a header with every request its holder makes.
        if !command.id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Problem::new(
                Code::BadId,
                "A token's id has only ASCII characters, and no blanks.",
            )
            .field("id")
            .given(&command.id));
        }
        let id = command.id.to_string();
        let receipt = facts::tell(&api, command, Origin::default()).await?;
        let made = NewToken {
            seq: receipt.seq,
            token: token_text(&id, &secret),
            id,
        };
        Ok(facts::receipt_response(&made, receipt.repeated))
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
