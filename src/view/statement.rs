//! A member's money of one period: lines, what he brought into it, what is paid, what is carried on.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::money::RATE_ONE;
use crate::plan::run::{Account, Line, Payment};
use crate::view::era::{Asked, PeriodState};
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::money::Money;
use crate::view::payout::Payout;
use crate::view::runs::{Frozen, LineOf};

/// A member's statement for one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Statement {
    /// The member's id.
    pub member: String,
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// Where the period stands.
    pub state: PeriodState,
    /// Whether it is paid as it stands here; until then it is what it would come to now.
    pub frozen: bool,
    /// Id of the plan set.
    pub plan_set: String,
    /// Its version.
    pub version: u32,
    /// Amounts that are not nothing, in the order of the set, and behind them what is taken back of earlier periods.
    pub lines: Vec<StatementLine>,
    /// The lines in the currency he is paid in added up.
    pub total: Money,
    /// What the run before carried: below zero what is owed, above it what was held back.
    pub brought_forward: Money,
    /// Label of the period whose run that was; none before the first.
    pub brought_from: Option<String>,
    /// What is paid: total and balance brought forward, where they are above zero.
    pub payable: Money,
    /// What the next run begins with: the same where they are below zero, or held back.
    pub carried_forward: Money,
    /// Whether what would be paid is held back, while the member is suspended or terminated.
    pub held: bool,
    /// What is carried in other currencies, from plan sets before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_balances: Vec<Money>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatementLine {
    /// Name of the component.
    pub component: String,
    /// Label of the earlier period of which it takes something back, because orders of it were refunded, in the currency and
    /// by the table of that period; none of one that pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clawback_of: Option<String>,
    /// What counts: after the company's factor, in the currency he is paid in, rounded once to its minor unit.
    pub amount: Money,
    /// The amount as the component pays it, in the plan set's currency: at most six places.
    pub exact: String,
    /// What the company's ceiling multiplies it by; none where it stays as it is.
    pub company_factor: Option<String>,
    /// The exact amount after that, rounded down to six places.
    pub after_factor: Option<String>,
}

/// What a statement is made of.
pub struct Parts<'p> {
    /// What the lines share.
    pub frozen: &'p Frozen,
    /// The member's lines.
    pub lines: &'p [Line],
    /// His accounts.
    pub accounts: &'p [Account],
    /// Label of the run before.
    pub brought_from: Option<String>,
    /// Whether it is paid.
    pub is_paid: bool,
}

impl Parts<'_> {
    /// The currency he is paid in: that of his lines, or of what else he has; the plan set's where there is nothing.
    fn currency(&self) -> &str {
        let mut paid = self.lines.iter();
        let of_lines = paid
            .find(|line| line.component < self.frozen.components.len())
            .map(|line| self.frozen.currency(line.currency));
        let of_accounts = self.accounts.first().map(|own| own.currency.as_str());
        of_lines
            .or(of_accounts)
            .unwrap_or_else(|| self.frozen.currency(0))
    }
}

/// A statement from its parts. O(lines).
///
/// # Errors
/// An unknown member.
///
/// # Panics
/// If no plan set is in force for the period.
pub fn of(
    lens: &Lens<'_>,
    asked: Asked,
    id: &str,
    parts: Parts<'_>,
) -> Result<Statement, ViewError> {
    let member = lens.member(id, "member")?;
    let plan = lens.state.plan_of(asked.period, asked.ordinal);
    let (version, _) = plan.expect("a plan set is in force for what is paid");
    let currency = parts.currency();
    let accounts = parts.accounts.iter();
    let own = accounts.clone().find(|own| own.currency == currency);
    let nothing = Account {
        member,
        currency: currency.into(),
        earned: 0,
        brought: 0,
        held: false,
    };
    let own = own.unwrap_or(&nothing);
    let others = accounts.filter(|other| other.currency != currency);
    Ok(Statement {
        member: id.to_owned(),
        period_type: lens.period_type_name(asked.period),
        period: lens.label(asked.period, asked.ordinal),
        state: PeriodState::at(lens.state, asked.period, asked.ordinal),
        frozen: parts.is_paid,
        plan_set: version.set.to_string(),
        version: version.version,
        lines: parts
            .lines
            .iter()
            .map(|of| line(parts.frozen, of))
            .collect(),
        total: Money::of(own.earned, currency),
        brought_forward: Money::of(own.brought, currency),
        brought_from: parts.brought_from.clone(),
        payable: Money::of(own.payable(), currency),
        carried_forward: Money::of(own.carried(), currency),
        held: own.held,
        other_balances: others
            .map(|other| Money::of(other.carried(), &other.currency))
            .collect(),
    })
}

fn line(frozen: &Frozen, line: &Line) -> StatementLine {
    let LineOf {
        component,
        factor,
        clawback_of,
    } = frozen.line_of(line.component);
    let cut = factor.0 < RATE_ONE;
    StatementLine {
        component: component.to_owned(),
        clawback_of: clawback_of.map(str::to_owned),
        amount: Money::of(line.minor, frozen.currency(line.currency)),
        exact: line.exact.to_string(),
        company_factor: cut.then(|| factor.to_string()),
        after_factor: cut.then(|| line.after.to_string()),
    }
}

/// What a period that is not paid would come to for a member now.
///
/// # Errors
/// An unknown member.
///
/// # Panics
/// If his account leaves the range, which is looked at before.
pub fn live(
    payout: &Payout,
    id: &str,
    payment: Payment<'_>,
    brought_from: Option<String>,
) -> Result<Statement, ViewError> {
    let lens = payout.lens();
    let member = lens.member(id, "member")?;
    let (set, pass) = (&payout.set, &payout.pass);
    let components = set.components.iter().enumerate();
    let sources = payout.reversed.sources.iter();
    let frozen = Frozen {
        currencies: payment
            .currencies()
            .iter()
            .map(ToString::to_string)
            .collect(),
        components: components
            .map(|(index, entry)| (entry.name.to_string(), pass.factor(set, index)))
            .collect(),
        sources: sources
            .map(|of| (of.component.to_string(), of.period.to_string()))
            .collect(),
    };
    let lines: Vec<Line> = payment.lines_of(member).collect();
    let accounts: Vec<Account> = payment.accounts_of(member);
    let parts = Parts {
        frozen: &frozen,
        lines: &lines,
        accounts: &accounts,
        brought_from,
        is_paid: false,
    };
    of(&lens, payout.asked, id, parts)
}
