//! Tokens: who may ask what. Only hashes of secrets are known here; their meaning is the API's.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::arena::image::{ImageReader, ImageWriter};
use crate::base::bytes::Malformed;
use crate::base::ids::{Member, Text};
use crate::base::time::Time;
use crate::engine::role::Role;

/// A token that was created, revoked or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The id it was created under.
    pub id: Text,
    /// BLAKE3 of the secret.
    pub hash: [u8; 32],
    /// What it may do.
    pub role: Role,
    /// Whose downline it sees, for [`Role::Member`].
    pub member: Option<Member>,
    /// When it ends.
    pub expires: Option<Time>,
    /// Machine time of its creation.
    pub created: Time,
    /// Machine time at which it was revoked.
    pub revoked: Option<Time>,
}

impl Token {
    /// Whether it can be used at an instant.
    #[must_use]
    pub fn holds_at(&self, now: Time) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

/// All tokens ever created.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    inner: Arc<Inner>,
}

#[derive(Debug, Clone, Default)]
struct Inner {
    tokens: Vec<Token>,
    by_id: BTreeMap<Text, usize>,
    by_hash: BTreeMap<[u8; 32], usize>,
}

impl Tokens {
    /// Takes them down.
    pub(crate) fn put(&self, image: &mut ImageWriter<'_>) {
        image.put_plain(&self.inner.tokens);
    }

    /// What [`Tokens::put`] put.
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Tokens, Malformed> {
        let mut tokens = Tokens::default();
        for token in image.take_plain::<Vec<Token>>()? {
            tokens.add(token);
        }
        Ok(tokens)
    }

    /// All tokens in order of creation.
    pub fn iter(&self) -> impl Iterator<Item = &Token> + '_ {
        self.inner.tokens.iter()
    }

    /// The token with this id. O(log tokens).
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Token> {
        Some(&self.inner.tokens[*self.inner.by_id.get(id)?])
    }

    /// The newest token whose secret has this BLAKE3 hash. O(log tokens).
    #[must_use]
    pub fn by_hash(&self, hash: &[u8; 32]) -> Option<&Token> {
        Some(&self.inner.tokens[*self.inner.by_hash.get(hash)?])
    }

    pub(crate) fn add(&mut self, token: Token) {
        let inner = Arc::make_mut(&mut self.inner);
        let number = inner.tokens.len();
        inner.by_id.insert(token.id.clone(), number);
        inner.by_hash.insert(token.hash, number);
        inner.tokens.push(token);
    }

    pub(crate) fn revoke(&mut self, id: &str, now: Time) {
        let inner = Arc::make_mut(&mut self.inner);
        let number = *inner.by_id.get(id).expect("the token was looked up before");
        inner.tokens[number].revoked = Some(now);
    }
}
