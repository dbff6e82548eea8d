//! A plan document as a whole: read, checked against the rules of a network, and compiled to a plan set.

use crate::base::after_close::AfterClose;
use crate::base::ids::{Text, check_id};
use crate::base::limits::PERIOD_TYPES_MAX;
use crate::document::names::{check_name, check_unique};
use crate::document::plan::known::{KnownComponent, KnownLadder, Network, Ranks};
use crate::document::plan::settings::{self, Place};
use crate::document::plan::{component, currency, kinds, ladder};
use crate::document::problem::{Problem, did_you_mean};
use crate::document::reader::{self, Field, Section};
use crate::engine::plans::LateRefunds;
use crate::engine::rules::Rules;
use crate::plan::set::{CompanyCap, ENTRIES_MAX, Entry, Plan, PlanSet};

/// Reads and checks a plan document for a network with these rules. The rules' calendars do not matter.
///
/// # Errors
/// Every problem found, in order of lines.
///
/// # Cost
/// The document's length; names are compared with each other, at most 64 x 64 of them.
pub fn parse(text: &str, rules: &Rules) -> Result<PlanSet, Vec<Problem>> {
    reader::read(text, |root| read_root(root, Network::of(rules)))
}

/// The plans of a document with all that the parts of it refer to.
struct Outline<'a, 't> {
    network: &'a Network<'a>,
    ladders: &'a [KnownLadder],
    components: Vec<KnownComponent>,
    plans: Vec<Section<'a, 't>>,
}

fn read_root(root: &Section, network: Network) -> Option<PlanSet> {
    root.only(&[
        "name",
        "currency",
        "exchange",
        "kinds",
        "ladders",
        "plans",
        "company_cap",
        "refunds_after_close",
    ]);
    let name = read_title(root);
    let currency = currency::read(root);
    let exchange = currency::read_exchange(root);
    kinds::read(root, &network);
    let plans = read_list(root);
    let listed = plans.iter().flat_map(components_of);
    let sections = listed.filter_map(|field| field.as_section());
    let listed: Vec<KnownComponent> = sections
        .map(|section| KnownComponent::of(&section, &network))
        .collect();
    let (ladders, known_ladders) = ladder::read(root, &network, &listed);
    let outline = Outline {
        network: &network,
        ladders: &known_ladders,
        components: listed,
        plans,
    };
    let (plans, components) = outline.read();
    let company_cap = root
        .field("company_cap")
        .map_or(Some(None), |field| outline.read_cap(&field).map(Some));
    let after_close = read_after_close(root);
    Some(PlanSet {
        name: name?,
        currency: currency?,
        exchange: exchange?,
        kinds: network.derived(),
        ladders,
        plans,
        components,
        company_cap: company_cap?,
        after_close: after_close?,
    })
}

fn read_title(root: &Section) -> Option<Text> {
    let allowed = "1 to 64 printable characters, without white space at an end";
    let field = root.required("name", allowed)?;
    let text = field.text(allowed)?;
    if check_id(text).is_err() {
        field.refuse(allowed, None);
        return None;
    }
    Some(Text::from(text))
}

fn read_after_close(root: &Section) -> Option<AfterClose> {
    let Some(field) = root.field("refunds_after_close") else {
        return Some(AfterClose::default());
    };
    let allowed = AfterClose::ALL.map(AfterClose::name);
    let given = field.text(&allowed.join(", "))?;
    let known = AfterClose::ALL.into_iter().find(|one| one.name() == given);
    if known.is_none() {
        field.refuse(&allowed.join(", "), did_you_mean(given, allowed));
    }
    known
}

/// What a set says of refunds that enter a later period than their orders did, for the log.
#[must_use]
pub fn late_refunds(set: &PlanSet) -> LateRefunds {
    let falls_apart = (0..PERIOD_TYPES_MAX).filter(|&period| set.falls_apart(period));
    LateRefunds {
        after_close: set.after_close,
        reversed: falls_apart.fold(0, |bits, period| bits | 1 << period),
    }
}

/// The sections of the plans.
fn read_list<'a, 't>(root: &Section<'a, 't>) -> Vec<Section<'a, 't>> {
    let allowed = format!("a list [[plans]] of 1 to {ENTRIES_MAX} plans");
    let Some(field) = root.required("plans", &allowed) else {
        return Vec::new();
    };
    let fields = field.list(&allowed).unwrap_or_default();
    if field.as_list().is_some() && (fields.is_empty() || fields.len() > ENTRIES_MAX) {
        field.refuse(&allowed, None);
    }
    let sections = fields
        .iter()
        .map(|field| field.section("a table with name and components"));
    sections.flatten().collect()
}

/// The components of a plan, without a note.
fn components_of<'a, 't>(plan: &Section<'a, 't>) -> Vec<Field<'a, 't>> {
    let field = plan.field("components");
    field.and_then(|field| field.as_list()).unwrap_or_default()
}

impl Outline<'_, '_> {
    fn read(&self) -> (Vec<Plan>, Vec<Entry>) {
        let (mut plans, mut entries): (Vec<Plan>, Vec<Entry>) = (Vec::new(), Vec::new());
        let mut index = 0;
        for (number, section) in self.plans.iter().enumerate() {
            section.only(&["name", "ladder", "components"]);
            let name = section.required("name", "a name such as \"main\"");
            let name = name.and_then(|field| {
                let text = check_name(&field)?;
                let others = plans.iter().map(|plan| plan.name.as_str());
                check_unique(&field, &text, others).then_some(text)
            });
            let ranks = self.read_ladder(section);
            let shown = section.field("name").and_then(|field| field.as_text());
            self.check_list(section, index);
            for field in components_of(section) {
                let Some(section) = field.section("a table with name and kind") else {
                    continue;
                };
                let place = Place {
                    network: self.network,
                    plan: shown.unwrap_or_default(),
                    ranks,
                    components: &self.components,
                    index,
                    period: self.components[index].period,
                };
                entries.extend(component::read(&section, number, &place));
                index += 1;
            }
            // A refused name takes its place too, so that plans keep their numbers; nobody sees it.
            plans.push(Plan {
                name: name.unwrap_or_default(),
                ladder: match ranks {
                    Ranks::Of(ladder, _) => Some(ladder),
                    Ranks::Nothing | Ranks::Unknown => None,
                },
            });
        }
        (plans, entries)
    }

    fn read_ladder(&self, plan: &Section) -> Ranks<'_> {
        let Some(field) = plan.field("ladder") else {
            return Ranks::Nothing;
        };
        let names = self
            .ladders
            .iter()
            .filter_map(|known| known.name.as_deref());
        let names: Vec<&str> = names.collect();
        let allowed = if names.is_empty() {
            "nothing, since the document has no [[ladders]]".to_owned()
        } else {
            names.join(", ")
        };
        let Some(given) = field.text(&allowed) else {
            return Ranks::Unknown;
        };
        let mut ladders = self.ladders.iter();
        match ladders.position(|known| known.name.as_deref() == Some(given)) {
            Some(at) => Ranks::Of(at, &self.ladders[at]),
            None => {
                field.refuse(&allowed, did_you_mean(given, names));
                Ranks::Unknown
            }
        }
    }

    /// Notes a plan whose list of components is none, is empty, or goes over what a document may have in all.
    fn check_list(&self, plan: &Section, before: usize) {
        let allowed = format!(
            "a list [[plans.components]] of at least 1 component; all plans have at most {ENTRIES_MAX}"
        );
        let Some(field) = plan.required("components", &allowed) else {
            return;
        };
        let Some(fields) = field.list(&allowed) else {
            return;
        };
        // Only the plan that goes over is told so, not those behind it.
        let over = before <= ENTRIES_MAX && before + fields.len() > ENTRIES_MAX;
        if fields.is_empty() || over {
            field.refuse(&allowed, None);
        }
    }

    fn read_cap(&self, field: &Field) -> Option<CompanyCap> {
        let section = field.section("a table with volume, rate and components")?;
        section.only(&["volume", "rate", "components"]);
        let volume = self.network.volume_or_only(&section, "volume");
        let rate = section.required("rate", "a rate above 0, such as \"0.60\"");
        let rate = rate.and_then(|field| field.rate_above_zero());
        let components = self.capped(&section);
        Some(CompanyCap {
            volume: volume?,
            rate: rate?,
            components: components?,
        })
    }

    /// The components that the company's cap is over.
    fn capped(&self, section: &Section) -> Option<Vec<usize>> {
        let allowed = "a list of names of components, each once, at least one";
        let list = section.required("components", allowed)?;
        let fields = list.list(allowed)?;
        if fields.is_empty() {
            list.refuse(allowed, None);
            return None;
        }
        let mut found: Vec<usize> = Vec::new();
        for field in &fields {
            let Some(index) = settings::component(field, &self.components) else {
                continue;
            };
            // One whose own period is refused is told so there.
            let other = |known: &usize| {
                let periods = [*known, index].map(|index| self.components[index].period);
                periods[0] != periods[1] && periods.iter().all(Option::is_some)
            };
            if found.contains(&index) {
                field.refuse(allowed, Some("it is named twice".to_owned()));
            } else if found.iter().any(other) {
                let hint = "the volume of one period caps them all".to_owned();
                field.refuse("components of one period type", Some(hint));
            }
            found.push(index);
        }
        Some(found)
    }
}
