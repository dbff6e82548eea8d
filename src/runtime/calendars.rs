//! Periods to come: calendars are expanded here and logged, so that the engine never reads a time zone.

use crate::base::time::{DAY_MS, Time};
use crate::document::calendar;
use crate::document::network::{self, Network};
use crate::engine::command::calendar::ExtendCalendar;
use crate::engine::rules::ClockMode;
use crate::engine::state::State;

/// A calendar that ends sooner than this after machine time is extended.
const AHEAD_MS_MIN: i64 = 200 * DAY_MS;
/// How far after machine time it then reaches.
const AHEAD_MS: i64 = 400 * DAY_MS;

/// Keeps the calendars of one network ahead of time.
pub struct Calendars {
    /// BLAKE3 of the document they follow.
    document: [u8; 32],
    network: Option<Network>,
    clock: ClockMode,
    /// By period type: where the calendar ended when it was last extended, so that nothing is asked twice.
    asked: Vec<Time>,
}

impl Calendars {
    /// The calendars of a founded network whose document has these bytes. A document that this program cannot read
    /// any more leaves the calendars as they are.
    #[must_use]
    pub fn new(document: &[u8], clock: ClockMode) -> Calendars {
        let text = std::str::from_utf8(document).ok();
        let network = text.and_then(|text| network::parse(text).ok());
        if network.is_none() {
            tracing::warn!("the network document cannot be read: calendars will not be extended");
        }
        Calendars {
            document: *blake3::hash(document).as_bytes(),
            network,
            clock,
            asked: Vec::new(),
        }
    }

    /// The calendars of no network.
    #[must_use]
    pub fn none() -> Calendars {
        Calendars {
            document: [0; 32],
            network: None,
            clock: ClockMode::Events,
            asked: Vec::new(),
        }
    }

    /// Whether the network has another document by now.
    #[must_use]
    pub fn are_of_another(&self, document: &[u8; 32]) -> bool {
        self.document != *document
    }

    /// Where machine time comes from.
    #[must_use]
    pub fn clock(&self) -> ClockMode {
        self.clock
    }

    /// What must be logged for every calendar to reach far enough past machine time, which under the wall clock is at
    /// least `now`. Nothing is told twice.
    #[must_use]
    pub fn due(&mut self, state: &State, now: Time) -> Vec<ExtendCalendar> {
        let (Some(network), Some(rules)) = (&self.network, &state.rules) else {
            return Vec::new();
        };
        let time = match self.clock {
            ClockMode::Wall => now.max(state.as_of_time),
            ClockMode::Events => state.as_of_time,
        };
        self.asked.resize(rules.period_types.len(), Time::MIN);
        let mut due = Vec::new();
        for (index, known) in rules.period_types.iter().enumerate() {
            let ended = state.periods.get(index).calendar_end();
            let mut specs = network.calendar.types.iter();
            let spec = specs.find(|spec| spec.name == known.name);
            let Some(spec) = spec.filter(|_| ended < time.plus_ms(AHEAD_MS_MIN)) else {
                continue;
            };
            if std::mem::replace(&mut self.asked[index], ended) == ended {
                continue;
            }
            let zone = &network.calendar.zone;
            let more = calendar::extend(zone, &spec.cycle, ended, time.plus_ms(AHEAD_MS));
            if !more.ends.is_empty() {
                due.push(ExtendCalendar {
                    period_type: known.name.clone(),
                    ends: more.ends,
                    labels: more.labels,
                });
            }
        }
        due
    }
}
