//! A whole network before it is written: enrollers, kinds and binary seats of every member.

use crate::enrollers::{NO_PARENT, Shape, enroller_tree};
use crate::legs::{Legs, Placer};
use crate::random::Random;

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Builds a downline and has a seat in the binary tree.
    Distributor,
    /// Buys at a discount: a leaf without a seat.
    Preferred,
    /// Buys: a leaf without a seat.
    Customer,
}

impl Kind {
    /// The word in files and events.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Distributor => "distributor",
            Kind::Preferred => "preferred",
            Kind::Customer => "customer",
        }
    }
}

/// What is asked of [`Network::grow`].
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// How the enroller tree grows.
    pub shape: Shape,
    /// How the binary tree grows, if there is to be one.
    pub binary: Option<Legs>,
    /// Members.
    pub members: u32,
    /// Of 100 members who enrolled nobody, how many are customers or preferred customers, half each.
    pub customers: u32,
    /// The seed.
    pub seed: u64,
}

/// A grown network. Memory: 5 bytes a member, 8 more with a binary tree (some 20 more while it grows).
#[derive(Debug)]
pub struct Network {
    /// Enroller of each member by number, [`NO_PARENT`] for member 0.
    pub enrollers: Vec<u32>,
    /// Kind of each member.
    pub kinds: Vec<Kind>,
    /// Binary parent and leg of each member, `(NO_PARENT, 0)` for member 0 and for customers; empty if none was asked.
    pub seats: Vec<(u32, u8)>,
}

impl Network {
    /// Grows a network; the same wish always gives the same one. O(members), amortised.
    #[must_use]
    pub fn grow(wish: &Wish) -> Network {
        let mut enrollers = enroller_tree(wish.shape, wish.members as usize, wish.seed);
        let mut random = Random::new(wish.seed ^ 0x6B69_6E64);
        let kinds = choose_kinds(&enrollers, wish.customers, &mut random);
        let seats = match wish.binary {
            None => Vec::new(),
            Some(legs) => seat(legs, &mut enrollers, &kinds, &mut random),
        };
        Network {
            enrollers,
            kinds,
            seats,
        }
    }
}

fn choose_kinds(enrollers: &[u32], customers: u32, random: &mut Random) -> Vec<Kind> {
    let mut kinds = vec![Kind::Customer; enrollers.len()];
    for &enroller in enrollers {
        if enroller != NO_PARENT {
            kinds[enroller as usize] = Kind::Distributor;
        }
    }
    for (member, kind) in kinds.iter_mut().enumerate() {
        if member == 0 || *kind == Kind::Distributor || !random.chance(customers, 100) {
            *kind = Kind::Distributor;
        } else if random.chance(1, 2) {
            *kind = Kind::Preferred;
        }
    }
    kinds
}

/// Seats every distributor below his enroller's seat. The placer numbers distributors only, so two maps lead there
/// and back; members without a seat keep `NO_PARENT`.
fn seat(legs: Legs, enrollers: &mut [u32], kinds: &[Kind], random: &mut Random) -> Vec<(u32, u8)> {
    let planned = kinds.iter().filter(|&&k| k == Kind::Distributor).count();
    let mut placer = Placer::new(legs, planned);
    let mut member_of: Vec<u32> = Vec::with_capacity(planned);
    let mut seat_of = vec![NO_PARENT; enrollers.len()];
    let mut seats = Vec::with_capacity(enrollers.len());
    for member in 0..enrollers.len() {
        if kinds[member] != Kind::Distributor {
            seats.push((NO_PARENT, 0));
            continue;
        }
        let enroller = match enrollers[member] {
            NO_PARENT => NO_PARENT,
            enroller => seat_of[enroller as usize],
        };
        let placed = placer.place(enroller, random);
        let member_at = |seat: u32| match seat {
            NO_PARENT => NO_PARENT,
            taken => member_of[taken as usize],
        };
        enrollers[member] = member_at(placed.enroller);
        seats.push((member_at(placed.parent), placed.leg));
        seat_of[member] = u32::try_from(member_of.len()).expect("no more than members");
        member_of.push(u32::try_from(member).expect("numbers fit 32 bits"));
    }
    seats
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(binary: Option<Legs>, customers: u32) -> Wish {
        Wish {
            shape: Shape::Attachment,
            binary,
            members: 5_000,
            customers,
            seed: 11,
        }
    }

    #[test]
    fn customers_enrol_nobody_and_stand_nowhere() {
        let network = Network::grow(&wish(Some(Legs::PowerLeg), 60));
        let few = network.kinds.iter().filter(|&&k| k != Kind::Distributor);
        assert!((1_000..2_000).contains(&few.count()));
        for member in 1..network.enrollers.len() {
            let enroller = network.enrollers[member] as usize;
            assert!(enroller < member);
            assert_eq!(network.kinds[enroller], Kind::Distributor);
            let (parent, leg) = network.seats[member];
            if network.kinds[member] == Kind::Distributor {
                assert!((parent as usize) < member && (1..=2).contains(&leg));
                assert_eq!(network.kinds[parent as usize], Kind::Distributor);
            } else {
                assert_eq!((parent, leg), (NO_PARENT, 0));
            }
        }
    }

    #[test]
    fn every_seat_lies_below_the_enrollers() {
        let network = Network::grow(&wish(Some(Legs::Balanced), 0));
        for member in 1..network.enrollers.len() {
            let mut above = network.seats[member].0;
            while above != network.enrollers[member] {
                assert_ne!(above, NO_PARENT, "member {member}");
                above = network.seats[above as usize].0;
            }
        }
    }

    #[test]
    fn the_same_wish_grows_the_same_network() {
        let (a, b) = (
            Network::grow(&wish(Some(Legs::PowerLeg), 30)),
            Network::grow(&wish(Some(Legs::PowerLeg), 30)),
        );
        assert_eq!(
            (a.enrollers, a.kinds, a.seats),
            (b.enrollers, b.kinds, b.seats)
        );
        assert!(Network::grow(&wish(None, 0)).seats.is_empty());
    }
}
