//! Settings of components, read by their forms: no kind of component has code of its own here.

use std::collections::BTreeMap;

use crate::base::ids::Text;
use crate::base::money::{Micros, Rate};
use crate::base::number::Volume;
use crate::document::plan::kinds::{classes, classes_text};
use crate::document::plan::known::{KnownComponent, KnownLadder, Network, Ranks, rank, rank_named};
use crate::document::problem::did_you_mean;
use crate::document::reader::{Field, Section};
use crate::plan::component::Kind;
use crate::plan::setting::{
    Band, Boundary, Default, Form, LEVELS_MAX, SAME_OR_HIGHER, STEPS_MAX, Setting, Step, Value,
    Values,
};

/// Shares that a rank may have.
const SHARES_MAX: i64 = 1_000_000;

/// What the settings of a component may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The network.
    pub network: &'a Network<'a>,
    /// Name of its plan.
    pub plan: &'a str,
    /// The ranks of its plan.
    pub ranks: Ranks<'a>,
    /// Every component of the document.
    pub components: &'a [KnownComponent],
    /// Which of them it is.
    pub index: usize,
    /// Its period type, if that is right.
    pub period: Option<usize>,
}

/// Reads the settings of a component's kind. All problems are noted; none is returned where there is one.
pub fn read(section: &Section, kind: &Kind, place: &Place) -> Option<Values> {
    let (mut values, mut sound) = (Values(BTreeMap::new()), true);
    for setting in kind.settings {
        let value = match (section.field(setting.key), setting.default) {
            (Some(field), _) => place.value(&field, setting.form),
            (None, Default::Needed) => place.needed(section, setting),
            (None, Default::Nothing) => continue,
            (None, Default::Written(text)) => Some(place.written(setting, text)),
        };
        sound &= value.is_some();
        values.0.extend(value.map(|value| (setting.key, value)));
    }
    sound.then_some(values)
}

/// Whether a form names ranks.
fn of_ranks(form: Form) -> bool {
    match form {
        Form::RatesByRank
        | Form::RateByRank
        | Form::SharesByRank
        | Form::MoneyByRank
        | Form::Boundary => true,
        Form::Tree
        | Form::BinaryTree
        | Form::Quantity
        | Form::Count(_)
        | Form::Money
        | Form::Volume
        | Form::Choice(_)
        | Form::Flag
        | Form::Rate
        | Form::Rates
        | Form::Steps
        | Form::Components
        | Form::Classes
        | Form::Amounts => false,
    }
}

/// What may stand under a key of this form, in words.
#[must_use]
pub fn form_text(form: Form) -> String {
    match form {
        Form::Tree => "the name of a tree".to_owned(),
        Form::BinaryTree => "the name of a binary tree".to_owned(),
        Form::Volume => "the name of a volume kind".to_owned(),
        Form::Quantity => "a volume above 0, such as \"200\"".to_owned(),
        Form::Count(most) => format!("a whole number from 1 to {most}"),
        Form::Money => "an amount above 0, such as \"30\"".to_owned(),
        Form::MoneyByRank => "a table from rank to an amount above 0".to_owned(),
        Form::Choice(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            words.join(", ")
        }
        Form::Flag => "`true`, `false`".to_owned(),
        Form::Rate => "a rate, such as \"0.05\"".to_owned(),
        Form::Rates => rates_text(),
        Form::RatesByRank => format!("a table from rank to {}", rates_text()),
        Form::RateByRank => "a table from rank to a rate".to_owned(),
        Form::SharesByRank => {
            format!("a table from rank to a whole number from 0 to {SHARES_MAX}")
        }
        Form::Steps => format!(
            "a list of 1 to {STEPS_MAX} steps {{ at_least = \"100\", rate = \"0.05\" }}, `at_least` rising"
        ),
        Form::Boundary => format!("the name of a rank, or `{SAME_OR_HIGHER}`"),
        Form::Components => "a list of names of components that stand earlier".to_owned(),
        Form::Classes => classes_text(),
        Form::Amounts => format!(
            "a list of 1 to {STEPS_MAX} bands {{ at_least = \"100\", amount = \"10\" }}, `at_least` rising"
        ),
    }
}

fn rates_text() -> String {
    format!("a list of 1 to {LEVELS_MAX} rates, such as [\"0.10\", \"0.05\"]")
}

impl Place<'_> {
    /// What stands under a key.
    fn value(&self, field: &Field, form: Form) -> Option<Value> {
        if of_ranks(form) {
            return self.by_ranks(field, form, self.ladder(field)?);
        }
        match form {
            Form::Tree => self.network.tree(field).map(Value::Index),
            Form::BinaryTree => self.network.binary_tree(field).map(Value::Index),
            Form::Volume => self.network.volume(field).map(Value::Index),
            Form::Quantity => field.volume_above_zero().map(Value::Quantity),
            Form::Count(most) => {
                let count = field.integer(1..=i64::from(most))?;
                u32::try_from(count).ok().map(Value::Count)
            }
            Form::Money => field.money_above_zero().map(Value::Money),
            Form::Choice(words) => {
                let words: Vec<(&str, &'static str)> =
                    words.iter().map(|&word| (word, word)).collect();
                field.choice(&words).map(Value::Word)
            }
            Form::Flag => field.flag().map(Value::Flag),
            Form::Rate => field.rate().map(Value::Rate),
            Form::Rates => rates(field).map(Value::Rates),
            Form::Steps => steps(field).map(Value::Steps),
            Form::Components => self.earlier(field).map(Value::Components),
            Form::Classes => classes(field).map(Value::Texts),
            Form::Amounts => amounts(field).map(Value::Amounts),
            Form::RatesByRank
            | Form::RateByRank
            | Form::SharesByRank
            | Form::MoneyByRank
            | Form::Boundary => {
                unreachable!("forms of ranks are read above")
            }
        }
    }

    fn by_ranks(&self, field: &Field, form: Form, ladder: &KnownLadder) -> Option<Value> {
        match form {
            Form::RatesByRank => by_rank(field, form, ladder, rates).map(Value::RatesByRank),
            Form::RateByRank => by_rank(field, form, ladder, |field| {
                field.rate().map(|rate| vec![rate])
            })
            .map(Value::RatesByRank),
            Form::SharesByRank => by_rank(field, form, ladder, |field| {
                u32::try_from(field.integer(0..=SHARES_MAX)?).ok()
            })
            .map(Value::SharesByRank),
            Form::MoneyByRank => money_by_rank(field, ladder).map(Value::MoneyByRank),
            _ => {
                let boundary = if field.as_text() == Some(SAME_OR_HIGHER) {
                    Some(Boundary::SameOrHigher)
                } else {
                    rank(field, ladder).map(Boundary::Rank)
                };
                boundary.map(Value::Boundary)
            }
        }
    }

    /// The ladder whose ranks a field may name; noted where its plan has none.
    pub fn ladder(&self, field: &Field) -> Option<&KnownLadder> {
        match self.ranks {
            Ranks::Of(_, ladder) => Some(ladder),
            Ranks::Unknown => None,
            Ranks::Nothing => {
                let hint = "give the plan a `ladder`, or leave this out".to_owned();
                let allowed = format!("nothing, since the plan `{}` has no ladder", self.plan);
                field.refuse(&allowed, Some(hint));
                None
            }
        }
    }

    /// A setting that is left out and cannot be, unless there is nothing to choose.
    fn needed(&self, section: &Section, setting: &Setting) -> Option<Value> {
        if setting.form == Form::Volume {
            let volume = self.network.volume_or_only(section, setting.key);
            return volume.map(Value::Index);
        }
        section.missing(setting.key, &form_text(setting.form), None);
        None
    }

    /// What a default that the table of kinds writes stands for.
    fn written(&self, setting: &Setting, text: &'static str) -> Value {
        match setting.form {
            Form::Tree => {
                let tree = self.network.tree_named(text);
                Value::Index(tree.expect("a default names a tree of every network"))
            }
            Form::Choice(words) => {
                assert!(words.contains(&text), "a default is one of the words");
                Value::Word(text)
            }
            Form::Flag => Value::Flag(text == "true"),
            form => panic!("no default is written for {form:?}"),
        }
    }

    /// Numbers of components that stand earlier.
    fn earlier(&self, field: &Field) -> Option<Vec<usize>> {
        let allowed = form_text(Form::Components);
        let fields = field.list(&allowed)?;
        if fields.is_empty() {
            field.refuse(&allowed, Some("name at least one".to_owned()));
            return None;
        }
        let mut found: Vec<usize> = Vec::new();
        let mut sound = true;
        for field in &fields {
            let Some(index) = component(field, self.components) else {
                sound = false;
                continue;
            };
            let other = &self.components[index];
            let name = other.name.as_deref().unwrap_or_default();
            let hint = if index == self.index {
                Some("a component cannot read what itself comes to".to_owned())
            } else if index > self.index {
                Some(format!(
                    "`{name}` stands later; move it up, or this one down"
                ))
            } else if other.reads_components() {
                Some(format!("`{name}` reads other components itself"))
            } else if let (Some(own), Some(period)) = (self.period, other.period)
                && own != period
            {
                let of = &self.network.periods[period];
                Some(format!("`{name}` is worked out by the {of}"))
            } else if found.contains(&index) {
                Some(format!("`{name}` is named twice"))
            } else {
                found.push(index);
                None
            };
            if hint.is_some() {
                sound = false;
                field.refuse(&self.allowed_earlier(), hint);
            }
        }
        sound.then_some(found)
    }

    /// The components that may be named by this one, in words.
    fn allowed_earlier(&self) -> String {
        let earlier = self.components[..self.index].iter();
        let may = earlier.filter(|other| !other.reads_components() && other.period == self.period);
        let names: Vec<&str> = may.filter_map(|other| other.name.as_deref()).collect();
        let list = if names.is_empty() {
            "here there is none".to_owned()
        } else {
            names.join(", ")
        };
        format!(
            "each once, components that stand earlier, are of the same period type and read no others: {list}"
        )
    }
}

/// Index of the component that a field names; anything else is noted.
#[must_use]
pub fn component(field: &Field, components: &[KnownComponent]) -> Option<usize> {
    let names: Vec<&Text> = components
        .iter()
        .filter_map(|component| component.name.as_ref())
        .collect();
    let given = field.text("the name of a component")?;
    let found = components
        .iter()
        .position(|component| component.name.as_deref() == Some(given));
    if found.is_none() {
        let list: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        field.refuse(&list.join(", "), did_you_mean(given, list.iter().copied()));
    }
    found
}

/// An amount for each rank that the document names, the lowest first.
pub fn money_by_rank(field: &Field, ladder: &KnownLadder) -> Option<Vec<(u8, Micros)>> {
    let amount = |field: &Field| field.money_above_zero();
    by_rank(field, Form::MoneyByRank, ladder, amount)
}

/// A row for each rank that the document names, the lowest first.
fn by_rank<T>(
    field: &Field,
    form: Form,
    ladder: &KnownLadder,
    read: impl Fn(&Field) -> Option<T>,
) -> Option<Vec<(u8, T)>> {
    let section = field.section(&form_text(form))?;
    let (mut rows, mut sound) = (Vec::new(), true);
    for (name, field) in section.fields() {
        let rank = rank_named(&name, ladder, |allowed, hint| {
            field.refuse_given(&format!("the rank \"{name}\""), allowed, hint);
        });
        let row = read(&field);
        sound &= rank.is_some() && row.is_some();
        rows.extend(rank.zip(row));
    }
    if section.fields().next().is_none() {
        let hint = "a row for one rank at least".to_owned();
        field.refuse_given("an empty table", &form_text(form), Some(hint));
        return None;
    }
    rows.sort_by_key(|(rank, _)| *rank);
    sound.then_some(rows)
}

fn rates(field: &Field) -> Option<Vec<Rate>> {
    let fields = field.list(&rates_text())?;
    if fields.is_empty() || fields.len() > LEVELS_MAX {
        field.refuse(&rates_text(), None);
        return None;
    }
    let rates: Vec<Option<Rate>> = fields.iter().map(Field::rate).collect();
    rates.into_iter().collect()
}

fn steps(field: &Field) -> Option<Vec<Step>> {
    rising(field, Form::Steps, "rate", |at_least, section| {
        let rate = section.required("rate", "a rate, such as \"0.05\"");
        let rate = rate.and_then(|field| field.rate());
        Some(Step {
            at_least: at_least?,
            rate: rate?,
        })
    })
}

fn amounts(field: &Field) -> Option<Vec<Band>> {
    rising(field, Form::Amounts, "amount", |at_least, section| {
        let amount = section.required("amount", "an amount, such as \"10\"");
        let amount = amount.and_then(|field| field.money_above_zero());
        Some(Band {
            at_least: at_least?,
            amount: amount?,
        })
    })
}

/// A list of tables with `at_least`, rising, and what holds from there on under another key.
fn rising<T>(
    field: &Field,
    form: Form,
    key: &str,
    read: impl Fn(Option<Volume>, &Section) -> Option<T>,
) -> Option<Vec<T>> {
    let allowed = form_text(form);
    let fields = field.list(&allowed)?;
    if fields.is_empty() || fields.len() > STEPS_MAX {
        field.refuse(&allowed, None);
        return None;
    }
    let (mut rows, mut sound, mut before): (Vec<T>, bool, Option<Volume>) =
        (Vec::new(), true, None);
    for field in &fields {
        let row = field
            .section(&format!("a table with at_least and {key}"))
            .and_then(|section| {
                section.only(&["at_least", key]);
                let at_least = at_least(&section, before);
                // One that is refused says nothing of the next one.
                before = at_least.or(before);
                read(at_least, &section)
            });
        sound &= row.is_some();
        rows.extend(row);
    }
    sound.then_some(rows)
}

/// The volume from which a row holds, above that of the one before it.
fn at_least(section: &Section, before: Option<Volume>) -> Option<Volume> {
    let from = section.required("at_least", "a volume above 0, such as \"100\"")?;
    let at_least = from.volume_above_zero()?;
    if let Some(before) = before
        && at_least <= before
    {
        let allowed = format!("more than {before}, from which the step before holds");
        from.refuse(&allowed, Some("the lowest step comes first".to_owned()));
        return None;
    }
    Some(at_least)
}
