//! Clocks and the table.

use rustix::time::{ClockId, clock_gettime};

/// Processor time of this thread in nanoseconds: others' work on the machine is not in it, but for the caches.
pub(crate) fn cpu() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Runs `work` and gives its nanoseconds of CPU.
pub(crate) fn time(work: impl FnOnce()) -> u64 {
    let start = cpu();
    work();
    cpu() - start
}

/// Runs `work` and gives its nanoseconds by the clock on the wall: of what more than one thread does.
pub(crate) fn by_the_clock(work: impl FnOnce()) -> u64 {
    let start = std::time::Instant::now();
    work();
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds of CPU a reading of the clock costs itself, to be taken off single measurements.
pub(crate) fn overhead() -> u64 {
    let mut all: Vec<u64> = (0..1_001).map(|_| time(|| ())).collect();
    all.sort_unstable();
    all[500]
}

/// Resident memory of this process in bytes.
pub(crate) fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm
        .split_whitespace()
        .nth(1)
        .and_then(|field| field.parse().ok())
        .unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

/// The median.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints the head of the table.
pub(crate) fn heading(members: u32) {
    println!("{members} members\n");
    println!(
        "{:<78}{:>10}{:>10}{:>10}{:>12}",
        "", "median", "least", "most", "must reach"
    );
}

/// Prints one row: the median of its values, the least and the greatest, and whether the floor is reached.
pub(crate) fn row(name: &str, unit: &str, values: &[f64], floor: Option<f64>) {
    let middle = median(values.to_vec());
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let must = match floor {
        None => String::new(),
        Some(floor) if middle <= floor => format!("<= {floor}"),
        Some(floor) => format!("<= {floor} !"),
    };
    println!(
        "{:<78}{middle:>10.3}{least:>10.3}{most:>10.3}{must:>12}",
        format!("{name}, {unit}")
    );
}

/// Prints a single value.
pub(crate) fn single(name: &str, unit: &str, value: f64, floor: Option<f64>) {
    row(name, unit, &[value], floor);
}

/// Microseconds an item of repeated runs over `items` items.
pub(crate) fn per_item(repeats: &[u64], items: usize) -> Vec<f64> {
    repeats
        .iter()
        .map(|&nanoseconds| nanoseconds as f64 / 1e3 / items as f64)
        .collect()
}
