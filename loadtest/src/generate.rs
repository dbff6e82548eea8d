//! `generate`: writes a network to two CSV files and tells what it looks like.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::distribution::{Portrait, Spread, depths, table};
use crate::enrollers::{NO_PARENT, Shape};
use crate::legs::{LEFT, Legs};
use crate::names::{day_start, instant, member_id, order_id, push_cents};
use crate::network::{Network, Wish};
use crate::orders::{Orders, Span};
use crate::real;

/// Flags of `generate`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Members, 1,000 to 10,000,000 (any number works)
    #[arg(long, default_value_t = 100_000)]
    pub members: u32,
    /// How the enroller tree grows
    #[arg(long, value_enum, default_value_t = Shape::Attachment)]
    pub shape: Shape,
    /// Also seat every distributor in a binary tree, below his enroller
    #[arg(long, value_enum)]
    pub binary: Option<Legs>,
    /// Of 100 members who enrolled nobody, how many are customers or preferred customers
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub customers: u32,
    /// Orders for every 100 members (the real network has 125)
    #[arg(long, default_value_t = 125)]
    pub orders_per_hundred: u32,
    /// First day, UTC
    #[arg(long, default_value = "2026-01-01")]
    pub start: String,
    /// Days over which members join
    #[arg(long, default_value_t = 28)]
    pub days: u64,
    /// Seed: the same flags and seed write the same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for members.csv and orders.csv, made if missing
    #[arg(long, default_value = ".")]
    pub out: PathBuf,
    /// Folder of another network (members.csv, orders.csv) to set beside this one
    #[arg(long, value_name = "FOLDER")]
    pub compare: Option<PathBuf>,
}

/// Grows the network, writes both files, prints the table.
///
/// Memory: about 70 bytes a member at the peak. Time: about 2 us a member.
///
/// # Errors
/// When a flag makes no sense, or a file cannot be read or written.
pub fn generate(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let other = match &arguments.compare {
        Some(folder) => Some(real::portrait(folder)?),
        None => None,
    };
    let span = Span {
        start: day_start(&arguments.start)?,
        seconds: arguments.days * 86_400,
        members: arguments.members,
    };
    let network = Network::grow(&Wish {
        shape: arguments.shape,
        binary: arguments.binary,
        members: arguments.members,
        customers: arguments.customers,
        seed: arguments.seed,
    });
    std::fs::create_dir_all(&arguments.out)?;
    write_members(&arguments.out.join("members.csv"), &network, &span)?;
    let mut portrait = Portrait::of_tree(&network.enrollers);
    if !network.seats.is_empty() {
        portrait.binary_depth = Some(binary_depth(&network));
    }
    drop(network);
    let orders = Orders::new(span, arguments.orders_per_hundred, arguments.seed);
    (portrait.orders, portrait.amount) =
        write_orders(&arguments.out.join("orders.csv"), orders, arguments.members)?;
    let mut columns = vec![("generated", &portrait)];
    columns.extend(other.iter().map(|real| ("compared with", real)));
    print!("{}", table(&columns));
    Ok(())
}

fn binary_depth(network: &Network) -> Spread {
    let parents: Vec<u32> = network.seats.iter().map(|&(parent, _)| parent).collect();
    let mut all = depths(&parents);
    // Those without a seat look like roots; there is one root only.
    let mut member = 0;
    all.retain(|_| {
        let seated = member == 0 || parents[member] != NO_PARENT;
        member += 1;
        seated
    });
    Spread::of(all)
}

fn write_members(path: &Path, network: &Network, span: &Span) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let binary = !network.seats.is_empty();
    out.write_all(b"member,enroller,joined_at,kind")?;
    out.write_all(if binary {
        b",binary_parent,binary_leg\n"
    } else {
        b"\n"
    })?;
    let mut line = Vec::with_capacity(128);
    for (member, (&enroller, kind)) in (0..).zip(network.enrollers.iter().zip(&network.kinds)) {
        line.clear();
        line.extend_from_slice(&member_id(member));
        line.push(b',');
        if enroller != NO_PARENT {
            line.extend_from_slice(&member_id(enroller));
        }
        line.push(b',');
        line.extend_from_slice(&instant(span.joined_at(member)));
        line.push(b',');
        line.extend_from_slice(kind.word().as_bytes());
        if binary {
            let (parent, leg) = network.seats[member as usize];
            line.push(b',');
            if parent != NO_PARENT {
                line.extend_from_slice(&member_id(parent));
            }
            line.extend_from_slice(match (parent, leg) {
                (NO_PARENT, _) => b",",
                (_, LEFT) => b",left",
                _ => b",right",
            });
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    out.flush()
}

fn write_orders(path: &Path, orders: Orders, members: u32) -> std::io::Result<(Spread, Spread)> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(b"order,member,ordered_at,amount,cv,pv\n")?;
    let mut each = vec![0; members as usize];
    let mut amounts = Vec::new();
    let mut line = Vec::with_capacity(128);
    for order in orders {
        each[order.member as usize] += 1;
        amounts.push(order.cents);
        line.clear();
        line.extend_from_slice(&order_id(order.number));
        line.push(b',');
        line.extend_from_slice(&member_id(order.member));
        line.push(b',');
        line.extend_from_slice(&instant(order.at));
        for cents in [order.cents, order.cents, order.pv_cents()] {
            line.push(b',');
            push_cents(&mut line, cents);
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    out.flush()?;
    Ok((Spread::of(each), Spread::of(amounts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(out: &Path) -> Arguments {
        Arguments {
            members: 2_000,
            shape: Shape::Lifelike,
            binary: Some(Legs::PowerLeg),
            customers: 20,
            orders_per_hundred: 125,
            start: "2026-01-01".into(),
            days: 28,
            seed: 5,
            out: out.to_owned(),
            compare: None,
        }
    }

    #[test]
    fn the_same_seed_writes_the_same_bytes_and_they_read_back() {
        let root = std::env::temp_dir().join(format!("arborline-generate-{}", std::process::id()));
        let (first, second) = (root.join("a"), root.join("b"));
        generate(&arguments(&first)).expect("written");
        generate(&arguments(&second)).expect("written again");
        for file in ["members.csv", "orders.csv"] {
            let read = |folder: &Path| std::fs::read(folder.join(file)).expect("readable");
            assert_eq!(read(&first), read(&second), "{file}");
        }
        let read = real::portrait(&first).expect("a network");
        assert_eq!((read.depth.count, read.amount.count), (2_000, 2_500));
        let text = std::fs::read_to_string(first.join("members.csv")).expect("readable");
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some("member,enroller,joined_at,kind,binary_parent,binary_leg")
        );
        assert_eq!(
            lines.next(),
            Some("M00000000001,,2026-01-01T00:00:00Z,distributor,,")
        );
        std::fs::remove_dir_all(&root).expect("removed");
    }
}
