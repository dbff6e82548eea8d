//! Positions asked for: where in a tree a member is to stand.

use crate::base::bytes::{Malformed, Reader, put_text, put_text_option, put_varint};
use crate::base::ids::Text;
use crate::engine::wire;
use crate::tree::rules::Policy;

/// Where in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceAt {
    /// A root of its own.
    Root,
    /// Below this parent: in this leg, or in the first free one (behind the last child of a list tree).
    Under {
        /// The parent's member id.
        parent: Text,
        /// The parent's centre, 1 by default.
        centre: u16,
        /// Leg from 1, or none.
        leg: Option<u8>,
    },
    /// By a policy named here instead of the tree's own, below the enroller (or below `under`).
    Policy {
        /// Name of the policy as in the network document.
        policy: Policy,
        /// Start of the search instead of the enroller.
        under: Option<Text>,
    },
    /// In the holding tank.
    Tank,
}

impl PlaceAt {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            PlaceAt::Root => out.push(0),
            PlaceAt::Under {
                parent,
                centre,
                leg,
            } => {
                out.push(1);
                put_text(out, parent);
                put_varint(out, u64::from(*centre));
                wire::put_byte_option(out, *leg);
            }
            PlaceAt::Policy { policy, under } => {
                out.push(2);
                wire::put_policy(out, *policy);
                put_text_option(out, under.as_deref());
            }
            PlaceAt::Tank => out.push(3),
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<PlaceAt, Malformed> {
        Ok(match reader.byte()? {
            0 => PlaceAt::Root,
            1 => PlaceAt::Under {
                parent: reader.text()?,
                centre: wire::centre(reader)?,
                leg: wire::byte_option(reader)?,
            },
            2 => PlaceAt::Policy {
                policy: wire::policy(reader)?,
                under: reader.text_option()?,
            },
            3 => PlaceAt::Tank,
            _ => return Err(Malformed),
        })
    }
}
