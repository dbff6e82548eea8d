//! The table of endpoints as README shows it.

use std::fmt::Write;

use crate::api::principal::role_name;
use crate::api::route::{Access, Reach, Route};
use crate::api::routes::ROUTES;

/// Rows of Markdown, one an endpoint.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| endpoint | for | roles | cost |\n|---|---|---|---|\n");
    for route in ROUTES.iter().copied().flatten() {
        writeln!(
            text,
            "| `{} {}` | {} | {} | {} |",
            route.method,
            route.path,
            route.sentence,
            roles(route),
            route.cost
        )
        .expect("writing to a string does not fail");
    }
    text
}

fn roles(route: &Route) -> String {
    match route.access {
        Access::Open => "open".to_owned(),
        Access::Needs { roles, reach } => {
            let names: Vec<&str> = roles.iter().map(|role| role_name(*role)).collect();
            let own = names.contains(&"member") && matches!(reach, Reach::Downline | Reach::Each);
            format!(
                "{}{}",
                names.join(", "),
                if own { " (own downline)" } else { "" }
            )
        }
    }
}
