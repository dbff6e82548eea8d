//! The `periods` list of a network document.

use jiff::civil::{Date, Weekday};

use crate::base::ids::Text;
use crate::base::limits::PERIOD_TYPES_MAX;
use crate::document::calendar::{Cycle, TypeSpec, Zone, shortest};
use crate::document::names::{check_name, check_unique};
use crate::document::reader::{Field, Section};
use crate::engine::rules::Late;

const HOUR_MS: i64 = 3_600_000;

const TYPES: [(&str, Shape); 8] = [
    ("daily", Shape::Daily),
    ("weekly", Shape::Weekly),
    ("semi_monthly", Shape::SemiMonthly),
    ("monthly", Shape::Monthly),
    ("4-4-5", Shape::Weeks([4, 4, 5])),
    ("4-5-4", Shape::Weeks([4, 5, 4])),
    ("5-4-4", Shape::Weeks([5, 4, 4])),
    ("dates", Shape::Dates),
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The word under `type`, before its own fields are read.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Daily,
    Weekly,
    SemiMonthly,
    Monthly,
    Weeks([u8; 3]),
    Dates,
}

/// Reads the list of period types, one month where there is none; and the names of all, of the refused ones too, so
/// that a field which refers to one of those is not refused as well.
pub fn read(root: &Section, zone: Option<&Zone>) -> (Vec<TypeSpec>, Vec<Text>) {
    let allowed = format!("a list [[periods]] of 1 to {PERIOD_TYPES_MAX} period types");
    let Some(field) = root.field("periods") else {
        let month = TypeSpec {
            name: Text::from("month"),
            cycle: Cycle::Monthly,
            cutoff_ms: 0,
            late: Late::Current,
        };
        return (vec![month], vec![Text::from("month")]);
    };
    let Some(fields) = field.list(&allowed) else {
        return (Vec::new(), Vec::new());
    };
    if fields.is_empty() || fields.len() > PERIOD_TYPES_MAX {
        field.refuse(&allowed, None);
    }
    let (mut types, mut names): (Vec<TypeSpec>, Vec<Text>) = (Vec::new(), Vec::new());
    for field in &fields {
        let Some(section) = field.section("a table with name and type") else {
            continue;
        };
        let Some(name) = section.required("name", "a name such as \"month\"") else {
            read_type(&section, zone);
            continue;
        };
        let checked = check_name(&name)
            .filter(|text| check_unique(&name, text, names.iter().map(|known| known.as_str())));
        names.extend(checked.clone());
        if let (Some(name), Some(spec)) = (checked, read_type(&section, zone)) {
            types.push(TypeSpec { name, ..spec });
        }
    }
    (types, names)
}

/// Reads one period type; its name is filled in by the caller.
fn read_type(section: &Section, zone: Option<&Zone>) -> Option<TypeSpec> {
    let words: Vec<&str> = TYPES.iter().map(|&(word, _)| word).collect();
    let shape = section
        .required("type", &words.join(", "))?
        .choice(&TYPES)?;
    let own: &[&str] = match shape {
        Shape::Weekly => &["day", "hour"],
        Shape::Weeks(_) => &["day", "nearest"],
        Shape::Dates => &["starts", "end"],
        Shape::Daily | Shape::SemiMonthly | Shape::Monthly => &[],
    };
    section.only(&[&["name", "type", "cutoff", "late"], own].concat());
    let cycle = match shape {
        Shape::Daily => Some(Cycle::Daily),
        Shape::SemiMonthly => Some(Cycle::SemiMonthly),
        Shape::Monthly => Some(Cycle::Monthly),
        Shape::Weekly => weekly(section),
        Shape::Weeks(pattern) => weeks(section, pattern),
        Shape::Dates => dates(section),
    };
    let late = section.field("late").map_or(Some(Late::Current), |field| {
        field.choice(&[("current", Late::Current), ("own", Late::Own)])
    });
    let cutoff_ms = section
        .field("cutoff")
        .map_or(Some(0), |field| cutoff(&field));
    let (cycle, late, cutoff_ms) = (cycle?, late?, cutoff_ms?);
    check_late(section, late, cutoff_ms);
    if let (Some(zone), Some(field)) = (zone, section.field("cutoff")) {
        check_cutoff(&field, zone, &cycle, cutoff_ms);
    }
    Some(TypeSpec {
        name: Text::default(),
        cycle,
        cutoff_ms,
        late,
    })
}

fn weekday(field: &Field) -> Option<Weekday> {
    field.choice(&WEEKDAYS)
}

fn weekly(section: &Section) -> Option<Cycle> {
    let day = section
        .field("day")
        .map_or(Some(Weekday::Monday), |field| weekday(&field));
    let hour = section
        .field("hour")
        .map_or(Some(0), |field| field.integer(0..=23));
    Some(Cycle::Weekly {
        day: day?,
        hour: i8::try_from(hour?).expect("an hour of the day"),
    })
}

fn weeks(section: &Section, pattern: [u8; 3]) -> Option<Cycle> {
    let day = section
        .required(
            "day",
            "the weekday every period starts on, such as \"sunday\"",
        )
        .and_then(|field| weekday(&field));
    let allowed = "a month and day such as \"02-01\": each year starts on the `day` nearest to it";
    let nearest = section.required("nearest", allowed).and_then(|field| {
        let text = field.text(allowed)?;
        // A year without a leap day: the anchor must stand in every year.
        let read = format!("2001-{text}")
            .parse::<Date>()
            .ok()
            .filter(|_| text.len() == 5);
        if read.is_none() {
            field.refuse(allowed, None);
        }
        read.map(|date| (date.month(), date.day()))
    });
    Some(Cycle::Weeks {
        pattern,
        day: day?,
        nearest: nearest?,
    })
}

fn dates(section: &Section) -> Option<Cycle> {
    let allowed = "a list of { label = \"...\", start = \"YYYY-MM-DD\" } in order of time";
    let list = section.required("starts", allowed).and_then(|field| {
        let list = field.list(allowed)?;
        if list.is_empty() {
            field.refuse(allowed, None);
        }
        Some(list)
    });
    let end = section
        .required(
            "end",
            "the day after the last period, such as \"2027-01-01\"",
        )
        .and_then(|field| Some((day(&field)?, field)));
    let mut starts: Vec<(Date, Text)> = Vec::new();
    let list = list?;
    for field in &list {
        let Some(entry) = field.section(allowed) else {
            continue;
        };
        entry.only(&["label", "start"]);
        let label = entry
            .required("label", "a label such as \"spring-2026\"")
            .and_then(|field| {
                let text = check_name(&field)?;
                check_unique(
                    &field,
                    &text,
                    starts.iter().map(|(_, known)| known.as_str()),
                )
                .then_some(text)
            });
        let start = entry
            .required("start", "a day such as \"2026-03-01\"")
            .and_then(|field| {
                let start = day(&field)?;
                let last = starts.last().map(|&(last, _)| last);
                if let Some(last) = last.filter(|&last| start <= last) {
                    field.refuse(
                        &format!("a day after {last}"),
                        Some("list periods in order of time".to_owned()),
                    );
                }
                Some(start)
            });
        if let (Some(label), Some(start)) = (label, start) {
            starts.push((start, label));
        }
    }
    let (end, field) = end?;
    let &(last, _) = starts.last().filter(|_| starts.len() == list.len())?;
    if end <= last {
        field.refuse(&format!("a day after the last start, {last}"), None);
        return None;
    }
    Some(Cycle::Dates { starts, end })
}

/// A day, in quotes or as TOML writes days.
fn day(field: &Field) -> Option<Date> {
    let raw = field
        .as_text()
        .map(str::to_owned)
        .or_else(|| field.scalar());
    let day = raw
        .filter(|raw| raw.len() == 10)
        .and_then(|raw| raw.parse::<Date>().ok());
    let day = day.filter(|day| (2000..=9000).contains(&day.year()));
    if day.is_none() {
        field.refuse("a day from the year 2000 on, such as \"2026-03-01\"", None);
    }
    day
}

/// A length of time such as `14d`, `36h` or `0`, in milliseconds.
fn cutoff(field: &Field) -> Option<i64> {
    let allowed = "a length of time such as \"14d\", \"36h\", \"90m\" or \"0\"";
    let text = match field.scalar() {
        Some(zero) if zero == "0" => zero,
        _ => field.text(allowed)?.to_owned(),
    };
    let (digits, unit) = text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    );
    let unit_ms = match unit.trim() {
        "d" => 24 * HOUR_MS,
        "h" => HOUR_MS,
        "m" => HOUR_MS / 60,
        "" if digits == "0" => 1,
        _ => 0,
    };
    let count = digits
        .parse::<i64>()
        .ok()
        .filter(|&count| count <= 1_000_000);
    match count {
        Some(count) if unit_ms > 0 => Some(count * unit_ms),
        _ => {
            field.refuse(allowed, None);
            None
        }
    }
}

/// A policy for late orders needs a time in which they can be late.
fn check_late(section: &Section, late: Late, cutoff_ms: i64) {
    if late == Late::Own && cutoff_ms == 0 {
        section.missing(
            "cutoff",
            "a length of time above 0 where late = \"own\"",
            Some(
                "without it a period closes when it ends, and late orders have no way back into it"
                    .to_owned(),
            ),
        );
    }
}

/// At most one period of a type may wait for its close, so a cutoff ends before the next period does.
fn check_cutoff(field: &Field, zone: &Zone, cycle: &Cycle, cutoff_ms: i64) {
    let (length, label) = shortest(zone, cycle);
    if cutoff_ms > length {
        field.refuse(
            &format!(
                "at most {}, so that only one period waits for its close",
                hours(length)
            ),
            Some(format!("period {label} is that short in {}", zone.name)),
        );
    }
}

fn hours(ms: i64) -> String {
    if ms % (24 * HOUR_MS) == 0 {
        format!("{}d", ms / (24 * HOUR_MS))
    } else if ms % HOUR_MS == 0 {
        format!("{}h", ms / HOUR_MS)
    } else {
        format!("{}m", ms / (HOUR_MS / 60))
    }
}
