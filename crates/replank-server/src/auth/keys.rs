//! The credentials a server accepts.

use std::collections::BTreeMap;

use secrecy::SecretString;

/// A pair of keys, with a session token or an empty one.
#[derive(Clone, Debug)]
pub struct Key {
    /// The secret half.
    pub secret: SecretString,
    /// The session token that goes with it; empty for none.
    pub session_token: SecretString,
}

/// All accepted credentials, by access key.
#[derive(Clone, Debug, Default)]
pub struct Keyring(BTreeMap<String, Key>);

impl Keyring {
    /// A keyring with one pair.
    pub fn of(access_key: &str, key: Key) -> Self {
        let mut keyring = Self::default();
        keyring.add(access_key, key);
        keyring
    }

    /// Adds a pair.
    pub fn add(&mut self, access_key: &str, key: Key) {
        self.0.insert(access_key.into(), key);
    }

    /// The pair of an access key.
    pub fn get(&self, access_key: &str) -> Option<&Key> {
        self.0.get(access_key)
    }
}

/// A new pair: access key and secret, as AWS makes them. `None` when the machine has no randomness.
pub fn new_pair() -> Option<(String, SecretString)> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bytes = [0_u8; 56];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    let mut letters = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let access_key: String = letters.by_ref().take(16).collect();
    // 200 bits are more than anyone can guess; AWS's own secrets have 40 characters too.
    Some((format!("AKIA{access_key}"), letters.collect::<String>().into()))
}
