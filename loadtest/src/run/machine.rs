//! What the kernel says of processors and memory (`/proc`).

use std::fs;

/// Ticks since boot, and resident memory, at one instant.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample {
    /// All processors: busy and idle together.
    pub total: u64,
    /// All processors: not idle.
    pub busy: u64,
    /// This process.
    pub own: u64,
    /// The server, 0 if its process is not known.
    pub server: u64,
    /// Resident memory of the server now and at its peak, in KiB.
    pub memory: (u64, u64),
}

impl Sample {
    /// Reads the present figures; those that cannot be read are zero.
    #[must_use]
    pub fn take(server: Option<u32>) -> Sample {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (total, busy) = processors(&read("/proc/stat"));
        let mut sample = Sample {
            total,
            busy,
            own: process(&read("/proc/self/stat")),
            ..Sample::default()
        };
        if let Some(pid) = server {
            sample.server = process(&read(&format!("/proc/{pid}/stat")));
            sample.memory = memory(&read(&format!("/proc/{pid}/status")));
        }
        sample
    }
}

/// Shares of all processors between two samples, 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Shares {
    /// The server, if its process is known.
    pub server: f64,
    /// This load generator.
    pub generator: f64,
    /// Everybody else: the more, the less the run's figures mean. Without a known server it is part of this.
    pub others: f64,
    /// Nobody.
    pub idle: f64,
}

impl Shares {
    /// Between `before` and `after`; all zero when no time passed.
    #[must_use]
    pub fn between(before: &Sample, after: &Sample) -> Shares {
        let total = after.total.saturating_sub(before.total) as f64;
        if total == 0.0 {
            return Shares::default();
        }
        let share = |of: fn(&Sample) -> u64| of(after).saturating_sub(of(before)) as f64 / total;
        let (server, generator, busy) = (share(|s| s.server), share(|s| s.own), share(|s| s.busy));
        Shares {
            server,
            generator,
            others: (busy - server - generator).max(0.0),
            idle: 1.0 - busy,
        }
    }
}

/// Seconds of CPU the server used between two samples.
#[must_use]
pub fn server_seconds(before: &Sample, after: &Sample) -> f64 {
    after.server.saturating_sub(before.server) as f64
        / rustix::param::clock_ticks_per_second() as f64
}

/// All and busy ticks from the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal;
/// guests are counted in user already.
fn processors(stat: &str) -> (u64, u64) {
    let ticks: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .take(8)
        .map(|field| field.parse().unwrap_or(0))
        .collect();
    let total: u64 = ticks.iter().sum();
    let idle: u64 = ticks.iter().skip(3).take(2).sum();
    (total, total - idle)
}

/// User and system ticks of a process; its name may hold blanks and brackets.
fn process(stat: &str) -> u64 {
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse().unwrap_or(0))
        .sum()
}

/// `VmRSS` and `VmHWM` in KiB.
fn memory(status: &str) -> (u64, u64) {
    let field = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .unwrap_or(0)
    };
    (field("VmRSS:"), field("VmHWM:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_read() {
        let stat = "cpu  100 1 50 800 9 5 5 30 7 0\ncpu0 1 2 3\n";
        assert_eq!(processors(stat), (1000, 191));
        let line = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 70 30 0 0 20 0";
        assert_eq!(process(line), 100);
        assert_eq!(
            memory("Name:\tx\nVmHWM:\t  20 kB\nVmRSS:\t  12 kB\n"),
            (12, 20)
        );
        assert_eq!(
            (processors(""), process(""), memory("")),
            ((0, 0), 0, (0, 0))
        );
    }

    #[test]
    fn shares_add_up() {
        let before = Sample::default();
        let after = Sample {
            total: 1000,
            busy: 700,
            own: 100,
            server: 500,
            memory: (0, 0),
        };
        let shares = Shares::between(&before, &after);
        assert_eq!((shares.server, shares.generator), (0.5, 0.1));
        assert!((shares.others - 0.1).abs() < 1e-9 && (shares.idle - 0.3).abs() < 1e-9);
        assert_eq!(Shares::between(&after, &after), Shares::default());
    }
}
