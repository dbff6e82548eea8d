//! The table of who leads: group volume of the current period in the enroller tree, how it moves, and what it earns.

use std::cmp::Reverse;
use std::fmt::Write;
use std::sync::Arc;

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member};
use crate::base::number::Volume;
use crate::cli::output::grouped;
use crate::engine::state::State;
use crate::plan::set::PlanSet;
use crate::runtime::handle::Handle;
use crate::view::commissions;
use crate::view::era::Asked;
use crate::view::payout::Payout;

/// Rows of the table.
const ROWS: usize = 10;
/// The period type and the volume kind shown: the first of each.
const PERIOD: usize = 0;
const KIND: usize = 0;

/// One leader at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    member: Member,
    id: String,
    group: Volume,
    downline: u32,
    active: u32,
    /// What the period has earned him so far, when the leaders were last chosen.
    earns: String,
}

/// The table, with what it showed last.
#[derive(Debug, Default)]
pub struct Leaders {
    members: Vec<(Member, String)>,
    last: Vec<Row>,
    period: String,
    lines: usize,
}

impl Leaders {
    /// Decides anew who leads. Costs a step for each member, on a state that nobody waits for.
    pub async fn choose(&mut self, handle: &Handle) {
        let state = handle.fork(0).await;
        let asked = Asked {
            period: PERIOD,
            ordinal: state.periods.get(PERIOD).current(),
        };
        let runtime = handle.clone();
        let (members, set) = handle
            .heavy(move || (top(&state), plans(&runtime, &state)))
            .await;
        let payout = match set {
            Some(set) => handle.payout(asked, set, 0).await.ok(),
            None => None,
        };
        let earns = |member: Member| {
            payout
                .as_deref()
                .map_or_else(String::new, |of| earned(of, member))
        };
        self.members = members
            .into_iter()
            .map(|member| (member, earns(member)))
            .collect();
    }

    /// The table as it is now, for a terminal: drawn over the last one.
    #[must_use]
    pub fn drawn(&mut self, handle: &Handle, told: u64) -> String {
        let (rows, period, time) = self.read(handle);
        let mut text = String::new();
        if self.lines > 0 {
            write!(text, "\x1b[{}F", self.lines).expect("a text takes any text");
        }
        let mut lines = vec![
            format!(
                "{period}   machine time {time}   {} facts told live",
                grouped(told)
            ),
            format!(
                "{:<12} {:>16} {:>14} {:>9} {:>9} {:>12}",
                "member", "group volume", "moved", "downline", "active", "earns"
            ),
        ];
        for row in &rows {
            lines.push(format!(
                "{:<12} {:>16} {:>14} {:>9} {:>9} {:>12}",
                row.id,
                shown(row.group),
                self.moved(row),
                grouped(u64::from(row.downline)),
                grouped(u64::from(row.active)),
                row.earns,
            ));
        }
        lines.resize(ROWS + 2, String::new());
        for line in &lines {
            writeln!(text, "\x1b[2K{line}").expect("a text takes any text");
        }
        self.lines = lines.len();
        self.keep(rows, period);
        text
    }

    /// The first three in one plain line.
    #[must_use]
    pub fn line(&mut self, handle: &Handle, told: u64) -> String {
        let (rows, period, time) = self.read(handle);
        let mut text = format!("{period} {time} told={told}");
        for row in rows.iter().take(3) {
            let (id, group, earns) = (&row.id, row.group, &row.earns);
            write!(text, "  {id}={group} ({}) earns {earns}", self.moved(row))
                .expect("a text takes any text");
        }
        self.keep(rows, period);
        text
    }

    fn read(&self, handle: &Handle) -> (Vec<Row>, String, String) {
        handle.read(|state| {
            let mut rows: Vec<Row> = self
                .members
                .iter()
                .map(|(member, earns)| row(state, *member, earns))
                .collect();
            rows.sort_by_key(|row| (Reverse(row.group), row.member));
            let periods = state.periods.get(PERIOD);
            (
                rows,
                periods.label(periods.current()).to_string(),
                state.as_of_time.to_string(),
            )
        })
    }

    /// What a leader's volume gained since he was shown last; nothing at the start of a period.
    fn moved(&self, row: &Row) -> String {
        let before = self.last.iter().find(|last| last.member == row.member);
        match before {
            Some(last) if row.group > last.group => {
                format!("+{}", Volume(row.group.0 - last.group.0))
            }
            _ => String::new(),
        }
    }

    fn keep(&mut self, rows: Vec<Row>, period: String) {
        self.last = rows;
        self.period = period;
    }
}

/// A volume with its thousands apart.
fn shown(volume: Volume) -> String {
    let text = volume.to_string();
    let (whole, part) = text.split_once('.').expect("volumes show their places");
    match whole.parse() {
        Ok(whole) => format!("{}.{part}", grouped(whole)),
        Err(_) => text,
    }
}

fn row(state: &State, member: Member, earns: &str) -> Row {
    let forest = &state.forest;
    Row {
        member,
        id: state.members.id(member).to_string(),
        group: Volume(forest.group(ENROLLER_TREE, member, PERIOD, KIND)),
        downline: forest.downline(ENROLLER_TREE, member),
        active: forest.active_downline(ENROLLER_TREE, member),
        earns: earns.to_owned(),
    }
}

/// The plan set that counts for the running period.
fn plans(handle: &Handle, state: &State) -> Option<Arc<PlanSet>> {
    let (version, rules) = state.plan_of(PERIOD, state.periods.get(PERIOD).current())?;
    handle.plan_set(version, rules).ok()
}

/// What a period has earned a member so far.
fn earned(payout: &Payout, member: Member) -> String {
    let made = commissions::of_member(&payout.worked(), &payout.lens().id(member));
    made.map_or_else(|_| String::new(), |made| made.total.amount)
}

/// The members with the greatest group volumes; ties by number.
fn top(state: &State) -> Vec<Member> {
    let group = |member: Member| state.forest.group(ENROLLER_TREE, member, PERIOD, KIND);
    let mut best: Vec<(Reverse<i64>, Member)> = (COMPANY + 1..state.members.len())
        .map(|member| (Reverse(group(member)), member))
        .collect();
    let rows = ROWS.min(best.len());
    if rows < best.len() {
        best.select_nth_unstable(rows);
    }
    best.truncate(rows);
    best.sort_unstable();
    best.into_iter().map(|(_, member)| member).collect()
}
