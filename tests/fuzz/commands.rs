//! Commands as bytes of the log.

use arborline::base::after_close::AfterClose;
use arborline::base::path::{Path, Paths};
use arborline::base::time::Time;
use arborline::engine::command::calendar::ExtendCalendar;
use arborline::engine::command::change::Change;
use arborline::engine::command::found::Found;
use arborline::engine::command::plan::{ActivatePlan, DraftPlan};
use arborline::engine::command::run::PostRun;
use arborline::engine::command::{Command, Verb};
use arborline::engine::plans::{LateRefunds, Said};

use super::belt::{Answer, hash};
use super::documents::rich;
use crate::histories::drawn;

/// What is read is written with the same bytes, or, where a verb has more forms than one, as the same command.
pub(super) fn codec(bytes: &[u8]) -> Answer {
    let Ok(command) = Command::decode(bytes) else {
        return Err(0);
    };
    let mut again = Vec::new();
    command.encode(&mut again);
    assert_eq!(Command::decode(&again).as_ref(), Ok(&command));
    assert!(again == bytes || !has_one_form(&command), "{command:?}");
    assert!(command.is_read_back(bytes));
    Ok(hash(again))
}

/// Whether nothing but its own bytes says a command: rules lie in it as JSON, and drafts are told in three ways.
fn has_one_form(command: &Command) -> bool {
    match &command.verb {
        Verb::Found(_) | Verb::Change(_) | Verb::DraftPlan(_) => false,
        Verb::Atomic(parts) => parts.iter().all(has_one_form),
        _ => true,
    }
}

/// Commands of every verb.
pub(super) fn commands() -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = rare().iter().map(bytes_of).collect();
    for seed in 0..6 {
        for command in drawn(seed, 150).1 {
            let bytes = bytes_of(&command);
            let alike = found.iter().filter(|other| other[0] == bytes[0]).count();
            if alike < 12 && bytes.len() < 3_000 {
                found.push(bytes);
            }
        }
    }
    let missing = (1..=22).filter(|verb| found.iter().all(|bytes| bytes[0] != *verb));
    assert_eq!(
        missing.collect::<Vec<u8>>(),
        [0; 0],
        "verbs without a command"
    );
    found
}

fn bytes_of(command: &Command) -> Vec<u8> {
    let mut bytes = Vec::new();
    command.encode(&mut bytes);
    bytes
}

/// Those that no history draws, or only with more calendar than is of use here.
fn rare() -> Vec<Command> {
    let found = Found {
        document: [7; 32],
        rules: rich(),
    };
    let change = Change {
        told: found.clone(),
        begins: Some("month".into()),
    };
    let refunds = LateRefunds {
        after_close: AfterClose::ALL[1],
        reversed: 1,
    };
    let mut paths = Paths::default();
    for compressed in [false, true] {
        let path = Path {
            tree: 1,
            compressed,
        };
        paths.add(path, 7);
    }
    let drafts = [
        (LateRefunds::UNSAID, Paths::default()),
        (refunds, Paths::default()),
        (refunds, paths),
    ];
    let drafts = drafts.map(|(refunds, paths)| {
        Verb::DraftPlan(Box::new(DraftPlan {
            set: "main".into(),
            said: Said {
                document: [3; 32],
                refunds,
                paths,
            },
        }))
    });
    let run = PostRun {
        period_type: "month".into(),
        period: "2026-01".into(),
        digest: [5; 32],
        lines: 300,
        payees: 2,
        totals: vec![("EUR".into(), -1), ("USD".into(), 1_000_000)],
    };
    let extend = ExtendCalendar {
        period_type: "month".into(),
        ends: vec![Time(1_000), Time(2_000)],
        labels: vec!["a".into(), "b".into()],
    };
    let activate = ActivatePlan {
        set: "main".into(),
        version: u32::MAX,
    };
    let verbs = [
        Verb::ActivatePlan(Box::new(activate)),
        Verb::Found(Box::new(found)),
        Verb::Change(Box::new(change)),
        Verb::PostRun(Box::new(run)),
        Verb::ExtendCalendar(Box::new(extend)),
        Verb::AdvanceTime,
    ];
    let all = verbs.into_iter().chain(drafts);
    all.map(|verb| Command {
        id: "rare".into(),
        at: Time(1_767_225_600_000),
        verb,
    })
    .collect()
}
