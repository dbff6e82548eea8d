//! The import planner: rows in any order become one stream of commands in order of time, and what cannot be read is told.

use std::fs;
use std::path::Path;

use arborline::base::time::Time;
use arborline::cli::import::columns::Mapping;
use arborline::cli::import::fault::Faults;
use arborline::cli::import::plan::{Files, Request};
use arborline::cli::import::table::Source;
use arborline::cli::import::vocabulary::Vocabulary;
use arborline::document::network;
use arborline::engine::command::found::Found;
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::outcome::Outcome;
use arborline::engine::rules::Rules;
use arborline::engine::state::State;

fn rules(document: &str) -> Rules {
    let until: Time = "2027-01-01T00:00:00Z".parse().expect("a time");
    let events = format!("clock = \"events\"\n{document}");
    network::parse(&events)
        .expect("a right document")
        .compile(until)
}

/// All commands of two files, and what was refused.
fn planned(request: &Request, rules: &Rules) -> (Vec<Command>, Vec<String>) {
    let mut faults = Faults::new(None).expect("no file");
    let files = Files::open(request, &Vocabulary::of_rules(rules), &mut faults).expect("files");
    let mut plan = files.plan().expect("a plan");
    let mut commands = Vec::new();
    while let Some(item) = plan.next(&mut faults).expect("rows") {
        commands.push(item.command);
    }
    let told = faults.shown().iter().map(ToString::to_string).collect();
    (commands, told)
}

/// Texts as files, for a planner that reads files.
fn of_texts(folder: &Path, members: &str, orders: &str) -> Request {
    let source = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).expect("to write");
        Some(Source::File(path))
    };
    Request {
        members: source("members.csv", members),
        orders: source("orders.csv", orders),
        ..Request::default()
    }
}

fn told(folder: &Path, members: &str, orders: &str) -> (Vec<String>, Vec<String>) {
    let (commands, faults) = planned(&of_texts(folder, members, orders), &rules(""));
    let commands = commands.iter().map(|command| match &command.verb {
        Verb::Enrol(body) => format!(
            "{} enrols {}",
            body.enroller.as_deref().unwrap_or("company"),
            command.id
        ),
        Verb::Order(body) => format!("{} orders {} of {}", body.member, command.id, body.amount),
        Verb::Move(body) => format!(
            "{} under {}",
            body.member,
            body.parent.as_deref().unwrap_or("company")
        ),
        other => format!("{other:?}"),
    });
    let prefix = format!("{}/", folder.display());
    (
        commands.collect(),
        faults
            .iter()
            .map(|fault| fault.replace(&prefix, ""))
            .collect(),
    )
}

fn executed(rules: &Rules, commands: &[Command]) -> (State, Vec<Outcome>) {
    let found = Command {
        id: "network".into(),
        at: Time::MIN,
        verb: Verb::Found(Box::new(Found {
            document: [0; 32],
            rules: rules.clone(),
        })),
    };
    let mut state = State::new();
    let mut outcomes = Vec::new();
    execute_batch(&mut state, 1, Time::MIN, &[found], &mut outcomes);
    outcomes.clear();
    execute_batch(&mut state, 2, Time::MIN, commands, &mut outcomes);
    (state, outcomes)
}

fn real() -> (String, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/real-network");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    (read("members.csv"), read("orders.csv"))
}

/// Rows in another order, the same for the same seed; the heads stay.
fn shuffled(text: &str, mut seed: u64) -> String {
    let (head, rest) = text.split_once('\n').expect("heads");
    let mut rows: Vec<&str> = rest.lines().collect();
    for last in (1..rows.len()).rev() {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        rows.swap(
            last,
            usize::try_from(seed >> 33).expect("31 bits") % (last + 1),
        );
    }
    format!("{head}\n{}\n", rows.join("\n"))
}

#[test]
fn the_real_network_is_taken_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let (members, orders) = real();
    let rules = rules("");
    let (commands, faults) = planned(&of_texts(folder.path(), &members, &orders), &rules);
    assert!(faults.is_empty(), "{faults:?}");
    // Every row, and the move of the one who joined before his enroller.
    assert_eq!(commands.len(), 4_016 + 5_007 + 1);
    assert!(commands.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let (state, outcomes) = executed(&rules, &commands);
    for (command, outcome) in commands.iter().zip(&outcomes) {
        assert!(outcome.is_ok(), "{command:?} {outcome:?}");
    }
    let early = state.members.find("M00049").expect("the early member");
    let enroller = state.members.find("M04001").expect("his enroller");
    assert_eq!(state.members.enrolled_by(early), Some(enroller));
    assert_eq!(state.forest.parent(0, early), Some(enroller));
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (members, orders) = real();
    let rules = rules("");
    let (mut whole, _) = planned(&of_texts(folder.path(), &members, &orders), &rules);
    let key = |command: &Command| {
        (
            command.at,
            matches!(command.verb, Verb::Order(_)),
            command.id.clone(),
        )
    };
    whole.sort_by_key(key);
    for seed in 1..4 {
        let request = of_texts(
            folder.path(),
            &shuffled(&members, seed),
            &shuffled(&orders, seed),
        );
        let (mut commands, faults) = planned(&request, &rules);
        assert!(faults.is_empty(), "{faults:?}");
        assert!(commands.windows(2).all(|pair| pair[0].at <= pair[1].at));
        let (_, outcomes) = executed(&rules, &commands);
        assert!(
            outcomes.iter().all(Result::is_ok),
            "{:?}",
            outcomes.iter().find(|outcome| outcome.is_err())
        );
        // Rows of one instant stand in the order of their file, and the file is another one.
        commands.sort_by_key(key);
        let other = commands.iter().zip(&whole).find(|(a, b)| a != b);
        assert!(
            commands.len() == whole.len() && other.is_none(),
            "seed {seed}: {other:?}"
        );
    }
}

#[test]
fn members_come_before_orders_and_the_early_are_moved() {
    let folder = tempfile::tempdir().expect("a folder");
    let members = "member,enroller,joined_at\n\
        d,c,2025-01-02\nb,a,2025-01-05\na,,2025-01-01\nc,b,2025-01-03\n";
    let orders = "order,member,ordered_at,amount\no2,b,2025-01-05,3\no1,d,2025-01-02,4.5\n";
    let (commands, faults) = told(folder.path(), members, orders);
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(
        commands,
        [
            "company enrols a",
            "company enrols d",
            "d orders o1 of 4.50",
            "company enrols c",
            "d under c",
            "a enrols b",
            "c under b",
            "b orders o2 of 3.00",
        ]
    );
}

#[test]
fn at_one_instant_an_enroller_comes_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let members = "member,enroller,joined_at\n\
        c,b,2025-01-02\nd,c,2025-01-02\nb,a,2025-01-02\ne,d,2025-01-02\na,x,2025-01-02\nf,e,2025-01-02\n\
        p,q,2025-01-03\nq,p,2025-01-03\nz,,2025-01-04\n";
    let orders = "order,member,ordered_at,amount\no,d,2025-01-02,1\n";
    let (commands, faults) = told(folder.path(), members, orders);
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(
        commands,
        [
            "x enrols a",
            "a enrols b",
            "b enrols c",
            "c enrols d",
            "d enrols e",
            "e enrols f",
            "d orders o of 1.00",
            // Two who enrolled each other are for the network to refuse.
            "q enrols p",
            "p enrols q",
            "company enrols z",
        ]
    );
}

#[test]
fn rows_that_cannot_be_read_are_told_and_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let members = "id;sponsor;joined;kind;country;binary_parent;binary_leg\n\
        a;;2025-01-01;;DE;;\n\
        b;b;2025-01-02;;;;\n\
        c;a;yesterday;;;;\n\
        e;a;2025-01-03;boss;;;\n\
        f;a;2025-01-03;customer;Germany;;\n\
        g;e2;2025-01-03;;;;\n\
        h;a;2025-01-04;;;a;3\n\
        i;a;2025-01-04;;;a;right\n\
        e2;;2025-01-09;\u{1}x;;;\n\
        ;a;2025-01-10;;;;\n\
        k\n";
    let orders = "order,member,ordered_at,amount,note\n\
        o1,a,2025-01-05,-3,x\no2,a,2025-01-05,\"1,50\",\no3,a,2025-02-30,1,\no4,a,2025-01-05,1.00001,\no5,a,2025-01-06,\"\",\n";
    let (commands, faults) = told(folder.path(), members, orders);
    assert_eq!(
        commands,
        [
            "company enrols a",
            "company enrols g",
            "a enrols i",
            "a orders o5 of 0.00"
        ]
    );
    let time = "a time from 1970 on, such as 2026-01-31T12:00:00Z, or a day such as 2026-01-31 (taken in UTC)";
    let kinds = "distributor, preferred, customer";
    let decimal = "a decimal of 0 or more with a point and at most 4 places, such as 12.50";
    assert_eq!(
        faults,
        [
            format!("members.csv row 4, joined: given \"yesterday\"; allowed: {time}"),
            format!("members.csv row 12, joined: given \"\"; allowed: {time}"),
            format!("orders.csv row 4, ordered_at: given \"2025-02-30\"; allowed: {time}"),
            "members.csv row 3, sponsor: given \"b\"; allowed: another member, or nothing for a root".to_owned(),
            format!("members.csv row 5, kind: given \"boss\"; allowed: {kinds}"),
            "members.csv row 6, country: given \"Germany\"; allowed: 2 capital letters".to_owned(),
            "members.csv row 8, binary_leg: given \"3\"; allowed: a whole number from 1 to 2".to_owned(),
            format!("orders.csv row 2, amount: given \"-3\"; allowed: {decimal}"),
            format!("orders.csv row 3, amount: given \"1,50\"; allowed: {decimal}"),
            format!("orders.csv row 5, amount: given \"1.00001\"; allowed: {decimal}"),
            format!("members.csv row 10, kind: given \"\\u{{1}}x\"; allowed: {kinds}"),
            "members.csv row 11, id: given \"\"; allowed: an id; this one is empty".to_owned(),
            "members.csv row 7, sponsor: given \"e2\"; allowed: a member whose own row can be taken; g stays under the company".to_owned(),
        ]
    );
}

#[test]
fn volumes_take_the_columns_they_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let members = "member,enroller,joined_at\na,,2025-01-01\n";
    let head = "order,member,ordered_at,amount,pv,points\no,a,2025-01-02,10,20,30\n";
    let plain = "order,member,ordered_at,amount\no,a,2025-01-02,10\n";
    let flag = |kind: &str, head: &str| (kind.to_owned(), head.to_owned());
    for (orders, volumes, expected) in [
        (plain, vec![], [10, 10]),
        (head, vec![], [0, 20]),
        (head, vec![flag("cv", "points")], [30, 20]),
        (
            head,
            vec![flag("cv", "amount"), flag("pv", "Points")],
            [10, 30],
        ),
    ] {
        let request = Request {
            volumes,
            ..of_texts(folder.path(), members, orders)
        };
        let (commands, faults) = planned(&request, &rules(""));
        assert!(faults.is_empty(), "{faults:?}");
        let Some(Verb::Order(order)) = commands.last().map(|command| &command.verb) else {
            panic!("no order in {commands:?}");
        };
        let units: Vec<i64> = order.volumes.units()[..2]
            .iter()
            .map(|units| units / 10_000)
            .collect();
        assert_eq!((units, order.amount.0), (expected.to_vec(), 100_000));
    }
}

#[test]
fn what_a_file_lacks_is_told_before_anything_is_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let members = "member,enroller,joined_at\n";
    for (orders, volumes, mappings, part) in [
        (
            "order,member,ordered_at\n",
            vec![],
            vec![],
            "no column for a volume or an amount",
        ),
        (
            "order,member,amount\n",
            vec![],
            vec![],
            "no column for `ordered_at`",
        ),
        ("", vec![], vec![], "is empty"),
        (
            "order,member,ordered_at,amount\n",
            vec![("gv", "amount")],
            vec![],
            "--volume: given \"gv\"; allowed: cv, pv",
        ),
        (
            "order,member,ordered_at,amount\n",
            vec![("cv", "total")],
            vec![],
            "--volume cv: given \"total\"",
        ),
        (
            "order,member,ordered_at,amount\n",
            vec![],
            vec!["orders.amount=sum"],
            "given \"sum\"; allowed: order",
        ),
    ] {
        let volumes = volumes
            .iter()
            .map(|&(kind, head): &(&str, &str)| (kind.to_owned(), head.to_owned()))
            .collect();
        let mappings = mappings
            .iter()
            .map(|text: &&str| Mapping::parse(text).expect("a mapping"))
            .collect();
        let request = Request {
            volumes,
            mappings,
            ..of_texts(folder.path(), members, orders)
        };
        let mut faults = Faults::new(None).expect("no file");
        let failure = Files::open(&request, &Vocabulary::of_rules(&rules("")), &mut faults)
            .err()
            .expect(part);
        assert!(failure.to_string().contains(part), "{failure}");
    }
}
