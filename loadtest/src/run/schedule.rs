//! When requests are due.

use crate::random::Random;
use crate::run::arguments::Arrival;

/// Instants of an open-loop stream in nanoseconds from its start, in order, all before `seconds`.
///
/// They stand before the first request is sent, so nothing the server does can move them.
#[must_use]
pub fn arrivals(rate: f64, seconds: f64, arrival: Arrival, seed: u64) -> Vec<u64> {
    let mut random = Random::new(seed);
    let mut due = Vec::with_capacity((rate * seconds) as usize + 1);
    let mut at = match arrival {
        Arrival::Steady => 0.0,
        Arrival::Poisson => gap(&mut random) / rate,
    };
    while at < seconds {
        due.push((at * 1e9) as u64);
        at = match arrival {
            // Counted from the start each time: adding up gaps would drift.
            Arrival::Steady => due.len() as f64 / rate,
            Arrival::Poisson => at + gap(&mut random) / rate,
        };
    }
    due
}

/// A gap of mean 1, exponentially spread.
fn gap(random: &mut Random) -> f64 {
    let above_zero = ((random.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64;
    -above_zero.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_arrivals_are_evenly_spaced() {
        let due = arrivals(250.0, 2.0, Arrival::Steady, 1);
        assert_eq!(due.len(), 500);
        assert_eq!((due[0], due[1], due[499]), (0, 4_000_000, 1_996_000_000));
    }

    #[test]
    fn poisson_arrivals_keep_the_rate_and_the_seed() {
        let due = arrivals(1_000.0, 20.0, Arrival::Poisson, 7);
        assert!((19_300..20_700).contains(&due.len()), "{}", due.len());
        assert!(due.is_sorted() && due[due.len() - 1] < 20_000_000_000);
        assert_eq!(due, arrivals(1_000.0, 20.0, Arrival::Poisson, 7));
        assert_ne!(due, arrivals(1_000.0, 20.0, Arrival::Poisson, 8));
        // Exponential gaps: a share of 1/e is longer than the mean.
        let long = due
            .windows(2)
            .filter(|pair| pair[1] - pair[0] > 1_000_000)
            .count();
        let share = long as f64 / due.len() as f64;
        assert!((0.34..0.40).contains(&share), "{share}");
    }

    #[test]
    fn no_time_means_no_requests() {
        assert!(arrivals(100.0, 0.0, Arrival::Steady, 1).is_empty());
    }
}
