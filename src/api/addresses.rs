//! How many connections each address holds open, so that one client cannot take the places of all.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use dashmap::DashMap;

/// Open connections by address.
#[derive(Debug, Clone)]
pub struct Addresses {
    most: usize,
    local_too: bool,
    open: Arc<DashMap<IpAddr, usize>>,
}

/// One connection's place; given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    counted: Option<(Arc<DashMap<IpAddr, usize>>, IpAddr)>,
}

impl Addresses {
    /// At most `most` for each address, or any number if it is 0. Those of this machine are counted only if `local_too`:
    /// a proxy speaks for everybody.
    #[must_use]
    pub fn new(most: usize, local_too: bool) -> Addresses {
        Addresses {
            most,
            local_too,
            open: Arc::default(),
        }
    }

    /// A place for a connection from this address; none if it holds all it may. O(1).
    #[must_use]
    pub fn admit(&self, address: IpAddr) -> Option<Place> {
        let address = network_of(address.to_canonical());
        if self.most == 0 || (address.is_loopback() && !self.local_too) {
            return Some(Place { counted: None });
        }
        let mut open = self.open.entry(address).or_insert(0);
        if *open == self.most {
            return None;
        }
        *open += 1;
        drop(open);
        Some(Place {
            counted: Some((Arc::clone(&self.open), address)),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((open, address)) = &self.counted else {
            return;
        };
        if let Some(mut count) = open.get_mut(address) {
            *count -= 1;
        }
        open.remove_if(address, |_, count| *count == 0);
    }
}

/// What one client has for himself: an IPv4 address, or the first half of an IPv6 address.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) if !six.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64)))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> IpAddr {
        address.parse().expect("an address")
    }

    #[test]
    fn an_address_holds_so_many_and_gets_them_back() {
        let addresses = Addresses::new(2, false);
        let held = [
            addresses.admit(at("9.9.9.9")),
            addresses.admit(at("::ffff:9.9.9.9")),
        ];
        assert!(held.iter().all(Option::is_some));
        assert!(addresses.admit(at("9.9.9.9")).is_none());
        assert!(addresses.admit(at("9.9.9.8")).is_some());
        drop(held);
        assert!(addresses.admit(at("9.9.9.9")).is_some());
        assert!(addresses.open.is_empty(), "what is given back is forgotten");
        // Half an address of version 6 is one client's.
        let held: Vec<_> = (0..3)
            .map(|n| addresses.admit(at(&format!("2001:db8::{n}"))))
            .collect();
        assert_eq!(held.iter().filter(|place| place.is_some()).count(), 2);
    }

    #[test]
    fn this_machine_is_not_counted_unless_told_to_be() {
        for (most, local_too, refused) in [(1, false, false), (1, true, true), (0, true, false)] {
            let addresses = Addresses::new(most, local_too);
            for address in ["127.0.0.1", "::1"] {
                let _first = addresses.admit(at(address));
                let second = addresses.admit(at(address));
                assert_eq!(second.is_none(), refused, "{address} {most} {local_too}");
            }
        }
    }
}
