//! A plan set written as a document.

use std::fmt::Write as _;

use arborline::engine::rules::Rules;

use super::plan::{
    Binary, By, Carry, Component, Compression, Cut, Draft, Measure, Mode, Need, Numbering, Pays,
    Plan, Rates, ShareOf, Steps, Way,
};
use crate::chance::Chance;
use crate::model::plans::AfterClose;

/// Writes documents; what is as it would be anyhow is left out now and then.
pub(crate) struct Scribe<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) draft: &'a Draft,
    pub(crate) chance: Chance,
}

impl Scribe<'_> {
    /// The whole set as TOML.
    pub(crate) fn document(&mut self) -> String {
        let draft = self.draft;
        let mut text = String::from("name = \"Drawn\"\ncurrency = \"USD\"\n");
        if draft.after_close != AfterClose::ReverseLines || self.says() {
            let word = match draft.after_close {
                AfterClose::ReverseLines => "reverse_lines",
                AfterClose::VolumeOnly => "volume_only",
                AfterClose::Ignore => "ignore",
            };
            text += &format!("refunds_after_close = \"{word}\"\n");
        }
        text += &self.derived_kinds();
        for ladder in &draft.ladders {
            let name = &ladder.name;
            text += &format!("\n[[ladders]]\nname = \"{name}\"\n");
            text += &self.period(ladder.period);
            if ladder.tree != 0 || self.says() {
                text += &format!("tree = \"{}\"\n", self.rules.trees[ladder.tree].name);
            }
            if ladder.grace > 0 || self.says() {
                text += &format!("grace = {}\n", ladder.grace);
            }
            for (name, need) in &ladder.ranks {
                let keys = self.need(need, ladder.tree, &ladder.ranks);
                text += &format!("[[ladders.ranks]]\nname = \"{name}\"\n");
                for key in keys {
                    text += &format!("{key}\n");
                }
            }
        }
        if let Some(ceiling) = &draft.company_cap {
            let all = draft.components();
            let names = ceiling.components.iter();
            let names = names.map(|&at| all[at].1.name.clone()).collect();
            text += &format!(
                "\n[company_cap]\nvolume = \"{}\"\nrate = {}\ncomponents = {}\n",
                self.kind_name(ceiling.kind),
                rate(ceiling.rate),
                quoted(names)
            );
        }
        for plan in &draft.plans {
            text += &format!("\n[[plans]]\nname = \"{}\"\n", plan.name);
            if let Some(ladder) = plan.ladder {
                text += &format!("ladder = \"{}\"\n", draft.ladders[ladder].name);
            }
            for component in &plan.components {
                text += "[[plans.components]]\n";
                for key in self.component(plan, component) {
                    text += &format!("{key}\n");
                }
            }
        }
        text
    }

    /// Whether something is said that would hold anyhow.
    pub(super) fn says(&mut self) -> bool {
        self.chance.percent(50)
    }

    fn period(&mut self, period: usize) -> String {
        if self.rules.period_types.len() == 1 && !self.says() {
            return String::new();
        }
        format!("period = \"{}\"\n", self.rules.period_types[period].name)
    }

    pub(super) fn kind(&mut self, key: &str, kind: usize, keys: &mut Vec<String>) {
        if self.rules.kinds.len() == 1 && kind == 0 && key == "volume" && !self.says() {
            return;
        }
        keys.push(format!("{key} = \"{}\"", self.kind_name(kind)));
    }

    /// A tree under a key, where it is another than the one that would hold.
    pub(super) fn tree(
        &mut self,
        key: &str,
        tree: usize,
        default: Option<usize>,
        keys: &mut Vec<String>,
    ) {
        if Some(tree) != default || self.says() {
            keys.push(format!("{key} = \"{}\"", self.rules.trees[tree].name));
        }
    }

    /// The keys of a requirement.
    fn need(&mut self, need: &Need, home: usize, ranks: &[(String, Need)]) -> Vec<String> {
        match need {
            Need::All(needs) => vec![format!("all = {}", self.needs(needs, home, ranks))],
            Need::Any(needs) => vec![format!("any = {}", self.needs(needs, home, ranks))],
            Need::Of(count, needs) => vec![
                format!("of = {}", self.needs(needs, home, ranks)),
                format!("count = {count}"),
            ],
            Need::Active => vec!["active = true".to_owned()],
            Need::Volume {
                measure,
                kind,
                at_least,
                tree,
            } => self.volume_need(*measure, *kind, *at_least, (*tree, home)),
            Need::Enrolled {
                count,
                active,
                in_each_leg_of,
            } => {
                let mut keys = vec![format!("enrolled = {count}")];
                if !active || self.says() {
                    keys.push(format!("active = {active}"));
                }
                if let Some(tree) = *in_each_leg_of {
                    self.tree("in_each_leg_of", tree, None, &mut keys);
                }
                keys
            }
            Need::Customers(count) => vec![format!("customers = {count}")],
            Need::Cycles { count, component } => {
                let all = self.draft.components();
                let by = &all[*component].1.name;
                vec![format!("cycles = {count}"), format!("by = \"{by}\"")]
            }
            Need::LesserLegOf {
                component,
                at_least,
            } => {
                let all = self.draft.components();
                let of = &all[*component].1.name;
                vec![
                    format!("lesser_leg_of = \"{of}\""),
                    format!("at_least = {}", volume(*at_least)),
                ]
            }
            Need::Previous(rank) => {
                vec![format!(
                    "previous = \"{}\"",
                    ranks[usize::from(*rank) - 1].0
                )]
            }
            Need::Legs { count, rank } => vec![
                format!("legs = {count}"),
                format!("with = \"{}\"", ranks[usize::from(*rank) - 1].0),
            ],
        }
    }

    fn needs(&mut self, needs: &[Need], home: usize, ranks: &[(String, Need)]) -> String {
        let parts: Vec<String> = needs
            .iter()
            .map(|need| format!("{{ {} }}", self.need(need, home, ranks).join(", ")))
            .collect();
        format!("[{}]", parts.join(", "))
    }

    fn volume_need(
        &mut self,
        measure: Measure,
        kind: usize,
        at_least: i64,
        (tree, home): (usize, usize),
    ) -> Vec<String> {
        let key = match measure {
            Measure::Own => "own",
            Measure::Group { .. } => "group",
            Measure::Side => "side",
            Measure::Capped { .. } => "capped",
            Measure::LesserLeg => "lesser_leg",
        };
        let mut keys = vec![
            format!("{key} = \"{}\"", self.kind_name(kind)),
            format!("at_least = {}", volume(at_least)),
        ];
        if measure != Measure::Own {
            self.tree("tree", tree, Some(home), &mut keys);
        }
        match measure {
            Measure::Group { with_own } if !with_own || self.says() => {
                keys.push(format!("with_own = {with_own}"));
            }
            Measure::Capped { leg_max, share_of } => {
                keys.push(format!("leg_max = {}", rate(leg_max)));
                match share_of {
                    ShareOf::Total => keys.push("share_of = \"total\"".to_owned()),
                    ShareOf::Requirement if self.says() => {
                        keys.push("share_of = \"requirement\"".to_owned());
                    }
                    ShareOf::Requirement => {}
                }
            }
            _ => {}
        }
        keys
    }

    /// The keys of a component.
    fn component(&mut self, plan: &Plan, component: &Component) -> Vec<String> {
        let mut keys = vec![
            format!("name = \"{}\"", component.name),
            self.period(component.period),
        ];
        if !component.active_only {
            keys.push("payee = \"any\"".to_owned());
        } else if self.says() {
            keys.push("payee = \"active\"".to_owned());
        }
        let names: Vec<String> = plan.ladder.map_or(Vec::new(), |ladder| {
            let ranks = &self.draft.ladders[ladder].ranks;
            ranks.iter().map(|(name, _)| name.clone()).collect()
        });
        if component.min_rank > 0 {
            keys.push(format!(
                "min_rank = \"{}\"",
                named(&names, component.min_rank)
            ));
        }
        if let Some(cap) = component.cap {
            keys.push(format!("cap = {}", decimal(cap, 6)));
        }
        if !component.rank_caps.is_empty() {
            keys.push(table("rank_caps", &component.rank_caps, &names, 6));
        }
        match &component.pays {
            Pays::Binary(binary) => self.binary(binary, &names, &mut keys),
            Pays::Advancement { amounts, skipped } => {
                keys.push("kind = \"advancement\"".to_owned());
                keys.push(table("amounts", amounts, &names, 6));
                if !skipped || self.says() {
                    let word = if *skipped { "all" } else { "none" };
                    keys.push(format!("skipped = \"{word}\""));
                }
            }
            Pays::Unilevel { .. } => self.unilevel(&component.pays, &names, &mut keys),
            Pays::Generation { .. } => self.generation(&component.pays, &names, &mut keys),
            Pays::Differential { .. } => self.differential(&component.pays, &names, &mut keys),
            Pays::Personal { tree, kind, steps } => {
                keys.push("kind = \"personal\"".to_owned());
                self.tree("tree", *tree, Some(0), &mut keys);
                self.kind("volume", *kind, &mut keys);
                self.steps(steps, &mut keys);
            }
            Pays::Matching { .. } => self.matching(&component.pays, &names, &mut keys),
            Pays::Pool {
                kind,
                rate: share,
                shares,
            } => {
                keys.push("kind = \"pool\"".to_owned());
                self.kind("volume", *kind, &mut keys);
                keys.push(format!("rate = {}", rate(*share)));
                let rows = shares.iter();
                let rows: Vec<String> = rows
                    .map(|(rank, count)| format!("{} = {count}", named(&names, *rank)))
                    .collect();
                keys.push(format!("shares = {{ {} }}", rows.join(", ")));
            }
            pays => self.by_order(pays, &names, &mut keys),
        }
        if component.at_order {
            keys.push("judged = \"order\"".to_owned());
        }
        keys
    }

    fn generation(&mut self, pays: &Pays, names: &[String], keys: &mut Vec<String>) {
        let Pays::Generation {
            tree,
            kind,
            cut,
            rates,
        } = pays
        else {
            return;
        };
        keys.push("kind = \"generation\"".to_owned());
        self.tree("tree", *tree, Some(0), keys);
        self.kind("volume", *kind, keys);
        self.cut(cut, names, keys);
        rates_keys(rates, names, keys);
    }

    fn unilevel(&mut self, pays: &Pays, names: &[String], keys: &mut Vec<String>) {
        let Pays::Unilevel {
            tree,
            kind,
            compression,
            rates,
            own_rate,
        } = pays
        else {
            return;
        };
        keys.push("kind = \"unilevel\"".to_owned());
        self.tree("tree", *tree, Some(0), keys);
        self.kind("volume", *kind, keys);
        self.compression(*compression, keys);
        rates_keys(rates, names, keys);
        if *own_rate > 0 {
            keys.push(format!("own_rate = {}", rate(*own_rate)));
        }
    }

    fn binary(&mut self, binary: &Binary, names: &[String], keys: &mut Vec<String>) {
        keys.push("kind = \"binary\"".to_owned());
        keys.push(format!("tree = \"{}\"", self.rules.trees[binary.tree].name));
        self.kind("volume", binary.kind, keys);
        let price = &binary.price;
        let (all, by_rank, places) = if price.is_rate {
            ("rate", "rank_rates", 8)
        } else {
            ("amount", "rank_amounts", 6)
        };
        match binary.mode {
            Mode::Percent if self.says() => keys.push("mode = \"percent\"".to_owned()),
            Mode::Percent => {}
            Mode::Cycles {
                strong,
                lesser,
                each_cycle,
            } => {
                keys.push("mode = \"cycles\"".to_owned());
                keys.push(format!("strong = {}", volume(strong)));
                keys.push(format!("lesser = {}", volume(lesser)));
                if !each_cycle || self.says() {
                    let word = if each_cycle { "each_cycle" } else { "period" };
                    keys.push(format!("strong_leg = \"{word}\""));
                }
            }
        }
        if let Some(all_ranks) = price.all {
            keys.push(format!("{all} = {}", decimal(all_ranks, places)));
        }
        if !price.by_rank.is_empty() {
            keys.push(table(by_rank, &price.by_rank, names, places));
        }
        if binary.keeps_beyond_cap || self.says() {
            let word = if binary.keeps_beyond_cap {
                "keep"
            } else {
                "flush"
            };
            keys.push(format!("beyond_cap = \"{word}\""));
        }
        if binary.carry != Carry::Both || self.says() {
            let word = match binary.carry {
                Carry::Both => "both",
                Carry::Strong => "strong",
                Carry::Nothing => "none",
            };
            keys.push(format!("carry = \"{word}\""));
        }
        if let Some(after) = binary.flush_after {
            keys.push(format!("flush_after = {after}"));
        }
    }

    fn differential(&mut self, pays: &Pays, names: &[String], keys: &mut Vec<String>) {
        let Pays::Differential {
            tree,
            kind,
            by,
            absorb,
            own,
        } = pays
        else {
            return;
        };
        keys.push("kind = \"differential\"".to_owned());
        self.tree("tree", *tree, Some(0), keys);
        self.kind("volume", *kind, keys);
        match by {
            By::Steps(steps) => self.steps(steps, keys),
            By::Rank(rows) => {
                let rows = rows.iter();
                let rows: Vec<String> = rows
                    .map(|(rank, one)| format!("{} = {}", named(names, *rank), rate(*one)))
                    .collect();
                keys.push(format!("rank_rates = {{ {} }}", rows.join(", ")));
            }
        }
        if *absorb {
            keys.push("unqualified = \"absorb\"".to_owned());
        } else if self.says() {
            keys.push("unqualified = \"pass_up\"".to_owned());
        }
        if !own || self.says() {
            keys.push(format!("own = {own}"));
        }
    }

    fn matching(&mut self, pays: &Pays, names: &[String], keys: &mut Vec<String>) {
        let Pays::Matching {
            tree,
            of,
            way,
            rates,
        } = pays
        else {
            return;
        };
        keys.push("kind = \"matching\"".to_owned());
        self.tree("tree", *tree, Some(0), keys);
        let all = self.draft.components();
        let matched = of.iter().map(|&at| all[at].1.name.clone()).collect();
        keys.push(format!("of = {}", quoted(matched)));
        match way {
            Way::Level(compression) => {
                if self.says() {
                    keys.push("by = \"level\"".to_owned());
                }
                self.compression(*compression, keys);
            }
            Way::Generation(cut) => {
                keys.push("by = \"generation\"".to_owned());
                self.cut(cut, names, keys);
            }
        }
        rates_keys(rates, names, keys);
    }

    fn compression(&mut self, compression: Compression, keys: &mut Vec<String>) {
        let word = match compression {
            Compression::None => "none",
            Compression::SkipInactive => "skip_inactive",
            Compression::Full => "full",
        };
        if compression != Compression::SkipInactive || self.says() {
            keys.push(format!("compression = \"{word}\""));
        }
    }

    fn cut(&mut self, cut: &Cut, names: &[String], keys: &mut Vec<String>) {
        let at = cut.rank.map_or("same_or_higher", |rank| named(names, rank));
        keys.push(format!("boundary = \"{at}\""));
        if cut.active || self.says() {
            keys.push(format!("boundary_active = {}", cut.active));
        }
        let word = match cut.numbering {
            Numbering::SelfExclusive => "self_exclusive",
            Numbering::SelfInclusive => "self_inclusive",
            Numbering::Breakaway => "breakaway",
        };
        if cut.numbering != Numbering::SelfExclusive || self.says() {
            keys.push(format!("numbering = \"{word}\""));
        }
    }

    fn steps(&mut self, steps: &Steps, keys: &mut Vec<String>) {
        let rows = steps.rows.iter();
        let rows: Vec<String> = rows
            .map(|(at_least, one)| {
                format!(
                    "{{ at_least = {}, rate = {} }}",
                    volume(*at_least),
                    rate(*one)
                )
            })
            .collect();
        keys.push(format!("steps = [{}]", rows.join(", ")));
        if let Some(kind) = steps.kind {
            self.kind("step_volume", kind, keys);
        }
    }
}

pub(super) fn rates_keys(rates: &Rates, names: &[String], keys: &mut Vec<String>) {
    if !rates.all.is_empty() {
        keys.push(format!("rates = {}", list(&rates.all)));
    }
    if !rates.by_rank.is_empty() {
        let rows = rates.by_rank.iter();
        let rows: Vec<String> = rows
            .map(|(rank, row)| format!("{} = {}", named(names, *rank), list(row)))
            .collect();
        keys.push(format!("rates_by_rank = {{ {} }}", rows.join(", ")));
    }
}

/// A key with an amount or a rate for some ranks.
fn table(key: &str, rows: &[(u8, i64)], names: &[String], places: usize) -> String {
    let rows = rows.iter();
    let rows: Vec<String> = rows
        .map(|(rank, one)| format!("{} = {}", named(names, *rank), decimal(*one, places)))
        .collect();
    format!("{key} = {{ {} }}", rows.join(", "))
}

fn named(names: &[String], rank: u8) -> &str {
    &names[usize::from(rank) - 1]
}

fn list(rates: &[i64]) -> String {
    let parts: Vec<String> = rates.iter().map(|&one| rate(one)).collect();
    format!("[{}]", parts.join(", "))
}

pub(super) fn quoted(names: Vec<String>) -> String {
    let parts: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", parts.join(", "))
}

pub(super) fn volume(units: i64) -> String {
    decimal(units, 4)
}

pub(super) fn rate(units: i64) -> String {
    decimal(units, 8)
}

/// A count of 10^-`places` in quotes, without the zeros that say nothing.
pub(super) fn decimal(units: i64, places: usize) -> String {
    let one = 10i64.pow(u32::try_from(places).expect("few places"));
    let mut text = format!("{}", units / one);
    if units % one != 0 {
        let part = format!("{:0places$}", units % one);
        write!(text, ".{}", part.trim_end_matches('0')).expect("a text");
    }
    format!("\"{text}\"")
}
