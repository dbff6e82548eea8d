//! Calendars: period types expanded to instants and labels in the company's time zone.
//!
//! A cycle cuts all of time into periods by a fixed rule on local dates, whatever the window asked for; expanding in
//! two steps therefore gives what one step gives. The zone table is the one compiled in, so that machines of one
//! version expand alike whatever their system knows of time zones.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};

use crate::base::ids::Text;
use crate::base::time::Time;
use crate::engine::rules::Late;

/// The zone table compiled into the program.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Local date from which every calendar is expanded.
const EPOCH: Date = date(2000, 1, 1);

/// An earlier expansion's end may differ this much from today's zone table and still be the same boundary; no period
/// is that short.
const ZONE_DRIFT_MS: i64 = 3 * 3_600_000;

/// How time is cut into periods, on local dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cycle {
    /// Each day from local midnight.
    Daily,
    /// Seven days from an hour of a weekday.
    Weekly {
        /// The day it starts.
        day: Weekday,
        /// The local hour it starts, 0 to 23.
        hour: i8,
    },
    /// From the 1st and from the 16th.
    SemiMonthly,
    /// Each month.
    Monthly,
    /// Quarters of 13 weeks cut in three; a year starts on the `day` nearest to a date, and a 53rd week lengthens its
    /// last period.
    Weeks {
        /// Weeks of a quarter's three periods, 13 in all.
        pattern: [u8; 3],
        /// The weekday each period starts.
        day: Weekday,
        /// Month and day the year's start lies nearest to.
        nearest: (i8, i8),
    },
    /// Dates told one by one. Time outside them is cut by the calendar year and labelled `unplanned-...`.
    Dates {
        /// First day and label of each period, in order.
        starts: Vec<(Date, Text)>,
        /// The day after the last period.
        end: Date,
    },
}

/// A period type as the document tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeSpec {
    /// The name clients use.
    pub name: Text,
    /// How time is cut.
    pub cycle: Cycle,
    /// Milliseconds after a period's end in which late orders still reach it.
    pub cutoff_ms: i64,
    /// Where an order dated in a period that has rolled goes.
    pub late: Late,
}

/// Every period type of a network with the zone their days are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarSpec {
    /// The company's time zone.
    pub zone: Zone,
    /// The types, in the order of every period vector.
    pub types: Vec<TypeSpec>,
}

/// A time zone with its IANA name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// The IANA name.
    pub name: Text,
    /// Its rules.
    pub rules: TimeZone,
}

/// Periods of one type: each lasts from a start to the next, the last to the end given with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion {
    /// Where the first period starts.
    pub start: Time,
    /// End of each period, increasing.
    pub ends: Vec<Time>,
    /// Label of each period.
    pub labels: Vec<Text>,
}

impl Zone {
    /// The zone of this name in the table compiled in.
    #[must_use]
    pub fn named(name: &str) -> Option<Zone> {
        let rules = ZONES.get(name).ok()?;
        Some(Zone {
            name: Text::from(rules.iana_name().unwrap_or(name)),
            rules,
        })
    }

    /// The instant of a local date and hour; where clocks skip it, the first instant after the gap. None past the
    /// year 9999.
    fn instant(&self, day: Date, hour: i8) -> Option<Time> {
        let zoned = day.at(hour, 0, 0, 0).to_zoned(self.rules.clone()).ok()?;
        Some(Time(zoned.timestamp().as_millisecond()))
    }

    fn local(&self, time: Time) -> DateTime {
        let stamp = Timestamp::from_millisecond(time.0).unwrap_or(Timestamp::UNIX_EPOCH);
        self.rules.to_datetime(stamp)
    }
}

/// Names of all zones in the table compiled in.
#[must_use]
pub fn zone_names() -> Vec<String> {
    ZONES.available().map(|name| name.to_string()).collect()
}

/// The periods of one type from the one that holds 2000-01-01 to the first that ends at or after `until`.
///
/// Costs the number of periods: some 10,000 for days up to now.
#[must_use]
pub fn expand(zone: &Zone, cycle: &Cycle, until: Time) -> Expansion {
    walk(
        zone,
        cycle,
        cycle.first_day(EPOCH.at(0, 0, 0, 0), 0),
        None,
        until,
    )
}

/// The periods that follow an earlier expansion which ended at `ended`, to the first that ends at or after `until`.
///
/// Empty if the calendar reaches `until` already. Costs the number of new periods.
#[must_use]
pub fn extend(zone: &Zone, cycle: &Cycle, ended: Time, until: Time) -> Expansion {
    if ended >= until {
        return Expansion {
            start: ended,
            ends: Vec::new(),
            labels: Vec::new(),
        };
    }
    let local = zone.local(ended.plus_ms(ZONE_DRIFT_MS));
    walk(
        zone,
        cycle,
        cycle.first_day(local, cycle.hour()),
        Some(ended),
        until,
    )
}

/// The shortest period of a cycle that starts between 2000 and 2040, in milliseconds, with its label.
#[must_use]
pub fn shortest(zone: &Zone, cycle: &Cycle) -> (i64, Text) {
    let until = zone.instant(date(2040, 1, 1), 0).expect("2040 is in range");
    let all = expand(zone, cycle, until);
    let starts = std::iter::once(all.start).chain(all.ends.iter().copied());
    starts
        .zip(&all.ends)
        .zip(all.labels)
        .map(|((start, end), label)| (end.0 - start.0, label))
        .min_by_key(|&(length, _)| length)
        .expect("forty years hold a period")
}

/// Walks from the period that starts on `first`; `start` overrides the instant of that start.
fn walk(zone: &Zone, cycle: &Cycle, first: Date, start: Option<Time>, until: Time) -> Expansion {
    let hour = cycle.hour();
    let start = start.or_else(|| zone.instant(first, hour));
    let mut all = Expansion {
        start: start.unwrap_or(Time::MIN),
        ends: Vec::new(),
        labels: Vec::new(),
    };
    let (mut day, mut last) = (first, all.start);
    while last < until {
        let Some(next) = cycle.next(day) else { break };
        let Some(end) = zone.instant(next, hour) else {
            break;
        };
        // A zone that jumps over the date line skips a whole local day: no period for it.
        if end > last {
            all.ends.push(end);
            all.labels.push(cycle.label(day));
            last = end;
        }
        day = next;
    }
    all
}

impl Cycle {
    fn hour(&self) -> i8 {
        match self {
            Cycle::Weekly { hour, .. } => *hour,
            _ => 0,
        }
    }

    /// First day of the period that holds a local time.
    fn first_day(&self, local: DateTime, hour: i8) -> Date {
        let day = match local.checked_sub(Span::new().hours(hour)) {
            Ok(shifted) => shifted.date(),
            Err(_) => local.date(),
        };
        match self {
            Cycle::Daily => day,
            Cycle::Weekly { day: weekday, .. } => {
                back(day, i32::from(day.weekday().since(*weekday)))
            }
            Cycle::SemiMonthly if day.day() >= 16 => back(day, i32::from(day.day() - 16)),
            Cycle::SemiMonthly => day.first_of_month(),
            Cycle::Monthly => day.first_of_month(),
            Cycle::Weeks { .. } => {
                let (mut start, _) = self.year_of(day);
                while let Some(next) = self.next(start).filter(|&next| next <= day) {
                    start = next;
                }
                start
            }
            Cycle::Dates { starts, end } => {
                let year = date(day.year(), 1, 1);
                if day >= *end {
                    return year.max(*end);
                }
                let held = starts.iter().rev().find(|(first, _)| *first <= day);
                held.map_or(year, |&(first, _)| first)
            }
        }
    }

    /// First day of the period after the one that starts on `start`. None past the year 9999.
    fn next(&self, start: Date) -> Option<Date> {
        match self {
            Cycle::Daily => start.checked_add(Span::new().days(1)).ok(),
            Cycle::Weekly { .. } => start.checked_add(Span::new().days(7)).ok(),
            Cycle::SemiMonthly if start.day() == 1 => Some(date(start.year(), start.month(), 16)),
            Cycle::SemiMonthly | Cycle::Monthly => start
                .first_of_month()
                .checked_add(Span::new().months(1))
                .ok(),
            Cycle::Weeks { pattern, .. } => {
                let (year_start, year) = self.year_of(start);
                let index = self.index_in_year(start, year_start);
                if index == 11 {
                    return self.year_start(year.checked_add(1)?);
                }
                start
                    .checked_add(Span::new().weeks(pattern[index % 3]))
                    .ok()
            }
            Cycle::Dates { starts, end } => {
                let next_year = date(start.year(), 1, 1)
                    .checked_add(Span::new().years(1))
                    .ok()?;
                if start >= *end {
                    return Some(next_year);
                }
                let following = starts
                    .iter()
                    .map(|&(first, _)| first)
                    .find(|&first| first > start);
                let planned = starts.first().is_some_and(|&(first, _)| first <= start);
                match (planned, following) {
                    (true, following) => Some(following.unwrap_or(*end)),
                    (false, Some(first)) => Some(first.min(next_year)),
                    (false, None) => Some(next_year),
                }
            }
        }
    }

    fn label(&self, start: Date) -> Text {
        match self {
            Cycle::Monthly => Text::from(format!("{:04}-{:02}", start.year(), start.month())),
            Cycle::Weeks { .. } => {
                let (year_start, year) = self.year_of(start);
                let number = self.index_in_year(start, year_start) + 1;
                Text::from(format!("{year:04}-p{number:02}"))
            }
            Cycle::Dates { starts, .. } => {
                let told = starts.iter().find(|(first, _)| *first == start);
                told.map_or_else(
                    || Text::from(format!("unplanned-{start}")),
                    |(_, label)| label.clone(),
                )
            }
            _ => Text::from(start.to_string()),
        }
    }

    /// Start of a year of weeks: its weekday nearest to the date told.
    fn year_start(&self, year: i16) -> Option<Date> {
        let Cycle::Weeks { day, nearest, .. } = self else {
            return None;
        };
        // Nearest within three days either side: the first such weekday from three days before.
        let earliest = Date::new(year, nearest.0, nearest.1)
            .ok()?
            .checked_sub(Span::new().days(3))
            .ok()?;
        earliest
            .checked_add(Span::new().days(day.since(earliest.weekday())))
            .ok()
    }

    /// The year of weeks that holds a day: its start, and the calendar year its start lies nearest to.
    fn year_of(&self, day: Date) -> (Date, i16) {
        (day.year().saturating_sub(1)..=day.year().saturating_add(1))
            .rev()
            .find_map(|year| Some((self.year_start(year).filter(|&start| start <= day)?, year)))
            .expect("the year before a day has started by then")
    }

    /// Which of the year's 12 periods a day lies in, from 0.
    fn index_in_year(&self, day: Date, year_start: Date) -> usize {
        let Cycle::Weeks { pattern, .. } = self else {
            return 0;
        };
        let weeks = (day - year_start).get_days() / 7;
        let mut end = 0;
        for index in 0..11 {
            end += i32::from(pattern[index % 3]);
            if weeks < end {
                return index;
            }
        }
        11
    }
}

fn back(day: Date, days: i32) -> Date {
    day.checked_sub(Span::new().days(days)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles() -> Vec<Cycle> {
        let told = |day: Date, label: &str| (day, Text::from(label));
        vec![
            Cycle::Daily,
            Cycle::Weekly {
                day: Weekday::Saturday,
                hour: 18,
            },
            Cycle::Weekly {
                day: Weekday::Sunday,
                hour: 2,
            },
            Cycle::SemiMonthly,
            Cycle::Monthly,
            Cycle::Weeks {
                pattern: [4, 4, 5],
                day: Weekday::Sunday,
                nearest: (2, 1),
            },
            Cycle::Weeks {
                pattern: [5, 4, 4],
                day: Weekday::Monday,
                nearest: (1, 1),
            },
            Cycle::Dates {
                starts: vec![
                    told(date(2025, 3, 1), "spring"),
                    told(date(2025, 6, 15), "summer"),
                ],
                end: date(2025, 9, 1),
            },
        ]
    }

    fn at(text: &str) -> Time {
        text.parse().expect(text)
    }

    /// `start label` of each period that starts in a window, one a line.
    fn told(zone: &str, cycle: &Cycle, from: &str, until: &str) -> Vec<String> {
        let zone = Zone::named(zone).expect(zone);
        let all = expand(&zone, cycle, at(until));
        let starts = std::iter::once(all.start).chain(all.ends.iter().copied());
        starts
            .zip(all.labels)
            .filter(|(start, _)| (at(from)..at(until)).contains(start))
            .map(|(start, label)| format!("{start} {label}"))
            .collect()
    }

    #[test]
    fn days_begin_at_local_midnight_whatever_the_clocks_do() {
        let spring = told(
            "Europe/Berlin",
            &Cycle::Daily,
            "2026-03-28T12:00:00Z",
            "2026-03-30T12:00:00Z",
        );
        assert_eq!(
            spring,
            [
                "2026-03-28T23:00:00Z 2026-03-29",
                "2026-03-29T22:00:00Z 2026-03-30"
            ]
        );
        let months = told(
            "America/New_York",
            &Cycle::Monthly,
            "2026-03-01T00:00:00Z",
            "2026-04-30T00:00:00Z",
        );
        assert_eq!(
            months,
            [
                "2026-03-01T05:00:00Z 2026-03",
                "2026-04-01T04:00:00Z 2026-04"
            ]
        );
    }

    #[test]
    fn a_start_in_a_gap_waits_for_its_end() {
        // 02:00 to 03:00 of 2026-03-08 does not exist in New York.
        let weekly = Cycle::Weekly {
            day: Weekday::Sunday,
            hour: 2,
        };
        let weeks = told(
            "America/New_York",
            &weekly,
            "2026-03-01T12:00:00Z",
            "2026-03-16T00:00:00Z",
        );
        assert_eq!(
            weeks,
            [
                "2026-03-08T07:00:00Z 2026-03-08",
                "2026-03-15T06:00:00Z 2026-03-15"
            ]
        );
        // Midnight of 2018-11-04 does not exist in Sao Paulo.
        let days = told(
            "America/Sao_Paulo",
            &Cycle::Daily,
            "2018-11-04T00:00:00Z",
            "2018-11-05T12:00:00Z",
        );
        assert_eq!(
            days,
            [
                "2018-11-04T03:00:00Z 2018-11-04",
                "2018-11-05T02:00:00Z 2018-11-05"
            ]
        );
    }

    #[test]
    fn a_day_that_a_zone_skips_has_no_period() {
        let days = told(
            "Pacific/Apia",
            &Cycle::Daily,
            "2011-12-29T00:00:00Z",
            "2012-01-01T00:00:00Z",
        );
        assert_eq!(
            days,
            [
                "2011-12-29T10:00:00Z 2011-12-29",
                "2011-12-30T10:00:00Z 2011-12-31",
                "2011-12-31T10:00:00Z 2012-01-01"
            ]
        );
    }

    #[test]
    fn a_year_of_weeks_takes_its_53rd_at_the_end() {
        // The US retail calendar: its year 2023 has 53 weeks and ends on 2024-02-03.
        let retail = Cycle::Weeks {
            pattern: [4, 5, 4],
            day: Weekday::Sunday,
            nearest: (2, 1),
        };
        let periods = told(
            "UTC",
            &retail,
            "2023-01-25T00:00:00Z",
            "2024-03-04T00:00:00Z",
        );
        assert_eq!(periods[0], "2023-01-29T00:00:00Z 2023-p01");
        assert_eq!(periods[1], "2023-02-26T00:00:00Z 2023-p02");
        assert_eq!(periods[11], "2023-12-31T00:00:00Z 2023-p12");
        assert_eq!(
            periods[12..],
            [
                "2024-02-04T00:00:00Z 2024-p01",
                "2024-03-03T00:00:00Z 2024-p02"
            ]
        );
    }

    #[test]
    fn time_outside_told_dates_is_cut_by_the_year() {
        let dates = cycles().pop().expect("the last");
        let periods = told(
            "UTC",
            &dates,
            "2023-06-01T00:00:00Z",
            "2027-01-02T00:00:00Z",
        );
        assert_eq!(
            periods,
            [
                "2024-01-01T00:00:00Z unplanned-2024-01-01",
                "2025-01-01T00:00:00Z unplanned-2025-01-01",
                "2025-03-01T00:00:00Z spring",
                "2025-06-15T00:00:00Z summer",
                "2025-09-01T00:00:00Z unplanned-2025-09-01",
                "2026-01-01T00:00:00Z unplanned-2026-01-01",
                "2027-01-01T00:00:00Z unplanned-2027-01-01",
            ]
        );
    }

    #[test]
    fn two_steps_give_what_one_gives() {
        for zone in [
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Pacific/Apia",
            "Asia/Kathmandu",
        ] {
            let zone = Zone::named(zone).expect(zone);
            for cycle in cycles() {
                let whole = expand(&zone, &cycle, at("2027-06-01T00:00:00Z"));
                assert!(whole.ends.is_sorted_by(|a, b| a < b), "{cycle:?}");
                for day in 0..400 {
                    let middle = at("2025-01-01T07:30:00Z").plus_ms(day * 86_400_000);
                    let mut steps = expand(&zone, &cycle, middle);
                    let ended = *steps.ends.last().expect("periods");
                    let more = extend(&zone, &cycle, ended, at("2027-06-01T00:00:00Z"));
                    assert_eq!(more.start, ended);
                    steps.ends.extend(more.ends);
                    steps.labels.extend(more.labels);
                    assert_eq!(steps, whole, "{} {cycle:?} from day {day}", zone.name);
                }
            }
        }
    }

    #[test]
    fn a_zone_table_that_moved_a_boundary_makes_no_sliver() {
        let zone = Zone::named("Europe/Berlin").expect("Berlin");
        // An earlier table had the month end an hour later, or an hour sooner.
        for drift in [-3_600_000, 3_600_000] {
            let ended = at("2026-03-31T22:00:00Z").plus_ms(drift);
            let more = extend(&zone, &Cycle::Monthly, ended, at("2026-05-01T12:00:00Z"));
            assert_eq!(more.labels, ["2026-04", "2026-05"]);
            assert_eq!(
                more.ends,
                [at("2026-04-30T22:00:00Z"), at("2026-05-31T22:00:00Z")]
            );
        }
    }

    #[test]
    fn calendars_end_quietly_at_the_end_of_time() {
        let zone = Zone::named("UTC").expect("UTC");
        let last = extend(
            &zone,
            &Cycle::Monthly,
            at("9999-10-01T00:00:00Z"),
            Time::MAX,
        );
        assert_eq!(last.labels, ["9999-10", "9999-11"]);
    }
}
