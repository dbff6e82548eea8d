//! What a table can ask to see: a tree with its figures, a member, an order, periods, tokens.

use arborline::base::ids::Seat;
use arborline::base::number::Volume;
use arborline::book::forest::Forest;
use arborline::engine::overrides::Override;
use arborline::engine::periods::Stage;
use arborline::engine::rules::Rules;
use arborline::engine::state::State;

/// A book to look into.
struct Look<'a> {
    state: &'a State,
    forest: &'a Forest,
    /// The rules it is kept by.
    rules: &'a Rules,
    period: usize,
}

/// Answers `show ...`, one line a fact.
pub(super) fn show(state: &State, words: &[&str]) -> Vec<String> {
    let period = |name: &str| {
        let rules = state.rules.as_ref().expect("a network");
        rules.period_type(name).expect("a period type")
    };
    let look = |forest, rules, period| Look {
        state,
        forest,
        rules,
        period,
    };
    match words {
        ["tree", tree] => {
            let rules = state.rules.as_ref().expect("a network");
            whole(&look(&state.forest, rules, 0), tree)
        }
        ["tree", tree, of] => {
            let rules = state.rules.as_ref().expect("a network");
            whole(&look(&state.forest, rules, period(of)), tree)
        }
        ["branch", of, tree] => {
            let branch = state.periods.get(period(of)).branch.as_ref();
            branch.map_or(vec!["none".into()], |branch| {
                whole(&look(&branch.forest, &branch.rules, period(of)), tree)
            })
        }
        ["closed", of, tree] => {
            let closed = state.periods.get(period(of)).closed();
            closed.map_or(vec!["none".into()], |book| {
                whole(&look(&book.forest, &book.rules, period(of)), tree)
            })
        }
        ["pending"] => vec![state.pending.as_ref().map_or("none".into(), |pending| {
            format!("told by {} for {}", pending.seq, pending.begins.at)
        })],
        ["member", id] => member(state, id),
        ["order", id] => order(state, id),
        ["periods"] => periods(state),
        ["tokens"] => {
            let line = |t: &arborline::engine::tokens::Token| {
                format!(
                    "{} {:?} member {:?} revoked {:?}",
                    t.id, t.role, t.member, t.revoked
                )
            };
            state.tokens.iter().map(line).collect()
        }
        ["plans"] => plans(state),
        ["runs"] => runs(state),
        ["overrides"] => overrides(state),
        ["tank", tree] => {
            let tree = tree_of(state, tree);
            let waiting = state.forest.waiting(tree);
            let ids = waiting.map(|seat| seat_name(state, &state.forest, tree, seat));
            vec![ids.collect::<Vec<_>>().join(" ")]
        }
        ["time"] => vec![format!(
            "{} next {:?}",
            state.as_of_time,
            state.next_timer().map(|time| time.to_string())
        )],
        other => panic!("nothing to show: {other:?}"),
    }
}

/// Books that are due by type, then every run.
fn runs(state: &State) -> Vec<String> {
    let rules = state.rules.as_ref().expect("a network");
    let types = state.periods.iter().zip(&rules.period_types);
    let mut lines: Vec<String> = types
        .map(|(periods, rules)| {
            let due = periods.due();
            let due = due.map(|book| format!(" {} by {}", periods.label(book.ordinal), book.seq));
            format!("due {}:{}", rules.name, due.collect::<String>())
        })
        .collect();
    lines.extend(state.runs.iter().map(|run| {
        let label = state.periods.get(run.period_type).label(run.ordinal);
        let (name, posted) = (format!("{label} {} {}", run.set, run.version), run.posted);
        let (digest, totals) = (run.digest[0], &run.totals);
        format!(
            "{name} digest {digest} {} lines to {} {totals:?} seq {} closed {} posted {posted}",
            run.lines, run.payees, run.seq, run.closed
        )
    }));
    lines
}

/// Every version, then what counts for each period that has begun and the next.
fn overrides(state: &State) -> Vec<String> {
    let line = |one: &Override| {
        let rules = state.rules.as_ref().expect("a network");
        format!(
            "seq {} {} {} {} {} {:?} {}",
            one.seq,
            state.members.id(one.member),
            one.ladder,
            one.rank.as_deref().unwrap_or("nothing"),
            rules.period_types[one.period_type].name,
            one.first..=one.last,
            one.reason
        )
    };
    state.overrides.all().iter().map(line).collect()
}

fn plans(state: &State) -> Vec<String> {
    let versions = state.plans.versions().iter();
    let mut lines: Vec<String> = versions
        .map(|one| {
            let (document, time) = (one.document[0], one.drafted);
            let name = format!("{} {}", one.set, one.version);
            format!("{name} document {document} seq {} at {time}", one.seq)
        })
        .collect();
    let rules = state.rules.as_ref().expect("a network");
    for (periods, rules) in state.periods.iter().zip(&rules.period_types) {
        let ahead = periods.len().min(periods.current() + 2);
        let each = (periods.first()..ahead).map(|ordinal| {
            let (start, end) = (periods.start(ordinal), periods.end(ordinal));
            let counts = state.plans.in_force(start, end);
            let counts = counts.map_or("nothing".to_owned(), |version| {
                format!("{} {}", version.set, version.version)
            });
            format!("{} {counts}", periods.label(ordinal))
        });
        let each = each.collect::<Vec<_>>().join(", ");
        lines.push(format!("{}: {each}", rules.name));
    }
    lines
}

fn tree_of(state: &State, name: &str) -> usize {
    let rules = state.rules.as_ref().expect("a network");
    rules.tree(name).expect("a tree")
}

fn whole(look: &Look<'_>, tree: &str) -> Vec<String> {
    let Some(tree) = look.rules.tree(tree) else {
        return vec!["no such tree".into()];
    };
    let forest = look.forest;
    let mut lines = Vec::new();
    let tops: Vec<Seat> = forest.roots(tree).chain(forest.waiting(tree)).collect();
    if forest.group(tree, 0, look.period, 0) != 0 {
        lines.push(format!("company {}", figures(look, tree, 0)));
    }
    for top in tops {
        below(look, tree, top, 0, &mut lines);
    }
    lines
}

fn below(look: &Look<'_>, tree: usize, seat: Seat, depth: usize, lines: &mut Vec<String>) {
    let forest = look.forest;
    let mut line = "  ".repeat(depth);
    if forest.leg(tree, seat) != 0 {
        line.push_str(&format!("{}:", forest.leg(tree, seat)));
    }
    line.push_str(&seat_name(look.state, forest, tree, seat));
    if forest.is_waiting(tree, seat) {
        line.push_str(" waits");
    }
    let standing = forest.standing(tree, seat);
    if !standing.counted {
        line.push_str(" uncounted");
    }
    if standing.active {
        line.push_str(" active");
    }
    lines.push(format!("{line} {}", figures(look, tree, seat)));
    for child in forest.children(tree, seat) {
        below(look, tree, child, depth + 1, lines);
    }
}

fn seat_name(state: &State, forest: &Forest, tree: usize, seat: Seat) -> String {
    let owner = forest.owner(tree, seat);
    let id = state.members.id(owner);
    match state.members.centre_of(owner, tree, seat) {
        Some(1) => id.to_string(),
        centre => format!("{id}.{}", centre.expect("his own seat")),
    }
}

fn figures(look: &Look<'_>, tree: usize, seat: Seat) -> String {
    let (forest, period) = (look.forest, look.period);
    let all = |of: &dyn Fn(usize) -> i64| {
        let each = (0..look.rules.kinds.len()).map(|kind| Volume(of(kind)).to_string());
        each.collect::<Vec<_>>().join("/")
    };
    format!(
        "own {} group {} down {}/{} front {}/{}",
        all(&|kind| forest.own(tree, seat, period, kind)),
        all(&|kind| forest.group(tree, seat, period, kind)),
        forest.active_downline(tree, seat),
        forest.downline(tree, seat),
        forest.active_frontline(tree, seat),
        forest.frontline(tree, seat),
    )
}

fn member(state: &State, id: &str) -> Vec<String> {
    let members = &state.members;
    let member = members.find(id).expect("a member");
    let by = members.enrolled_by(member).map(|by| members.id(by));
    let until = members.active_until(member).map(|time| time.to_string());
    vec![
        format!(
            "{:?} {:?} by {by:?} enrolled {} joined {} seq {} until {until:?}",
            members.kind(member),
            members.status(member),
            members.enrolled(member),
            members.joined(member),
            members.first_seq(member),
        ),
        format!(
            "{:?} {:?} {:?} tags {:?} leg {:?} centres {:?}",
            members.country(member),
            members.currency(member),
            members.zone(member),
            members.tags(member),
            members.default_leg(member),
            (1..state.forest.trees())
                .map(|tree| members.centres(member, tree))
                .collect::<Vec<_>>(),
        ),
        {
            let last = members.last_order(member);
            let orders = state.orders.newest_first(last);
            let ids = orders.map(|order| state.orders.id(order).to_string());
            format!("orders {}", ids.collect::<Vec<_>>().join(" "))
        },
    ]
}

fn order(state: &State, id: &str) -> Vec<String> {
    let orders = &state.orders;
    let Some(order) = orders.find(id) else {
        return vec!["none".into()];
    };
    let row = orders.row(order);
    let mut lines = vec![
        format!(
            "by {}.{} credited {} trees {:b} periods {:b} at {} received {} seq {}",
            state.members.id(row.buyer),
            row.centre,
            state.members.id(row.credited),
            row.trees,
            row.periods,
            row.at,
            row.received,
            row.seq
        ),
        format!(
            "{} amount {} {:?} class {:?} lines {}",
            volumes(&orders.volumes(order)),
            row.amount,
            orders.currency(order),
            orders.class(order),
            orders.lines(order).len()
        ),
    ];
    for refund in state.corrections.of_order(orders.last_refund(order)) {
        let row = state.corrections.row(refund);
        lines.push(format!(
            "refund {}: {} amount {} periods {:b}",
            state.facts.id(row.fact),
            volumes(&state.corrections.volumes(refund)),
            row.amount,
            row.periods
        ));
    }
    lines
}

fn volumes(volumes: &arborline::base::volumes::Volumes) -> String {
    format!("cv {} pv {}", volumes.get(0), volumes.get(1))
}

fn periods(state: &State) -> Vec<String> {
    let rules = state.rules.as_ref().expect("a network");
    let types = rules.period_types.iter().zip(state.periods.iter());
    let line = |(rules, periods): (
        &arborline::engine::rules::PeriodType,
        &arborline::engine::periods::PeriodState,
    )| {
        let stages = (0..periods.len()).filter_map(|ordinal| {
            let stage = periods.stage(ordinal);
            (stage != Stage::Ahead).then(|| format!("{} {stage:?}", periods.label(ordinal)))
        });
        let stages = stages.collect::<Vec<_>>().join(", ");
        format!(
            "{}: {stages}; total cv {}",
            rules.name,
            Volume(periods.totals()[0])
        )
    };
    types.map(line).collect()
}
