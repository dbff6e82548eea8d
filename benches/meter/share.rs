//! How busy the machine was with other work, from `/proc`: a figure that waits for the disk means little without.

/// How much of the machine other processes (and the host) took meanwhile.
pub(crate) struct Share {
    machine: (u64, u64),
    own: u64,
}

impl Share {
    /// Begins now.
    pub(crate) fn start() -> Share {
        Share {
            machine: machine_ticks(),
            own: own_ticks(),
        }
    }

    /// The share of all cores that others took since.
    pub(crate) fn others(&self) -> f64 {
        let (busy, all) = machine_ticks();
        let own = own_ticks() - self.own;
        (busy - self.machine.0).saturating_sub(own) as f64 / (all - self.machine.1).max(1) as f64
    }

    /// Seconds of CPU that this process took since.
    pub(crate) fn own_seconds(&self) -> f64 {
        (own_ticks() - self.own) as f64 / rustix::param::clock_ticks_per_second() as f64
    }
}

/// Busy and all ticks of all cores, from `/proc/stat`.
fn machine_ticks() -> (u64, u64) {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = line
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|n| n.parse().ok())
        .collect();
    let idle: u64 = ticks.iter().skip(3).take(2).sum();
    let all: u64 = ticks.iter().sum();
    (all - idle, all)
}

/// Our own ticks, user and system, from `/proc/self/stat`.
fn own_ticks() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}
