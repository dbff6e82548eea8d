//! Reads members and orders from CSV to measure them: the real network, or one written by `generate`.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use crate::distribution::{Portrait, Spread};
use crate::enrollers::NO_PARENT;

/// Measures the network in `members.csv` and `orders.csv` of a folder.
///
/// Columns are taken by place: id and enroller of a member; buyer (second) of an order and its column `amount`.
/// Members may stand in any order, also before their enrollers.
///
/// # Errors
/// When a file cannot be read, a row names an unknown member, or enrollers go round in a circle.
pub fn portrait(folder: &Path) -> Result<Portrait, Box<dyn Error>> {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut named = Vec::new();
    let mut members = csv::Reader::from_path(folder.join("members.csv"))?;
    for (number, row) in members.records().enumerate() {
        let row = row?;
        numbers.insert(cell(&row, 0)?.to_owned(), u32::try_from(number)?);
        named.push(cell(&row, 1)?.to_owned());
    }
    let mut enrollers = Vec::with_capacity(named.len());
    for name in &named {
        enrollers.push(match name.as_str() {
            "" => NO_PARENT,
            _ => *numbers
                .get(name)
                .ok_or_else(|| format!("enroller {name} is not in members.csv"))?,
        });
    }
    let mut portrait = Portrait::of_tree(&parents_first(&enrollers)?);
    let mut each = vec![0; enrollers.len()];
    let mut cents = Vec::new();
    let mut orders = csv::Reader::from_path(folder.join("orders.csv"))?;
    let amount = orders
        .headers()?
        .iter()
        .position(|name| name == "amount")
        .ok_or("orders.csv has no column `amount`")?;
    for row in orders.records() {
        let row = row?;
        let buyer = cell(&row, 1)?;
        let number = numbers
            .get(buyer)
            .ok_or_else(|| format!("buyer {buyer} is not in members.csv"))?;
        each[*number as usize] += 1;
        cents.push(to_cents(cell(&row, amount)?)?);
    }
    portrait.orders = Spread::of(each);
    portrait.amount = Spread::of(cents);
    Ok(portrait)
}

fn cell(row: &csv::StringRecord, place: usize) -> Result<&str, String> {
    row.get(place).ok_or_else(|| {
        format!(
            "a row of {} columns has none at place {}",
            row.len(),
            place + 1
        )
    })
}

fn to_cents(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is not an amount with at most two places");
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    let whole: u32 = whole.parse().map_err(|_| wrong())?;
    let places: u32 = match places.len() {
        1 => places.parse::<u32>().map_err(|_| wrong())? * 10,
        2 => places.parse().map_err(|_| wrong())?,
        _ => return Err(wrong()),
    };
    Ok(whole * 100 + places)
}

/// The same tree numbered so that every parent comes before his children.
fn parents_first(parents: &[u32]) -> Result<Vec<u32>, String> {
    let mut new_number = vec![NO_PARENT; parents.len()];
    let mut ordered = Vec::with_capacity(parents.len());
    for start in 0..parents.len() {
        let mut path = Vec::new();
        let mut member = u32::try_from(start).expect("numbers fit 32 bits");
        while member != NO_PARENT && new_number[member as usize] == NO_PARENT {
            path.push(member);
            if path.len() > parents.len() {
                return Err(format!(
                    "the enrollers above row {} go round in a circle",
                    start + 1
                ));
            }
            member = parents[member as usize];
        }
        for &member in path.iter().rev() {
            new_number[member as usize] = u32::try_from(ordered.len()).expect("fits 32 bits");
            ordered.push(match parents[member as usize] {
                NO_PARENT => NO_PARENT,
                above => new_number[above as usize],
            });
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_network_is_read_whole() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/real-network");
        let real = portrait(&folder).expect("the bundled network");
        assert_eq!((real.depth.count, real.amount.count), (4_016, 5_007));
        assert_eq!(
            (real.depth.max, real.frontline.max, real.orders.max),
            (27, 42, 6)
        );
        assert_eq!(format!("{:.2}", real.amount.mean), "13202.52");
    }

    #[test]
    fn children_may_stand_before_their_parents_but_not_in_a_circle() {
        assert_eq!(parents_first(&[2, NO_PARENT, 1]), Ok(vec![NO_PARENT, 0, 1]));
        assert!(parents_first(&[1, 0]).is_err());
    }

    #[test]
    fn amounts_are_exact() {
        assert_eq!(to_cents("120.00"), Ok(12_000));
        assert_eq!(to_cents("7"), Ok(700));
        assert_eq!(to_cents("0.5"), Ok(50));
        for bad in ["", "x", "1.234", "-1"] {
            assert!(to_cents(bad).is_err(), "{bad}");
        }
    }
}
