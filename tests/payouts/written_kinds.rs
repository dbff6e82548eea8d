//! Derived kinds of volume, and components that are judged order by order, written as parts of a document.

use super::plan::{Bands, Compression, Derived, Pays, Sieve};
use super::written::{Scribe, decimal, quoted, rate, rates_keys, volume};

impl Scribe<'_> {
    /// The name of a kind of the network or of the set.
    pub(super) fn kind_name(&self, kind: usize) -> String {
        let own = &self.rules.kinds;
        match kind.checked_sub(own.len()) {
            None => own[kind].to_string(),
            Some(derived) => self.draft.kinds[derived].name.clone(),
        }
    }

    /// The list of derived kinds.
    pub(super) fn derived_kinds(&mut self) -> String {
        let mut text = String::new();
        for kind in &self.draft.kinds {
            let Derived {
                name,
                of,
                sieve,
                factor,
            } = kind;
            let of = &self.rules.kinds[*of];
            let mut keys = vec![format!("name = \"{name}\""), format!("of = \"{of}\"")];
            self.sieve(sieve, &mut keys);
            if *factor != 100_000_000 || self.says() {
                keys.push(format!("factor = {}", rate(*factor)));
            }
            text += &format!("\n[[kinds]]\n{}\n", keys.join("\n"));
        }
        text
    }

    fn sieve(&mut self, sieve: &Sieve, keys: &mut Vec<String>) {
        if let Some((only, classes)) = &sieve.classes {
            let key = if *only { "classes" } else { "without" };
            keys.push(format!("{key} = {}", quoted(classes.clone())));
        }
        match sieve.customers {
            Some(true) => keys.push("buyers = \"customers\"".to_owned()),
            Some(false) => keys.push("buyers = \"distributors\"".to_owned()),
            None if self.says() => keys.push("buyers = \"all\"".to_owned()),
            None => {}
        }
        match sieve.orders {
            Some((first, count)) => {
                let word = if first { "first" } else { "later" };
                keys.push(format!("orders = \"{word}\""));
                if count != 1 || self.says() {
                    keys.push(format!("first_count = {count}"));
                }
            }
            None if self.says() => keys.push("orders = \"all\"".to_owned()),
            None => {}
        }
        for (key, days) in [
            ("joined_within_days", sieve.within),
            ("joined_before_days", sieve.before),
        ] {
            keys.extend(days.map(|days| format!("{key} = {days}")));
        }
    }

    /// The keys of a component that is judged order by order.
    pub(super) fn by_order(&mut self, pays: &Pays, names: &[String], keys: &mut Vec<String>) {
        match pays {
            Pays::FastStart {
                tree,
                kind,
                sieve,
                compression,
                rates,
            } => {
                keys.push("kind = \"fast_start\"".to_owned());
                self.tree("tree", *tree, Some(0), keys);
                self.kind("volume", *kind, keys);
                keys.extend(sieve.within.map(|days| format!("within_days = {days}")));
                let first = sieve.orders.map(|(_, count)| count);
                keys.extend(first.map(|count| format!("first_orders = {count}")));
                if let Some((_, classes)) = &sieve.classes {
                    keys.push(format!("classes = {}", quoted(classes.clone())));
                }
                match compression {
                    Compression::None if self.says() => {
                        keys.push("compression = \"none\"".to_owned());
                    }
                    Compression::None => {}
                    _ => keys.push("compression = \"skip_inactive\"".to_owned()),
                }
                rates_keys(rates, names, keys);
            }
            Pays::Customer {
                kind,
                by_order,
                bands,
            } => {
                keys.push("kind = \"customer\"".to_owned());
                self.kind("volume", *kind, keys);
                if !by_order {
                    keys.push("by = \"period\"".to_owned());
                } else if self.says() {
                    keys.push("by = \"order\"".to_owned());
                }
                keys.push(bands_key(bands));
            }
            Pays::Retail { kind, rate: share } => {
                keys.push("kind = \"retail\"".to_owned());
                self.kind("volume", *kind, keys);
                keys.push(format!("rate = {}", rate(*share)));
            }
            _ => unreachable!("kinds that go by seats"),
        }
    }
}

fn bands_key(bands: &Bands) -> String {
    let (key, worth, rows) = match bands {
        Bands::Rates(rows) => ("steps", "rate", rows),
        Bands::Amounts(rows) => ("amounts", "amount", rows),
    };
    let rows: Vec<String> = rows
        .iter()
        .map(|&(at_least, one)| {
            let one = match bands {
                Bands::Rates(_) => rate(one),
                Bands::Amounts(_) => decimal(one, 6),
            };
            format!("{{ at_least = {}, {worth} = {one} }}", volume(at_least))
        })
        .collect();
    format!("{key} = [{}]", rows.join(", "))
}
