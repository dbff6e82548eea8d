//! Fast start: rates by level on what new members buy: pay by level on some orders only.

use crate::base::money::Rate;
use crate::plan::component::{Component, Kind, Live};
use crate::plan::derived::{Classes, DAYS_MAX, FIRST_MAX, Filter, Orders};
use crate::plan::levels::{COMPRESSION, Compression};
use crate::plan::schedule::{RATES, RATES_BY_RANK, Schedule};
use crate::plan::setting::{Default, Form, Setting, Unfit, Values};
use crate::plan::shared::{JUDGED, TREE, VOLUME};
use crate::plan::unilevel::Unilevel;

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: "fast_start",
    sentence: "Rates by level on what buyers below order in their first days, or as their first orders.",
    live: Live::Present,
    settings: &[
        TREE,
        VOLUME,
        WITHIN_DAYS,
        FIRST_ORDERS,
        CLASSES,
        Setting {
            form: Form::Choice(&["none", "skip_inactive"]),
            default: Default::Written("none"),
            sentence: "Who uses up a level: `none`, everyone, so that nothing rolls up to the next; `skip_inactive`, only active members.",
            ..COMPRESSION
        },
        RATES,
        RATES_BY_RANK,
        JUDGED,
    ],
    build,
    sample: r#"name = "later-levels"
kind = "unilevel"
# Levels are paid on what the fast start leaves: see the kind below.
volume = "regular"
rates = ["0.05", "0.05", "0.03"]

[[plans.components]]
name = "fast-start"
kind = "fast_start"
volume = "cv"
# The day of joining is the first of the sixty.
within_days = 60
rates = ["0.20", "0.10", "0.05"]

# All that is ordered from the 61st day on. Each order is in one of the two: none is paid by both, none by neither.
[[kinds]]
name = "regular"
of = "cv"
joined_before_days = 60
"#,
};

const WITHIN_DAYS: Setting = Setting {
    key: "within_days",
    form: Form::Count(DAYS_MAX),
    default: Default::Nothing,
    sentence: "Only orders less than so many days, in UTC, after the buyer's joining, the day of which is the first.",
};

const FIRST_ORDERS: Setting = Setting {
    key: "first_orders",
    form: Form::Count(FIRST_MAX as u32),
    default: Default::Nothing,
    sentence: "Only a buyer's first so many orders; beside `within_days`, those of them that lie in these days.",
};

const CLASSES: Setting = Setting {
    key: "classes",
    form: Form::Classes,
    default: Default::Nothing,
    sentence: "Only orders of these classes; of all where it is left out.",
};

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    let classes = values.texts(CLASSES.key);
    let first = values.count(FIRST_ORDERS.key);
    let to_day = values.count(WITHIN_DAYS.key);
    if first.is_none() && to_day.is_none() {
        return Err(Unfit {
            key: WITHIN_DAYS.key,
            allowed: "`within_days`, `first_orders`, or both".to_owned(),
        });
    }
    let orders = Filter {
        classes: (!classes.is_empty()).then(|| Classes::Only(classes.to_vec())),
        orders: first.map(|count| Orders::First(count as u8)),
        to_day,
        ..Filter::default()
    };
    let unilevel = Unilevel {
        tree: values.index(TREE.key),
        volume: values.index(VOLUME.key),
        compression: Compression::of(values.word(COMPRESSION.key)),
        schedule: Schedule::of(values)?,
        own_rate: Rate::ZERO,
        orders: Some(orders),
    };
    unilevel.judged(values)
}
