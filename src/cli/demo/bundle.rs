//! The network that comes with the program: pseudonymous facts of a real one, in as many copies as are asked for.

use std::fmt::Write;
use std::sync::Arc;

use crate::cli::import::plan::Request;
use crate::cli::import::table::Source;

const MEMBERS: &str = include_str!("../../../tests/data/real-network/members.csv");
const ORDERS: &str = include_str!("../../../tests/data/real-network/orders.csv");

/// Members of the real network.
pub const REAL: usize = 4_016;

/// Files of a network of `members`: the first so many of the real one, and for more than that copies of it whose roots
/// were enrolled by the real root. Member `M00002` of copy 3 is `M00002-3`.
#[must_use]
pub fn request(members: usize) -> Request {
    let (mut people, mut sales) = (String::new(), String::new());
    let (people_head, people_rows) = rows(MEMBERS);
    let (sales_head, sales_rows) = rows(ORDERS);
    writeln!(people, "{people_head}").expect("a text takes any text");
    writeln!(sales, "{sales_head}").expect("a text takes any text");
    for copy in 0..members.div_ceil(REAL) {
        let taken = (members - copy * REAL).min(REAL);
        let mark = if copy == 0 {
            String::new()
        } else {
            format!("-{copy}")
        };
        for row in people_rows.lines().take(taken) {
            let [member, enroller, rest] = parts(row);
            let above = match (enroller.is_empty(), copy) {
                (true, 0) => String::new(),
                (true, _) => ROOT.to_owned(),
                // One joined before his enroller did; where the enroller is left out, the root takes his place.
                (false, _) if number(enroller) > taken => format!("{ROOT}{mark}"),
                (false, _) => format!("{enroller}{mark}"),
            };
            writeln!(people, "{member}{mark},{above},{rest}").expect("a text takes any text");
        }
        for row in sales_rows.lines() {
            let [order, member, rest] = parts(row);
            if number(member) <= taken {
                writeln!(sales, "{order}{mark},{member}{mark},{rest}")
                    .expect("a text takes any text");
            }
        }
    }
    let source = |name, text: String| Some(Source::Bytes(name, Arc::from(text.into_bytes())));
    Request {
        members: source("bundled members", people),
        orders: source("bundled orders", sales),
        ..Request::default()
    }
}

/// The real network's root.
const ROOT: &str = "M00001";

fn rows(text: &'static str) -> (&'static str, &'static str) {
    text.split_once('\n').expect("a head and rows")
}

/// A row's first two fields and the rest of it.
fn parts(row: &str) -> [&str; 3] {
    let (first, rest) = row.split_once(',').expect("three fields");
    let (second, rest) = rest.split_once(',').expect("three fields");
    [first, second, rest]
}

/// The number in an id such as `M00042`; rows of members stand in its order.
fn number(id: &str) -> usize {
    id.get(1..)
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(usize::MAX)
}
