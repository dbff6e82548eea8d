//! `plan check`, `plan sample`, `plan book`, `plan pay`: plan documents before a network has them.

use std::fmt::Write;
use std::path::Path;

use clap::Arg;
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};

use crate::base::time::Time;
use crate::cli::command::{Call, Subcommand};
use crate::cli::document::{load, read, refused};
use crate::cli::exit::{Exit, Failure};
use crate::cli::plan_pay;
use crate::document::plan::pages::{book, live_word};
use crate::document::plan::set::parse;
use crate::document::plan::warnings::warnings;
use crate::document::plan::{known, sample};
use crate::document::{network, sample as networks};
use crate::engine::rules::Rules;
use crate::plan::KINDS;
use crate::plan::columns::Column;
use crate::plan::component::Live;
use crate::plan::extent::Extent;
use crate::plan::ladder::Ladder;
use crate::plan::set::{Entry, PlanSet};
use crate::plan::setting::Form;
use crate::view::plan_summary::{PlanSummary, summary};

/// The word for a sample of several kinds.
const HYBRID: &str = "hybrid";

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "plan",
    about: "Check a plan document, work one out, print commented samples, or print the plan book",
    args: |command| {
        let file = Arg::new("file")
            .required(true)
            .value_name("FILE")
            .help("The document");
        let network = Arg::new("network").long("network").value_name("FILE").help(
            "The network document it is for; else the network of a server started without one",
        );
        let kinds = KINDS.iter().map(|kind| kind.name).chain([HYBRID]);
        let kind = Arg::new("kind")
            .value_name("KIND")
            .default_value(HYBRID)
            .value_parser(PossibleValuesParser::new(kinds))
            .help("A kind of component, or `hybrid` for several of them");
        command
            .subcommand_required(true)
            .subcommand(
                clap::Command::new("check")
                    .about("Read a document and tell everything that is wrong with it, or what it says")
                    .arg(file)
                    .arg(network),
            )
            .subcommand(
                clap::Command::new("sample")
                    .about("Print a commented document that fits the network of a server started without one")
                    .arg(kind),
            )
            .subcommand(plan_pay::args())
            .subcommand(
                clap::Command::new("book")
                    .about("Print a page for each kind of component, in Markdown"),
            )
    },
    run: |call| match call.matches.subcommand() {
        Some(("check", matches)) => {
            let path = |name| matches.get_one::<String>(name).map(Path::new);
            check(
                call,
                path("file").expect("clap asks for it"),
                path("network"),
            )
        }
        Some(("sample", matches)) => {
            let kind = matches.get_one::<String>("kind").expect("it has a default");
            let text =
                known::kind_named(kind).map_or_else(|| sample::HYBRID.to_owned(), sample::of_kind);
            call.output.line(text.trim_end())?;
            Ok(Exit::Done)
        }
        Some(("pay", matches)) => plan_pay::run(call, matches),
        _ => {
            call.output.line(book().trim_end())?;
            Ok(Exit::Done)
        }
    },
};

fn check(call: &Call, path: &Path, network: Option<&Path>) -> Result<Exit, Failure> {
    let network = match network {
        Some(path) => load(path)?.1,
        None => network::parse(networks::DEFAULT).expect("the default network is right"),
    };
    // Plans do not ask how far calendars go; two months of them are quickly made.
    let rules = network.compile(Time(951_868_800_000));
    let set = match parse(&read(path)?, &rules) {
        Ok(set) => set,
        Err(problems) => return refused(call.output, path, &problems),
    };
    let warnings = warnings(&set, &rules);
    let mut plain = format!("{}: ok\n{}", path.display(), described(&set, &rules));
    for warning in &warnings {
        writeln!(plain, "warning: {warning}").expect("a text takes any text");
    }
    let data = json!({
        "problems": [], "warnings": warnings, "set": as_data(&set, &rules),
    });
    call.output.answer(&plain, &data)?;
    Ok(Exit::Done)
}

/// What a set says, in a few lines.
fn described(set: &PlanSet, rules: &Rules) -> String {
    let mut text = format!("{}, in {}\n", set.name, set.currency);
    let after_close = set.after_close.name();
    writeln!(text, "refunds after close: {after_close}").expect("a text takes any text");
    for (_, kind) in set.named_kinds() {
        let what = kind.described(&rules.kinds[kind.of]);
        writeln!(text, "kind {}: {what}", kind.name).expect("a text takes any text");
    }
    for ladder in &set.ladders {
        let (period, tree) = (
            &rules.period_types[ladder.period].name,
            &rules.trees[ladder.tree].name,
        );
        let ranks = ranks(ladder).join(", ");
        writeln!(
            text,
            "ladder {}, by {period}, on {tree}: {ranks}",
            ladder.name
        )
        .expect("a text takes any text");
    }
    for (index, plan) in set.plans.iter().enumerate() {
        let ladder = plan.ladder.map_or_else(
            || "without a ladder".to_owned(),
            |ladder| format!("on the ladder {}", set.ladders[ladder].name),
        );
        writeln!(text, "plan {}, {ladder}:", plan.name).expect("a text takes any text");
        let entries = set.components.iter().enumerate();
        for (at, entry) in entries.filter(|(_, entry)| entry.plan == index) {
            writeln!(
                text,
                "  {}: {}, by {}, {}; reads {}",
                entry.name,
                entry.kind.name,
                rules.period_types[entry.period].name,
                live_word(live(set, at)),
                reads(entry, set, rules).join(", ")
            )
            .expect("a text takes any text");
        }
    }
    text.push_str(&posted(&summary(set, rules)));
    if let Some(cap) = &set.company_cap {
        let (rate, kind) = (cap.rate, set.kind_name(cap.volume, &rules.kinds));
        let names = cap.components.iter();
        let names: Vec<&str> = names
            .map(|&index| set.components[index].name.as_str())
            .collect();
        writeln!(
            text,
            "company_cap: {rate} of {kind} over {}",
            names.join(", ")
        )
        .expect("a text takes any text");
    }
    text
}

/// What is written down with each order; nothing where nothing is.
fn posted(summary: &PlanSummary) -> String {
    let paths = summary.posts.iter().map(|path| {
        let active = if path.compressed {
            ", active ones only"
        } else {
            ""
        };
        match path.levels {
            0 => "whether the member credited is active".to_owned(),
            levels => format!("{levels} above in {}{active}", path.tree),
        }
    });
    let paths: Vec<String> = paths.collect();
    if paths.is_empty() {
        return String::new();
    }
    format!(
        "written down with each order: {}; at most {} bytes\n",
        paths.join("; "),
        summary.posted_bytes_max
    )
}

/// The same as data.
fn as_data(set: &PlanSet, rules: &Rules) -> Value {
    let kinds = set.named_kinds().map(|(_, kind)| {
        let of = &rules.kinds[kind.of];
        json!({ "name": kind.name, "of": of, "what": kind.described(of) })
    });
    let ladders = set.ladders.iter().map(|ladder| {
        json!({
            "name": ladder.name, "period": rules.period_types[ladder.period].name,
            "tree": rules.trees[ladder.tree].name, "ranks": ranks(ladder),
        })
    });
    let component = |(at, entry): (usize, &Entry)| {
        json!({
            "name": entry.name, "kind": entry.kind.name,
            "period": rules.period_types[entry.period].name,
            "live": live_word(live(set, at)), "reads": reads(entry, set, rules),
        })
    };
    let plans = set.plans.iter().enumerate().map(|(index, plan)| {
        let all = set.components.iter().enumerate();
        let own = all.filter(|(_, entry)| entry.plan == index);
        json!({
            "name": plan.name, "ladder": plan.ladder.map(|ladder| &set.ladders[ladder].name),
            "components": own.map(component).collect::<Vec<_>>(),
        })
    });
    let summary = summary(set, rules);
    json!({
        "name": set.name, "currency": set.currency,
        "posts": summary.posts, "posted_bytes_max": summary.posted_bytes_max,
        "refunds_after_close": set.after_close.name(), "kinds": kinds.collect::<Vec<_>>(),
        "ladders": ladders.collect::<Vec<_>>(),
        "plans": plans.collect::<Vec<_>>(),
    })
}

/// How the live figure of a component is had.
fn live(set: &PlanSet, component: usize) -> Live {
    Extent::of(set, set.components[component].period).live(component)
}

/// The ranks of a ladder by name, the lowest first.
fn ranks(ladder: &Ladder) -> Vec<&str> {
    ladder.ranks.iter().map(|rank| rank.name.as_str()).collect()
}

/// What a component reads, in words.
fn reads(entry: &Entry, set: &PlanSet, rules: &Rules) -> Vec<String> {
    let tree = |tree: usize| &rules.trees[tree].name;
    let kind_name = |kind: usize| set.kind_name(kind, &rules.kinds);
    let column = |column: Column| match column {
        Column::Links(of) => format!("links of {}", tree(of)),
        Column::Legs(of) => format!("legs of {}", tree(of)),
        Column::Entered(of, kind) | Column::Paid(of, kind) => {
            format!("{} entered in {}", kind_name(kind), tree(of))
        }
        Column::Group(of, kind) | Column::Matched(of, kind) => {
            format!("group {} of {}", kind_name(kind), tree(of))
        }
        Column::Orders(kind) => format!("{}, order by order", kind_name(kind)),
        Column::Posted(places, kind) => {
            let of = tree(usize::from(places.path.tree));
            format!("{}, with who stood above in {of}", kind_name(kind))
        }
    };
    let mut read: Vec<String> = entry.component.reads().into_iter().map(column).collect();
    let settings = entry.kind.settings.iter();
    for setting in settings.filter(|setting| setting.form == Form::Components) {
        for &earlier in entry.settings.components(setting.key) {
            read.push(format!("amounts of {}", set.components[earlier].name));
        }
    }
    read
}
