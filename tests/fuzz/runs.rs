//! Files of runs: read whole, by pieces, and by their digest.

use std::path::Path;
use std::sync::LazyLock;

use arborline::store::fault::Fault;
use arborline::store::run_reader::RunFile;
use arborline::store::run_writer::write;
use arborline::store::runs::{Balance, Head, Line, path};

use super::belt::{Answer, answer, hash};
use super::heal;
use super::shelf::Shelf;
use crate::disk::sim::SimDisk;
use crate::log::history::{LOG_ID, directory};

/// Lines and balances of runs, from none to more than a block of them.
const SIZES: [(u64, u64, usize); 4] = [(0, 0, 0), (5, 3, 20), (200, 150, 5_000), (300, 0, 0)];

fn head((lines, balances, standing): (u64, u64, usize), sources: usize) -> Head {
    Head {
        log_id: LOG_ID,
        document: [3; 32],
        period_type: "month".into(),
        period: "2026-01".into(),
        set: "main".into(),
        version: 2,
        payees: lines.div_ceil(2),
        lines,
        balances,
        standing: standing as u64,
        currencies: vec![("EUR".into(), 1_000), ("USD".into(), -5)],
        components: vec![("levels".into(), 100_000_000), ("match".into(), 50)],
        sources: vec![("levels".into(), "2025-12".into()); sources],
    }
}

fn line(number: u64) -> Line {
    Line {
        member: number as u32 / 2,
        component: (number % 2) as u16,
        currency: (number % 2) as u8,
        exact: number as i64 * 1_234_567,
        after: number as i64 * 1_000_000,
        minor: number as i64 * 100,
    }
}

fn balance(number: u64) -> Balance {
    Balance {
        member: number as u32,
        currency: 0,
        earned: number as i64,
        brought: -3,
        payable: number as i64 / 2,
    }
}

static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let disk = SimDisk::new();
    let directory = directory(&disk);
    let made = SIZES.iter().zip([0, 2, 1, 0]).map(|(&size, sources)| {
        let head = head(size, sources);
        let standing = vec![7; size.2];
        let (lines, balances) = ((0..size.0).map(line), (0..size.1).map(balance));
        let unnamed = write(&directory, "draft", &head, lines, balances, &standing);
        let unnamed = unnamed.expect("a disk in order");
        let path = path(&directory, &unnamed.digest);
        unnamed.name().expect("a disk in order");
        Shelf::of(&disk).bytes(&path).to_vec()
    });
    made.collect()
});

pub(super) fn files() -> Vec<Vec<u8>> {
    FILES.clone()
}

/// Everything a file says, in a hash; read at once and, some of it, by pieces.
fn read(bytes: &[u8]) -> Result<u64, Fault> {
    let digest = *blake3::hash(bytes).as_bytes();
    let shelf = Shelf::default();
    let name = path(&shelf.directory(), &digest);
    let shelf = shelf.with(Path::new(&name), bytes);
    let file = RunFile::open(&shelf.directory(), &digest, &LOG_ID)?;
    file.prove(&digest)?;
    assert!(file.prove(&[0; 32]).is_err());
    let lines = file.lines(0, u64::MAX)?;
    let balances = file.balances(0, u64::MAX)?;
    assert_eq!(lines.len() as u64, file.head.lines);
    assert_eq!(balances.len() as u64, file.head.balances);
    for from in [0, file.head.lines / 2, file.head.lines, u64::MAX] {
        let piece = file.lines(from, 3)?;
        let from = lines.len().min(usize::try_from(from).unwrap_or(usize::MAX));
        assert_eq!(piece, lines[from..lines.len().min(from + 3)]);
    }
    for member in [0, 1, 70, u32::MAX] {
        file.lines_of(member)?;
        file.balances_of(member)?;
    }
    let carried: Vec<i64> = balances.iter().map(Balance::carried).collect();
    let standing = file.standing()?;
    assert_eq!(standing.len() as u64, file.head.standing);
    let head = format!("{:?}{lines:?}", file.head);
    Ok(hash((head, carried, standing)))
}

/// A file of a run is read or its damage is named.
pub(super) fn run(bytes: &[u8]) -> Answer {
    answer(&read(bytes).map_err(|fault| fault.to_string()))
}

pub(super) fn run_healed(bytes: &[u8]) -> Answer {
    let mut bytes = bytes.to_vec();
    heal::run(&mut bytes);
    run(&bytes)
}
