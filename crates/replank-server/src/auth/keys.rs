//! Credentials that the server accepts.

use std::collections::BTreeMap;

use secrecy::SecretString;

/// Secret access key and session token of an access key id.
#[derive(Clone, Debug)]
pub struct Key {
    /// Secret access key.
    pub secret: SecretString,
    /// Session token; empty for long-term credentials.
    pub session_token: SecretString,
}

/// Accepted credentials by access key id.
#[derive(Clone, Debug, Default)]
pub struct Keyring(BTreeMap<String, Key>);

impl Keyring {
    /// A keyring with one access key.
    pub fn of(access_key: &str, key: Key) -> Self {
        let mut keyring = Self::default();
        keyring.add(access_key, key);
        keyring
    }

    /// Adds an access key, or replaces it.
    pub fn add(&mut self, access_key: &str, key: Key) {
        self.0.insert(access_key.into(), key);
    }

    /// The credentials of an access key id.
    pub fn get(&self, access_key: &str) -> Option<&Key> {
        self.0.get(access_key)
    }
}

/// A new random access key id and secret, in the form of AWS. `None` when the system has no randomness.
pub fn new_pair() -> Option<(String, SecretString)> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bytes = [0_u8; 56];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    let mut letters = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let access_key: String = letters.by_ref().take(16).collect();
    // 200 bits are more than anyone can guess; AWS's own secrets have 40 characters too.
    Some((format!("AKIA{access_key}"), letters.collect::<String>().into()))
}
